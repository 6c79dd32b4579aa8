/* An attack as it runs: where it is, what it has changed so far, and the margin at every step. Every call brings
   all there is to show; pictures and curves are changed in place, so that nothing flickers. */

const SPACE = "http://www.w3.org/2000/svg";
const FRAME = { left: 46, right: 8, top: 8, bottom: 40, height: 190 };
const FEWEST = 6; // steps along the axis

const LAYOUT = `<div class="ml-grid">
  <figure><div class="mp-title">Now</div><img data-part="now" alt="The picture as the attack has changed it so far"></figure>
  <figure><div class="mp-title" data-part="change"></div><img data-part="delta" alt="What the attack has changed so far"></figure>
  <figure class="ml-chart">
    <div class="mp-title" data-part="lead"></div>
    <svg role="img" aria-label="The margin at every step so far, and its straight-line prediction"></svg>
    <div class="mp-legend">
      <span><svg class="mp-line" viewBox="0 0 30 8" style="height: 8px; width: 30px; display: inline"><path class="mp-true" d="M0 4H30"/></svg>true</span>
      <span><svg class="mp-line" viewBox="0 0 30 8" style="height: 8px; width: 30px; display: inline"><path class="mp-linear" d="M0 4H30"/></svg>straight line</span>
    </div>
  </figure>
</div>`;

function put(parent, name, attributes, text = "") {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
}

function drawCurves(svg, { steps, true_margin, linear_margin }) {
  const width = svg.clientWidth;
  if (!width) return;
  const [right, bottom] = [width - FRAME.right, FRAME.height - FRAME.bottom];
  const last = Math.max(FEWEST, ...steps);
  const all = [0, ...true_margin, ...linear_margin];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const margin = 0.1 * (most - least || 1);
  const [low, high] = [least - margin, most + margin];
  const x = (step) => FRAME.left + ((right - FRAME.left) * step) / last;
  const y = (value) => FRAME.top + ((bottom - FRAME.top) * (high - value)) / (high - low);
  svg.replaceChildren();
  svg.setAttribute("viewBox", `0 0 ${width} ${FRAME.height}`);
  put(svg, "rect", { class: "mp-fooled", x: FRAME.left, y: y(0), width: right - FRAME.left, height: bottom - y(0) });
  put(svg, "line", { class: "mp-zero", x1: FRAME.left, x2: right, y1: y(0), y2: y(0) });
  for (const value of new Set([0, most, least])) {
    const near = value !== 0 && Math.abs(y(value) - y(0)) < 18;
    const label = value.toFixed(value === 0 ? 0 : 1).replace("-", "\u2212");
    if (!near) put(svg, "text", { x: FRAME.left - 8, y: y(value) + 5, "text-anchor": "end" }, label);
  }
  for (const step of [0, last]) put(svg, "text", { x: x(step), y: bottom + 18, "text-anchor": step ? "end" : "start" }, `${step}`);
  put(svg, "text", { x: (FRAME.left + right) / 2, y: bottom + 18, "text-anchor": "middle" }, "step");
  put(svg, "text", { x: FRAME.left, y: bottom + 37 }, "below 0: the answer changes");
  for (const [name, values] of [["mp-linear", linear_margin], ["mp-true", true_margin]]) {
    put(svg, "polyline", { class: name, points: values.map((value, i) => `${x(steps[i])},${y(value)}`).join(" ") });
  }
  const end = steps.length - 1;
  if (end >= 0) put(svg, "circle", { class: "mp-dot true", cx: x(steps[end]), cy: y(true_margin[end]), r: 6 });
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".malt-live");
  if (!root.firstChild) root.innerHTML = LAYOUT;
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  root.querySelector(".ml-grid").classList.toggle("smooth", data.smooth);
  part("now").src = data.now;
  part("delta").src = data.delta;
  part("change").textContent = `Changed so far, ×${data.factor}`;
  part("lead").textContent = data.lead;
  root.dataset.step = data.steps.at(-1) ?? "";
  drawCurves(root.querySelector("svg[role]"), data);
}
