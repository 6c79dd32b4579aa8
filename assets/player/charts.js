/* The margin chart (SVG) and the bars of the five likeliest classes. */

import { likeliest, percent, role } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 300;
const EDGE = { left: 46, right: 12, top: 30, bottom: 42 };

function draw(parent, name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

/** Round tick values from low to high, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

export class MarginChart {
  constructor(svg, payload) {
    this.svg = svg;
    this.payload = payload;
    this.#setDomain();
  }

  /* Beyond the adversarial image the straight line may run far off; it must not flatten the true curve. */
  #setDomain() {
    const { t, true_margin, linear_margin } = this.payload;
    const shown = [0, ...true_margin, ...linear_margin.filter((_, i) => t[i] <= 1)];
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    const span = high - low || 1;
    const beyond = [Math.min(low, ...linear_margin), Math.max(high, ...linear_margin)];
    this.low = Math.min(Math.max(beyond[0], low - 0.35 * span) - 0.06 * span, -0.14 * span);
    this.high = Math.min(beyond[1], high + 0.35 * span) + 0.08 * span;
  }

  x(t) {
    const inner = this.width - EDGE.left - EDGE.right;
    return EDGE.left + (inner * t) / this.payload.t.at(-1);
  }

  y(margin) {
    return EDGE.top + ((HEIGHT - EDGE.top - EDGE.bottom) * (this.high - margin)) / (this.high - this.low);
  }

  /* What is drawn into it ends at the upper and lower edge of the plot. */
  #clip() {
    const [y, width, height] = [EDGE.top, this.width, HEIGHT - EDGE.top - EDGE.bottom];
    return draw(this.svg, "svg", { y, width, height, viewBox: `0 ${y} ${width} ${height}` });
  }

  /** Redraws everything for a width in CSS pixels; show(i) afterwards puts the marker back. */
  resize(width) {
    this.width = width;
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#drawAxes();
    this.#drawVerdicts();
    this.#drawCurves();
    this.#drawCrossings();
    this.#drawMarker();
  }

  #drawAxes() {
    const { svg, payload, width } = this;
    const right = width - EDGE.right;
    const [zero, bottom] = [this.y(0), HEIGHT - EDGE.bottom];
    draw(svg, "rect", { class: "mp-fooled", x: EDGE.left, y: zero, width: right - EDGE.left, height: bottom - zero });
    for (const value of ticks(this.low, this.high, 6)) {
      draw(svg, "line", { class: "mp-grid-line", x1: EDGE.left, x2: right, y1: this.y(value), y2: this.y(value) });
      const label = String(value).replace("-", "\u2212");
      draw(svg, "text", { class: "mp-tick", x: EDGE.left - 8, y: this.y(value) + 4, "text-anchor": "end" }, label);
    }
    draw(svg, "line", { class: "mp-zero", x1: EDGE.left, x2: right, y1: zero, y2: zero });
    draw(svg, "line", { class: "mp-end", x1: this.x(1), x2: this.x(1), y1: EDGE.top, y2: bottom });
    for (const t of ticks(0, payload.t.at(-1), width < 500 ? 3 : 6)) {
      const [x, room] = [this.x(t), width - this.x(t) > 20];
      const place = { x: room ? x : width, y: bottom + 17, "text-anchor": room ? "middle" : "end" };
      draw(svg, "text", { class: "mp-tick", ...place }, `${Math.round(100 * t)}%`);
    }
    draw(svg, "text", { class: "mp-tick", x: EDGE.left - 8, y: bottom + 34 }, "original");
    const end = { class: "mp-tick", x: this.x(1), y: bottom + 34, "text-anchor": "middle" };
    draw(svg, "text", end, payload.success ? "adversarial" : "closest try");
  }

  /* A strip over the plot: which class the model names along the way. */
  #drawVerdicts() {
    const { payload, svg } = this;
    const { t, classes } = payload;
    const last = t.length - 1;
    const edge = (i) => (i < 0 ? t[0] : i >= last ? t[last] : (t[i] + t[i + 1]) / 2);
    for (let from = 0; from <= last; ) {
      const named = likeliest(payload, from);
      let to = from;
      while (to < last && likeliest(payload, to + 1) === named) to++;
      const x = this.x(edge(from - 1));
      const width = this.x(edge(to)) - x;
      const { index, name } = classes[named];
      draw(svg, "rect", { class: `mp-says ${role(payload, index)}`, x, y: 2, width, height: 18 });
      draw(svg, "rect", { class: `mp-says-edge ${role(payload, index)}`, x, y: 18, width, height: 3 });
      for (const words of [`model says: ${name}`, name]) {
        const text = draw(svg, "text", { class: "mp-says-name", x: x + 6, y: 14 }, words);
        if (text.getComputedTextLength() + 10 < width) break;
        text.remove();
      }
      from = to + 1;
    }
  }

  #drawCurves() {
    const svg = this.#clip();
    const { t, true_margin, linear_margin } = this.payload;
    const points = (margins) => t.map((value, i) => `${this.x(value).toFixed(2)},${this.y(margins[i]).toFixed(2)}`);
    const [truth, line] = [points(true_margin), points(linear_margin)];
    draw(svg, "polygon", { class: "mp-gap", points: [...truth, ...[...line].reverse()].join(" ") });
    draw(svg, "polyline", { class: "mp-linear", points: line.join(" ") });
    draw(svg, "polyline", { class: "mp-true", points: truth.join(" ") });
  }

  /* The earlier crossing is named below the zero line, to its left; the later one above, to its right:
     there the curves, which fall, leave room. */
  #drawCrossings() {
    const { true: truth, predicted } = this.payload.crossings;
    const found = [
      { t: truth, kind: "true", words: "really at" },
      { t: predicted, kind: "linear", words: "predicted at" },
    ].filter(({ t }) => t !== null);
    found.sort((a, b) => a.t - b.t);
    this.#drawZeroLabel(found[0]?.t ?? this.payload.t.at(-1));
    found.forEach(({ t, kind, words }, order) => {
      const below = order === 0 && found.length > 1;
      const [x, zero] = [this.x(t), this.y(0)];
      const y = zero + (below ? 31 : -22);
      draw(this.svg, "line", { class: "mp-leader", x1: x, x2: x, y1: zero, y2: y - (below ? 12 : 4) });
      const shape = { class: `mp-crossing ${kind}`, "data-testid": `crossing-${kind}`, cx: x, cy: zero, r: 5 };
      draw(this.svg, "circle", shape);
      const text = draw(this.svg, "text", { class: "mp-note-in", y }, `${words} ${Math.round(100 * t)}%`);
      const length = text.getComputedTextLength();
      const start = below ? Math.max(x - 5 - length, EDGE.left + 6) : Math.min(x + 5, this.width - length);
      text.setAttribute("x", start);
    });
  }

  #drawZeroLabel(firstCrossing) {
    const text = draw(this.svg, "text", { class: "mp-note-in", x: EDGE.left + 6 }, "fooled below this line");
    const room = this.x(firstCrossing) - EDGE.left > text.getComputedTextLength() + 12;
    text.setAttribute("y", room ? this.y(0) + 15 : HEIGHT - EDGE.bottom - 8);
    if (!room) text.textContent = "fooled: margin below 0";
  }

  #drawMarker() {
    const bottom = HEIGHT - EDGE.bottom;
    this.rule = draw(this.svg, "line", { class: "mp-rule", y1: EDGE.top - 8, y2: bottom });
    const svg = this.#clip();
    this.dots = {
      linear: draw(svg, "circle", { class: "mp-dot linear", "data-testid": "marker-linear", r: 6 }),
      true: draw(svg, "circle", { class: "mp-dot true", "data-testid": "marker-true", r: 6 }),
    };
  }

  show(i) {
    const { t, true_margin, linear_margin } = this.payload;
    const x = this.x(t[i]);
    this.rule.setAttribute("x1", x);
    this.rule.setAttribute("x2", x);
    for (const [kind, margins] of Object.entries({ true: true_margin, linear: linear_margin })) {
      this.dots[kind].setAttribute("cx", x);
      this.dots[kind].setAttribute("cy", this.y(margins[i]));
      this.dots[kind].dataset.margin = margins[i];
    }
  }

  /** The sample nearest to a horizontal position in the window. */
  nearest(clientX) {
    const t = this.payload.t.at(-1);
    const inner = this.width - EDGE.left - EDGE.right;
    const wanted = ((clientX - this.svg.getBoundingClientRect().left - EDGE.left) / inner) * t;
    const distances = this.payload.t.map((value) => Math.abs(value - wanted));
    return distances.indexOf(Math.min(...distances));
  }
}

