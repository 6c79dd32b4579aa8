/* A race, replayed: which attack changed the network's answer about which picture, and when. What comes in is
   described in malt_core/race/replay.py. While a race goes on, the same drawing shows how far it is. */

const SVG = "http://www.w3.org/2000/svg";
const MILLISECONDS = 6000;
const HEIGHT = 168;
const EDGE = { left: 30, right: 14, top: 8, bottom: 22 };
const SHIFT = 3; // pixels between lanes that are equally far down

function draw(parent, name, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

function make(parent, name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

/** As malt_core/formatting.py: stopwatch. */
function stopwatch(seconds) {
  if (seconds >= 99.5) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  return `${seconds.toFixed(seconds < 0.995 ? 2 : seconds < 9.95 ? 1 : 0)} s`;
}

/** Seconds from first (above 0) to last on a scale from 0 to 1, linear or logarithmic; 0 is always at 0. */
class Scale {
  constructor({ first, last, logarithmic }) {
    Object.assign(this, { first, last, logarithmic });
  }

  place(seconds) {
    if (!this.logarithmic) return seconds / this.last;
    return seconds <= this.first ? 0 : Math.log(seconds / this.first) / Math.log(this.last / this.first);
  }

  seconds(place) {
    if (place <= 0) return 0;
    if (place >= 1) return this.last; // exactly, or the longest attack never ends
    return this.logarithmic ? this.first * (this.last / this.first) ** place : place * this.last;
  }

  ticks() {
    const found = [];
    if (this.logarithmic) {
      const factors = this.last / this.first > 300 ? [1] : this.last / this.first > 30 ? [1, 3] : [1, 2, 5];
      for (let power = -3; power < 6; power++) for (const factor of factors) found.push(factor * 10 ** power);
      return found.filter((value) => value > this.first && value <= this.last);
    }
    const power = 10 ** Math.floor(Math.log10(this.last / 4));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => this.last / size <= 6);
    for (let value = 0; value <= this.last * 1.0001; value += step) found.push(Number(value.toPrecision(6)));
    return found;
  }
}

class Chart {
  constructor(svg) {
    this.svg = svg;
  }

  x(seconds) {
    return EDGE.left + (this.width - EDGE.left - EDGE.right) * this.scale.place(seconds);
  }

  y(standing) {
    return EDGE.top + ((HEIGHT - EDGE.top - EDGE.bottom) * (this.standing - standing)) / this.standing;
  }

  draw(race, scale, width) {
    Object.assign(this, { scale, width, standing: Math.max(1, race.standing) });
    const { svg } = this;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#axes();
    const clip = draw(draw(svg, "clipPath", { id: "mr-past" }), "rect", { x: 0, y: 0, height: HEIGHT, width });
    this.past = clip;
    const lines = draw(svg, "g", { "clip-path": "url(#mr-past)" });
    race.lanes.forEach((lane, i) => this.#lane(lines, lane, i, race.standing));
    this.now = draw(svg, "line", { class: "mr-now", y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
  }

  #axes() {
    const { svg, width } = this;
    const bottom = HEIGHT - EDGE.bottom;
    const every = Math.ceil(this.standing / 6);
    for (let n = 0; n <= this.standing; n += every) {
      draw(svg, "line", { class: "mr-grid", x1: EDGE.left, x2: width - EDGE.right, y1: this.y(n), y2: this.y(n) });
      draw(svg, "text", { x: EDGE.left - 8, y: this.y(n) + 5, "text-anchor": "end" }, n);
    }
    let free = -Infinity;
    for (const value of this.scale.ticks()) {
      const x = this.x(value);
      if (x < free || x > width - 22) continue;
      draw(svg, "text", { x, y: bottom + 17, "text-anchor": "middle" }, Number(value.toPrecision(3)));
      free = x + 44;
    }
  }

  #lane(parent, lane, i, standing) {
    if (lane.state === "waiting") return;
    const shift = SHIFT * (i - 1);
    const points = [[this.x(0), this.y(standing) + shift]];
    let left = standing;
    for (const fall of lane.falls) {
      points.push([this.x(fall.seconds), this.y(left) + shift], [this.x(fall.seconds), this.y(--left) + shift]);
    }
    const end = [this.x(lane.seconds), this.y(left) + shift];
    points.push(end);
    const path = points.map(([x, y], k) => `${k ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
    draw(parent, "path", { class: `mr-line mr-${i}`, d: path });
    if (lane.state !== "running") draw(parent, "circle", { class: `mr-end mr-${i}`, cx: end[0], cy: end[1], r: 5 });
  }

  show(seconds) {
    const x = this.x(seconds);
    this.past.setAttribute("width", x + (seconds >= this.scale.last ? 12 : 0));
    this.now.setAttribute("x1", x);
    this.now.setAttribute("x2", x);
  }
}

class Race {
  constructor(root, race) {
    this.root = root;
    this.race = race;
    this.listeners = new AbortController();
    root.replaceChildren();
    if (!race.going_on) this.#controls();
    this.lanes = race.lanes.map((lane, i) => this.#lane(lane, i));
    const title = make(root, "div", "mr-title", `${race.title}, `);
    this.axis = make(title, "span", "mr-axis");
    const svg = draw(root, "svg", { class: "mr-chart", role: "img", "aria-label": race.alt, "data-testid": "curves" });
    this.chart = new Chart(svg);
    this.resizing = new ResizeObserver(() => this.#resize());
    this.resizing.observe(svg);
    this.update(race);
    if (!race.going_on) this.#playOnceSeen(svg);
  }

  #controls() {
    const row = make(this.root, "div", "mr-controls");
    this.button = make(row, "button", "");
    this.button.type = "button";
    this.button.dataset.testid = "replay";
    this.slider = make(row, "input", "");
    Object.assign(this.slider, { type: "range", min: 0, max: 1000, step: 1 });
    this.slider.setAttribute("aria-label", "Time since each attack began");
    this.clock = make(row, "output", "mr-clock");
    const how = { signal: this.listeners.signal };
    this.button.addEventListener("click", () => (this.playing === undefined ? this.play() : this.pause()), how);
    this.slider.addEventListener("input", () => this.seek(this.slider.value / 1000), how);
    this.#label();
  }

  #lane(lane, i) {
    const row = make(this.root, "div", `mr-lane mr-${i}`);
    const words = make(row, "div", "");
    const name = make(words, "div", "mr-name");
    draw(draw(name, "svg", { viewBox: "0 0 30 8", "aria-hidden": true }), "path", { class: "mr-line", d: "M0 4H30" });
    make(name, "span", "", lane.title);
    const doing = make(words, "div", "mr-doing");
    const strip = make(row, "div", "mr-pictures");
    const figures = this.race.pictures.map((picture) => {
      const figure = make(strip, "figure", "");
      const image = make(figure, "img", "");
      image.src = picture.image;
      return { figure, image, caption: make(figure, "figcaption", "") };
    });
    return { doing, figures };
  }

  /** Shows the same race further on. */
  update(race) {
    this.race = race;
    this.axis.textContent = race.axis;
    this.scale = new Scale(race);
    this.width = undefined;
    this.#resize();
    this.show(this.place ?? 1);
  }

  #resize() {
    const width = this.chart.svg.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    this.chart.draw(this.race, this.scale, width);
    this.chart.show(this.scale.seconds(this.place ?? 1));
  }

  show(place) {
    this.place = place;
    const seconds = this.scale.seconds(place);
    this.race.lanes.forEach((lane, i) => this.#showLane(this.lanes[i], lane, seconds));
    if (this.width) this.chart.show(seconds);
    if (!this.slider) return;
    this.slider.value = Math.round(1000 * place);
    this.clock.textContent = stopwatch(seconds);
    this.slider.setAttribute("aria-valuetext", stopwatch(seconds));
    this.root.dataset.place = place;
  }

  #showLane(drawn, lane, seconds) {
    const over = lane.state !== "waiting" && seconds >= lane.seconds;
    const stage = lane.stages.findLast((one) => one.start <= seconds);
    drawn.doing.textContent = over ? lane.end : lane.state === "waiting" ? lane.end : (stage?.words ?? "");
    drawn.figures.forEach(({ figure, image, caption }, k) => {
      const picture = this.race.pictures[k];
      const fall = lane.falls.find((one) => one.picture === k);
      const fallen = fall !== undefined && fall.seconds <= seconds;
      const kept = !fallen && over && lane.state === "done" && picture.attacked;
      figure.className = fallen ? "fallen" : kept ? "kept" : "";
      caption.textContent = fallen ? stopwatch(fall.seconds) : kept ? picture.kept : "";
      const fate = fallen ? fall.words : kept ? `unchanged to the end, ${picture.kept}` : picture.attacked ? "not changed yet" : "";
      image.alt = figure.title = `${picture.words} ${fate}`.trim();
    });
  }

  #playOnceSeen(seen) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.seeing = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.seeing.disconnect();
      this.play(0);
    });
    this.seeing.observe(seen);
  }

  play(from = this.place >= 1 ? 0 : this.place) {
    this.seeing?.disconnect();
    const start = performance.now();
    const frame = (now) => {
      const place = Math.min(1, from + Math.max(0, now - start) / MILLISECONDS);
      this.show(place);
      if (place < 1) this.playing = requestAnimationFrame(frame);
      else this.pause();
    };
    this.playing = requestAnimationFrame(frame);
    this.#label();
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = undefined;
    this.#label();
  }

  seek(place) {
    this.seeing?.disconnect();
    this.pause();
    this.show(place);
  }

  #label() {
    this.button.textContent = this.playing === undefined ? "Replay" : "Pause";
    this.root.dataset.playing = this.playing !== undefined;
  }

  destroy() {
    this.listeners.abort();
    this.seeing?.disconnect();
    this.resizing.disconnect();
    cancelAnimationFrame(this.playing);
    this.root.replaceChildren();
  }
}

const races = new WeakMap();

/**
 * Shows a race in root, a div of class malt-race; the same race further on is shown in the same place. Returns
 * what undoes it. Streamlit may run the clean-up of an overtaken call late, so only the latest counts.
 */
export function mount(root, race) {
  const before = races.get(root);
  if (before?.race.id === race.id) before.update(race);
  else {
    before?.destroy();
    races.set(root, new Race(root, race));
  }
  const shown = races.get(root);
  const call = (shown.calls = (shown.calls ?? 0) + 1);
  return () => {
    if (races.get(root) !== shown || shown.calls !== call) return;
    shown.destroy();
    races.delete(root);
  };
}

export default function ({ data, parentElement }) {
  return mount(parentElement.querySelector(".malt-race"), data);
}
