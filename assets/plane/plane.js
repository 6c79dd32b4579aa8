/* A decision plane to look around on (a Streamlit v2 component). Where one points, or goes by arrow keys, the image
   of that place is shown: x0 + a d1 + b k (d2 - c d1), clipped, put together here from the three pictures sent.

   data: see ui/linearity/plane.py. A finer grid of the same plane changes the colours and lines in place. */

const SPACE = "http://www.w3.org/2000/svg";
const CLIPPED = 0.05; // share of colour values from which a place is hatched
const LEVELS = 8; // lines of equal margin, about
const LINES = [
  ["mq-true", "boundary to that class"], ["mq-linear", "where the line predicts it"], ["mq-ball", "the ball of ε"],
  ["mq-way", "the attack's way, seen from above"],
];
const TEMPLATE = `<div class="mq-grid">
  <div>
    <div class="mq-plane" tabindex="0" role="group" aria-roledescription="decision plane">
      <canvas data-part="regions"></canvas><svg data-part="lines" preserveAspectRatio="none"></svg>
    </div>
    <div class="mq-axes"><span data-part="across"></span><span data-part="up"></span></div>
  </div>
  <div class="mq-side">
    <div><h4>The image there</h4><canvas data-part="image" role="img"></canvas></div>
    <dl class="mq-facts" data-part="facts"></dl>
  </div>
  <ul class="mq-legend" data-part="legend"></ul>
</div><div class="mq-hidden" aria-live="polite"></div>`;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const signed = (value, digits = 2) => value.toFixed(digits).replace("-", "\u2212");

function put(parent, name, attributes) {
  const node = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

/* The line where values (n x n, rows upwards) equal level, in the square 0 to n - 1, y downwards (marching squares). */
function contour(values, n, level) {
  const parts = [];
  const at = (row, column) => values[row * n + column] - level;
  const between = (p, q) => p / (p - q);
  for (let row = 0; row < n - 1; row++) {
    for (let column = 0; column < n - 1; column++) {
      const [a, b, c, d] = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
      const ends = [];
      if (a > 0 !== b > 0) ends.push([column + between(a, b), row]);
      if (b > 0 !== c > 0) ends.push([column + 1, row + between(b, c)]);
      if (c > 0 !== d > 0) ends.push([column + 1 - between(c, d), row + 1]);
      if (d > 0 !== a > 0) ends.push([column, row + 1 - between(d, a)]);
      for (let i = 0; i + 1 < ends.length; i += 2) {
        const [p, q] = [ends[i], ends[i + 1]].map(([x, y]) => `${x.toFixed(3)} ${(n - 1 - y).toFixed(3)}`);
        parts.push(`M${p}L${q}`);
      }
    }
  }
  return parts.join("");
}

async function pixels(address, [height, width]) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height).data;
}

class Plane {
  constructor(root) {
    root.innerHTML = TEMPLATE;
    this.root = root;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.area = root.querySelector(".mq-plane");
    this.spoken = root.querySelector("[aria-live]");
    this.area.addEventListener("pointermove", (event) => this.point(event));
    this.area.addEventListener("pointerdown", (event) => this.point(event));
    this.area.addEventListener("keydown", (event) => this.key(event));
  }

  async show(data) {
    const known = this.data;
    this.data = data;
    if (known?.id !== data.id) {
      this.place = data.start;
      this.images = null;
      this.words();
      this.draw();
      const sent = await Promise.all([data.image, data.first, data.second].map((it) => pixels(it, data.shape)));
      if (this.data.id !== data.id) return;
      this.images = sent;
    } else if (known.n !== data.n) {
      this.words(); // a finer grid may find more classes
      this.draw();
    }
    this.look();
  }

  words() {
    const { classes, colours, label, target } = this.data;
    this.area.setAttribute("aria-label", `Decision plane through the picture. ${this.data.alt} Arrow keys move, Home `
      + "goes to the picture, End to MALT's image.");
    this.part("across").textContent = "→ MALT's perturbation";
    this.part("up").textContent = `↑ ${this.data.up}`;
    this.root.querySelector(".mq-grid").classList.toggle("smooth", this.data.smooth);
    const legend = this.part("legend");
    legend.replaceChildren();
    classes.forEach((name, i) => {
      const item = legend.appendChild(document.createElement("li"));
      item.appendChild(document.createElement("i")).style.background = colours[i];
      item.append(name);
    });
    for (const [kind, words] of LINES) {
      const item = legend.appendChild(document.createElement("li"));
      const line = put(item, "svg", { viewBox: "0 0 30 10" });
      put(line, "path", { class: kind, d: "M0 5H30" });
      item.append(kind === "mq-true" ? `boundary between “${label}” and “${target}”` : words);
    }
    const item = legend.appendChild(document.createElement("li"));
    item.appendChild(document.createElement("i")).className = "mq-hatch";
    item.append("over 5% of the colour values clipped");
  }