/** Rows that keep their class and change places, so that nothing jumps. */
export class Bars {
  constructor(container, payload) {
    this.container = container;
    this.payload = payload;
    this.rows = payload.classes.map(({ index, name }) => this.#row(role(payload, index), name));
    container.style.setProperty("--rows", Math.min(5, payload.classes.length));
    container.append(...this.rows.map(({ row }) => row));
  }

  #row(kind, name) {
    const row = document.createElement("div");
    row.className = `mp-bar ${kind}`;
    row.dataset.testid = "bar";
    row.innerHTML = `<span class="mp-bar-name"></span><span class="mp-bar-value"></span>
      <div class="mp-bar-track"><div class="mp-bar-fill"></div></div>`;
    const [label, value] = row.querySelectorAll("span");
    label.textContent = label.title = row.dataset.name = name;
    return { row, value, fill: row.querySelector(".mp-bar-fill") };
  }

  show(i) {
    const shares = this.payload.probabilities[i];
    const order = shares.map((_, k) => k).sort((a, b) => shares[b] - shares[a]);
    order.forEach((k, rank) => {
      const { row, value, fill } = this.rows[k];
      row.dataset.rank = rank + 1;
      row.dataset.probability = shares[k];
      row.classList.toggle("hidden", rank >= 5);
      row.style.setProperty("--place", Math.min(rank, 5));
      value.textContent = percent(shares[k]);
      fill.style.width = `${100 * shares[k]}%`;
    });
    const words = order.slice(0, 5).map((k) => `${this.payload.classes[k].name} ${percent(shares[k])}`);
    this.container.setAttribute("aria-label", `The model's likeliest classes: ${words.join(", ")}`);
  }
}
