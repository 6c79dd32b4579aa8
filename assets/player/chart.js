/* The margin along the way (SVG): the model's answer, the straight line, and where each crosses zero. */

import { likeliest, role, share } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const EDGE = { left: 48, right: 24, top: 34, bottom: 44 };
const LINE = 19; // from one line of text to the next
const TALL = { least: 180, most: 300, ofWindow: 0.235 }; // CSS pixels, and a share of the window's height

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
  }

  /* Beyond the adversarial image the straight line may run far off; it must not flatten the true curve. */
  #setDomain() {
    const { t, true_margin, linear_margin } = this.payload;
    const { until } = this.view;
    const seen = (margins, end) => margins.filter((_, i) => t[i] <= end);
    const [truth, line] = [seen(true_margin, until), seen(linear_margin, until)];
    const shown = [0, ...truth, ...seen(linear_margin, Math.min(1, until))];
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    const span = high - low || 1;
    const beyond = [Math.min(low, ...line), Math.max(high, ...line)];
    this.low = Math.min(Math.max(beyond[0], low - 0.35 * span) - 0.06 * span, -0.14 * span);
    this.high = Math.min(beyond[1], high + 0.35 * span) + 0.08 * span;
  }

  x(t) {
    return EDGE.left + (this.#inner * this.view.place(t)) / this.view.span;
  }

  y(margin) {
    return EDGE.top + ((this.#bottom - EDGE.top) * (this.high - margin)) / (this.high - this.low);
  }

  get #inner() {
    return this.width - EDGE.left - EDGE.right;
  }

  get #bottom() {
    return this.height - EDGE.bottom;
  }

  /* What is drawn into it ends at the edges of the plot. */
  #clip() {
    const [x, y, width, height] = [EDGE.left, EDGE.top, this.width - EDGE.left, this.#bottom - EDGE.top];
    return draw(this.svg, "svg", { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` });
  }

  /** Redraws everything for a width in CSS pixels and a view; show(i) afterwards puts the marker back. */
  redraw(width, view) {
    Object.assign(this, { width, view });
    this.height = Math.round(Math.min(TALL.most, Math.max(TALL.least, TALL.ofWindow * innerHeight)));
    this.#setDomain();
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.style.height = `${this.height}px`;
    this.#drawAxes();
    this.#drawVerdicts();
    this.#drawCurves();
    this.#drawCrossings();
    this.#drawMarker();
  }

  #drawAxes() {
    const { svg, view } = this;
    const right = this.width - EDGE.right;
    const [zero, bottom] = [this.y(0), this.#bottom];
    draw(svg, "rect", { class: "mp-fooled", x: EDGE.left, y: zero, width: this.#inner, height: bottom - zero });
    for (const value of ticks(this.low, this.high, 4)) {
      draw(svg, "line", { class: "mp-grid-line", x1: EDGE.left, x2: right, y1: this.y(value), y2: this.y(value) });
      const label = String(value).replace("-", "\u2212");
      draw(svg, "text", { class: "mp-tick", x: EDGE.left - 8, y: this.y(value) + 5, "text-anchor": "end" }, label);
    }
    draw(svg, "line", { class: "mp-zero", x1: EDGE.left, x2: right, y1: zero, y2: zero });
    const place = (t, line) => ({ class: "mp-tick", x: this.x(t), y: bottom + line * LINE, "text-anchor": "middle" });
    for (const t of ticks(0, view.until, this.width < 500 ? 3 : 6)) {
      const crowded = view.broken && this.x(1) - this.x(t) < 48;
      if (!crowded) draw(svg, "text", place(t, 1), share(t, view.until));
    }
    draw(svg, "text", { ...place(0, 2), x: 0, "text-anchor": "start" }, "original");
    if (view.until < 1 && !view.broken) return;
    draw(svg, "line", { class: "mp-end", x1: this.x(1), x2: this.x(1), y1: EDGE.top, y2: bottom });
    if (view.broken) this.#drawBreak(place);
    const end = draw(svg, "text", place(1, 2), this.payload.success ? "adversarial" : "closest try");
    const over = this.x(1) + end.getComputedTextLength() / 2 - this.width;
    if (over > 0) end.setAttribute("x", this.x(1) - over);
  }

  /* The way goes on, unseen, to the end. */
  #drawBreak(place) {
    const middle = (this.x(this.view.until) + this.x(1)) / 2;
    const cover = { class: "mp-cover", x: middle - 4, width: 8, y: EDGE.top, height: this.#bottom - EDGE.top };
    draw(this.svg, "rect", cover);
    for (const x of [middle - 4, middle + 4]) {
      draw(this.svg, "path", { class: "mp-break", d: `M${x - 3} ${this.#bottom + 6}l6 -12` });
    }
    draw(this.svg, "text", place(1, 1), "100%");
  }

  /* A strip over the plot: which class the model names along the way. */
  #drawVerdicts() {
    const { payload, svg, view } = this;
    const { t, classes } = payload;
    const seen = view.stops.filter((i) => t[i] <= view.until);
    const edge = (k) => (k < 0 ? t[0] : k >= seen.length - 1 ? view.until : (t[seen[k]] + t[seen[k + 1]]) / 2);
    for (let from = 0; from < seen.length; ) {
      const named = likeliest(payload, seen[from]);
      let to = from;
      while (to < seen.length - 1 && likeliest(payload, seen[to + 1]) === named) to++;
      const x = this.x(edge(from - 1));
      const width = this.x(edge(to)) - x;
      const { index, name } = classes[named];
      draw(svg, "rect", { class: `mp-says ${role(payload, index)}`, x, y: 1, width, height: 22 });
      draw(svg, "rect", { class: `mp-says-edge ${role(payload, index)}`, x, y: 22, width, height: 3 });
      for (const words of [`model says: ${name}`, name]) {
        const text = draw(svg, "text", { class: "mp-says-name", x: x + 6, y: 17 }, words);
        if (text.getComputedTextLength() + 10 < width) break;
        text.remove();
      }
      from = to + 1;
    }
  }

  #drawCurves() {
    const svg = this.#clip();
    const { t, true_margin, linear_margin } = this.payload;
    const seen = t.map((_, i) => i).filter((i) => t[i] <= this.view.until);
    const points = (margins) => seen.map((i) => `${this.x(t[i]).toFixed(2)},${this.y(margins[i]).toFixed(2)}`);
    const [truth, line] = [points(true_margin), points(linear_margin)];
    draw(svg, "polygon", { class: "mp-gap", points: [...truth, ...[...line].reverse()].join(" ") });
    draw(svg, "polyline", { class: "mp-linear", points: line.join(" ") });
    draw(svg, "polyline", { class: "mp-true", points: truth.join(" ") });
  }

  /* Both crossings are named in one place: above zero and to the right, where falling curves leave room, or, where
     the window ends, below zero and to the left. */
  #drawCrossings() {
    const { predicted, true: truth } = this.payload.crossings;
    const found = [
      { t: predicted, kind: "linear", words: "predicted" },
      { t: truth, kind: "true", words: "true" },
    ].filter(({ t }) => t !== null);
    const seen = found.filter(({ t }) => t <= this.view.until).map(({ t }) => this.x(t));
    const zero = this.y(0);
    for (const { t, kind } of found) {
      const shape = { class: `mp-crossing ${kind}`, "data-testid": `crossing-${kind}`, cx: this.x(t), cy: zero, r: 5 };
      if (t <= this.view.until) draw(this.svg, "circle", shape);
    }
    const note = draw(this.svg, "g", { "data-testid": "crossings" });
    const lines = found.map(({ t, kind, words }, i) => {
      draw(note, "circle", { class: `mp-crossing ${kind}`, cx: 5, cy: i * LINE - 5, r: 4.5 });
      return draw(note, "text", { class: "mp-note-in", x: 15, y: i * LINE }, `${words} ${(100 * t).toFixed(1)}%`);
    });
    const width = 15 + Math.max(0, ...lines.map((line) => line.getComputedTextLength()));
    const height = LINE * (found.length - 1);
    const edge = this.view.broken ? this.x(1) - 6 : this.width - 2;
    const right = Math.min(Math.max(EDGE.left, ...seen) + 12, edge - width);
    const beside = right >= Math.max(EDGE.left, ...seen) - 30;
    const left = Math.max(EDGE.left + 4, Math.min(...seen) - 12 - width);
    const y = beside
      ? Math.max(EDGE.top + 14, zero - 12 - height)
      : Math.min(this.#bottom - 6 - height, zero + 20);
    note.setAttribute("transform", `translate(${beside ? right : left} ${y})`);
    this.#drawZeroLabel(beside ? Math.min(this.width, ...seen) : 0);
  }

  #drawZeroLabel(until) {
    for (const words of [`below this line, ${this.payload.target.name} leads`, "below: a new answer"]) {
      const text = draw(this.svg, "text", { class: "mp-note-in", x: EDGE.left + 6, y: this.y(0) + 17 }, words);
      if (EDGE.left + text.getComputedTextLength() + 14 < until && this.y(0) + 20 < this.#bottom) return;
      text.remove();
    }
  }

  #drawMarker() {
    this.rule = draw(this.svg, "line", { class: "mp-rule", y1: EDGE.top - 8, y2: this.#bottom });
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
      this.dots[kind].setAttribute("visibility", t[i] > this.view.until ? "hidden" : "visible");
      this.dots[kind].dataset.margin = margins[i];
    }
  }

  /** The sample nearest to a horizontal position in the window. */
  nearest(clientX) {
    const inner = clientX - this.svg.getBoundingClientRect().left - EDGE.left;
    return this.view.nearest((inner / this.#inner) * this.view.span);
  }
}