  draw() {
    this.regions();
    const { n, reach, margin, linear, ball, way, end } = this.data;
    const svg = this.part("lines");
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${n - 1} ${n - 1}`);
    const scale = (n - 1) / (2 * reach);
    this.xy = ([a, b]) => [(a + reach) * scale, (reach - b) * scale];
    const path = (places) => places.map((it, i) => `${i ? "L" : "M"}${this.xy(it).map((v) => v.toFixed(3)).join(" ")}`).join("");
    const most = Math.max(...margin.map(Math.abs));
    const step = 10 ** Math.floor(Math.log10(most / LEVELS || 1));
    const wide = [1, 2, 5, 10].map((it) => it * step).find((it) => most / it <= LEVELS) ?? step;
    let lines = "";
    for (let i = Math.ceil(-most / wide); i <= most / wide; i++) if (i) lines += contour(margin, n, i * wide);
    put(svg, "path", { class: "mq-level", d: lines });
    put(svg, "path", { class: "mq-ball", d: `${path(ball)}Z` });
    put(svg, "path", { class: "mq-true", d: contour(margin, n, 0) });
    put(svg, "path", { class: "mq-linear", d: contour(linear, n, 0) });
    put(svg, "path", { class: "mq-way", d: path([[0, 0], ...way]) });
    const r = (n - 1) / 70;
    const [x0, y0] = this.xy([0, 0]);
    put(svg, "circle", { class: "mq-mark", cx: x0, cy: y0, r });
    const [x1, y1] = this.xy([1, 0]);
    put(svg, "path", { class: "mq-mark", d: `M${x1 - r} ${y1 + r}L${x1} ${y1 - r}L${x1 + r} ${y1 + r}Z` });
    const [x2, y2] = this.xy(end);
    put(svg, "path", { class: "mq-mark", d: `M${x2 - r} ${y2 - r}h${2 * r}v${2 * r}h${-2 * r}Z` });
    this.here = put(svg, "path", { class: "mq-here", d: "" });
    this.root.dataset.points = n;
  }

  /* Every computed point colours the square around it; squares at the edge are cut in half. */
  regions() {
    const { n, answers, colours, clipped } = this.data;
    const canvas = this.part("regions");
    const cell = Math.max(4, Math.round(820 / (n - 1)));
    canvas.width = canvas.height = (n - 1) * cell;
    const context = canvas.getContext("2d");
    const ink = getComputedStyle(this.area).color;
    for (let row = 0; row < n; row++) {
      for (let column = 0; column < n; column++) {
        const i = row * n + column;
        const [x, y] = [(column - 0.5) * cell, (n - 1.5 - row) * cell];
        context.globalAlpha = 0.45;
        context.fillStyle = colours[answers[i]];
        context.fillRect(x, y, cell, cell);
        if (clipped[i] <= CLIPPED) continue;
        context.globalAlpha = 0.35;
        context.strokeStyle = ink;
        context.beginPath();
        context.moveTo(x, y + cell);
        context.lineTo(x + cell, y);
        context.stroke();
      }
    }
  }

  point(event) {
    if (event.type === "pointermove" && event.pointerType === "touch" && !event.buttons) return;
    const box = this.area.getBoundingClientRect();
    const { reach } = this.data;
    this.go([
      reach * (2 * ((event.clientX - box.left) / box.width) - 1),
      reach * (1 - 2 * ((event.clientY - box.top) / box.height)),
    ]);
  }

  key(event) {
    const step = (2 * this.data.reach) / (event.shiftKey ? 200 : 40);
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    const places = { Home: [0, 0], End: [1, 0] };
    if (moves[event.key]) this.go(this.place.map((it, i) => it + moves[event.key][i]));
    else if (places[event.key]) this.go(places[event.key]);
    else return;
    event.preventDefault();
    this.say();
  }

  go(place) {
    const { reach } = this.data;
    this.place = place.map((it) => clamp(it, -reach, reach));
    this.look();
  }

  /* Show the image of the place, and what is known of it. */
  look() {
    if (!this.images || !this.here) return;
    const { shape: [height, width], unit_first, unit_second, c, k, n, reach, classes, answers, margin, linear } = this.data;
    const [a, b] = this.place;
    const [u, v] = [255 * unit_first * (a - b * k * c), 255 * unit_second * b * k];
    const [x0, d1, d2] = this.images;
    const canvas = this.part("image");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    const out = context.createImageData(width, height);
    let [largest, cut] = [0, 0];
    for (let i = 0; i < x0.length; i++) {
      if (i % 4 === 3) {
        out.data[i] = 255;
        continue;
      }
      const ahead = x0[i] + u * (d1[i] - 128) + v * (d2[i] - 128);
      const value = clamp(ahead, 0, 255);
      cut += Math.abs(value - ahead) > 1e-3;
      largest = Math.max(largest, Math.abs(value - x0[i]));
      out.data[i] = value;
    }
    context.putImageData(out, 0, 0);
    const step = (2 * reach) / (n - 1);
    const nearest = Math.round((b + reach) / step) * n + Math.round((a + reach) / step);
    this.facts = [
      ["place", `${signed(a)}, ${signed(b)}`],
      ["answer", classes[answers[nearest]]],
      ["margin", signed(margin[nearest])],
      ["predicted", signed(linear[nearest])],
      ["changed", `at most ${(largest).toFixed(1)}/255`],
      ["clipped", `${((100 * cut) / (0.75 * x0.length)).toFixed(1)}%`],
    ];
    canvas.setAttribute("aria-label", `The image at this place: ${classes[answers[nearest]]}`);
    const list = this.part("facts");
    list.replaceChildren();
    for (const [name, value] of this.facts) {
      list.appendChild(document.createElement("dt")).textContent = name;
      list.appendChild(document.createElement("dd")).textContent = value;
    }
    const [x, y] = this.xy(this.place);
    const r = (n - 1) / 40;
    this.here.setAttribute("d", `M${x - r} ${y}H${x + r}M${x} ${y - r}V${y + r}`);
    this.root.dataset.place = this.place.map((it) => it.toFixed(3)).join(",");
  }

  say() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.spoken.textContent = this.facts.map((fact) => fact.join(" ")).join(", ");
    }, 400);
  }
}

const planes = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".malt-plane");
  if (!planes.has(root)) planes.set(root, new Plane(root));
  planes.get(root).show(data);
}
