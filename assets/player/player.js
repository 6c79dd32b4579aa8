/* The path player: one position along the path from original to adversarial image, shown as pictures,
   class probabilities and margins together. Works as a Streamlit v2 component (default export) and in a
   plain page (mount). The payload is described in malt_core/attack_run/player.py. */

import { Bars } from "./bars.js";
import { MarginChart } from "./chart.js";
import { Pictures } from "./pictures.js";
import { View, endOf } from "./view.js";
import { likeliest, percent, role, share, signed, stage, texts } from "./words.js";

const MILLISECONDS_TO_THE_END = 3000;
const STEPS_BY_KEY = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };
const SMOOTH = 200; // pixels: pictures at least as wide are scaled as photographs are, smaller ones stay crisp
const SMALLEST = 110; // CSS pixels: a picture on screen

const PICTURE = (name, title, note) => `<figure class="mp-picture">
  <div class="mp-title" data-title="${name}">${title}</div>
  <canvas role="img" data-testid="${name}"></canvas>
  <figcaption data-caption="${name}">${note}</figcaption>
</figure>`;

const VERDICT = `<div class="mp-verdict"><i class="mp-swatch"></i><b data-part="class"></b></div>
  <div class="mp-small" data-part="confidence"></div>`;

const AMPLIFIER = `<div class="mp-amplifier" role="group" aria-label="Amplification of the perturbation">
  <button type="button" data-action="halve" aria-label="Amplify half as much">&minus;</button>
  <output data-testid="amplification"></output>
  <button type="button" data-action="double" aria-label="Amplify twice as much">+</button>
</div><div class="mp-small" data-part="length"></div>`;

const SIGN = (sign) => `<span class="mp-sign" aria-hidden="true">${sign}</span>`;
const CURVE = (kind) => `<svg class="mp-line" viewBox="0 0 30 8"><path class="mp-${kind}" d="M0 4H30"/></svg>`;

const TEMPLATE = `<div class="mp-grid">
  <section class="mp-pictures">
    ${PICTURE("original", "Original", VERDICT)}${SIGN("+")}
    ${PICTURE("perturbation", "Perturbation", AMPLIFIER)}${SIGN("=")}
    ${PICTURE("adversarial", "", VERDICT)}
  </section>
  <section class="mp-path">
    <div class="mp-controls">
      <button type="button" data-action="play" data-testid="play"></button>
      <button type="button" data-action="reset" data-testid="reset" aria-label="Back to the original">↺</button>
      <output class="mp-where" data-testid="where"></output>
      <span class="mp-lead"><b data-text="lead"></b> (margin, in logits)</span>
      <button type="button" data-action="view" data-testid="view"></button>
    </div>
    <input class="mp-slider" type="range" min="0" step="any" data-testid="slider"
      aria-label="Share of the way from the original to the adversarial image">
    <svg class="mp-chart" role="img" data-testid="chart"></svg>
    <div class="mp-legend">
      <span>${CURVE("true")}true <b data-testid="true-margin"></b></span>
      <span>${CURVE("linear")}straight line <b data-testid="linear-margin"></b></span>
      <span class="mp-off" data-testid="gap"></span>
    </div>
  </section>
  <section class="mp-classes">
    <div class="mp-title">What the model says</div>
    <div class="mp-bars" role="img" data-testid="bars"></div>
  </section>
  <section class="mp-about">
    <p class="mp-words" data-text="straightness"></p>
    <details class="mp-why"><summary>What am I looking at?</summary>
      ${["pictures", "chart", "numbers", "bars", "note"].map((name) => `<p data-text="${name}"></p>`).join("")}
    </details>
  </section>
</div>`;

class Player {
  constructor(root, payload) {
    this.root = root;
    this.payload = payload;
    this.amplification = payload.amplification;
    this.end = endOf(payload);
    this.views = { near: new View(payload, payload.near), whole: new View(payload, payload.t.at(-1)) };
    this.listeners = new AbortController();
    root.innerHTML = TEMPLATE;
    root.tabIndex = -1;
    this.#fill();
    this.#listen();
    this.pause();
    this.index = this.end;
    this.#look(this.views.near);
    this.#playOnceSeen();
  }

  test(id) {
    return this.root.querySelector(`[data-testid="${id}"]`);
  }

  #fill() {
    const { root, payload } = this;
    for (const [name, text] of Object.entries(texts(payload))) {
      root.querySelector(`[data-text="${name}"]`).textContent = text;
    }
    this.canvases = Object.fromEntries(
      ["original", "perturbation", "adversarial"].map((name) => [name, this.test(name)]),
    );
    for (const [name, canvas] of Object.entries(this.canvases)) canvas.setAttribute("aria-label", payload.alt[name]);
    root.classList.toggle("smooth", payload.width >= SMOOTH);
    this.pictures = new Pictures(payload, this.canvases);
    this.bars = new Bars(this.test("bars"), payload);
    this.chart = new MarginChart(this.test("chart"), payload);
    this.test("chart").setAttribute("aria-label", payload.alt.chart);
    this.slider = this.test("slider");
    this.test("view").hidden = this.views.near.until >= this.views.whole.until;
    this.#verdict("original", 0);
  }

  #listen() {
    const { root, slider } = this;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.listeners.signal });
    on(slider, "input", () => this.seek(this.view.nearest(Number(slider.value))));
    on(root, "click", (event) => this.#act(event.target.closest("[data-action]")?.dataset.action));
    on(root, "keydown", (event) => this.#press(event));
    const chart = this.test("chart");
    on(chart, "pointerdown", (event) => {
      chart.setPointerCapture(event.pointerId);
      slider.focus({ preventScroll: true });
      event.preventDefault();
      this.seek(this.chart.nearest(event.clientX));
    });
    on(chart, "pointermove", (event) => {
      if (chart.hasPointerCapture(event.pointerId)) this.seek(this.chart.nearest(event.clientX));
    });
    this.resizing = new ResizeObserver(() => this.#resize());
    this.resizing.observe(root);
    on(window, "resize", () => this.#resize());
  }

  #act(action) {
    if (action === "play") this.playing ? this.pause() : this.play();
    if (action === "view") this.#look(this.view === this.views.near ? this.views.whole : this.views.near);
    if (action === "reset") {
      this.amplification = this.payload.amplification;
      this.seek(0);
    }
    if (action === "halve") this.#amplify(0.5);
    if (action === "double") this.#amplify(2);
  }

  #amplify(factor) {
    this.amplification = Math.min(256, Math.max(1, this.amplification * factor));
    this.show(this.index);
  }

  /* Arrows move from stop to stop, wherever in the player they are pressed. */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in STEPS_BY_KEY) this.seek(this.view.moved(this.index, STEPS_BY_KEY[event.key]));
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(this.view.stops.at(-1));
    else return;
    event.preventDefault();
  }

  /** Shows another part of the way. */
  #look(view) {
    this.pause();
    this.view = view;
    this.slider.max = view.span;
    this.test("view").textContent = view === this.views.near ? "Whole way" : "Up to the boundary";
    this.index = view.nearest(this.payload.t[this.index]);
    this.#resize();
  }

  #resize() {
    const width = this.test("chart").clientWidth;
    if (!width) return;
    this.#sizePictures();
    this.chart.redraw(width, this.view);
    this.show(this.index);
  }

  /* All three as large as fits, yet no taller than leaves room for the chart below; small ones by whole factors
     of the screen's own pixels, as far as that leaves them large enough. */
  #sizePictures() {
    const { width, height } = this.payload;
    const pictures = this.root.querySelector(".mp-pictures");
    const styled = (name) => parseFloat(getComputedStyle(pictures).getPropertyValue(name));
    const [gaps, stacked, tall] = [styled("--gaps"), styled("--stacked") === 1, styled("--tall")];
    const room = stacked ? pictures.clientWidth : (pictures.clientWidth - gaps) / 3;
    let side = Math.min(room, Math.max(SMALLEST, (tall * innerHeight * width) / height));
    if (width < SMOOTH) {
      const crisp = (Math.floor((side * devicePixelRatio) / width) * width) / devicePixelRatio;
      if (crisp >= Math.min(SMALLEST, room)) side = crisp;
    }
    pictures.style.setProperty("--side", `${side}px`);
  }

  #playOnceSeen() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.seeing = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.seeing.disconnect();
      this.show(0);
      this.play();
    }, { threshold: 0.5 });
    this.seeing.observe(this.canvases.adversarial);
  }

  play() {
    this.seeing?.disconnect();
    const { view, end, payload: { t } } = this;
    const place = (index) => view.place(t[index]);
    const from = place(this.index) >= place(end) ? 0 : place(this.index);
    const start = performance.now();
    const stops = view.stops.filter((i) => i <= end);
    const frame = (now) => {
      const wanted = from + (Math.max(0, now - start) / MILLISECONDS_TO_THE_END) * place(end);
      const reached = stops.findLast((i) => place(i) <= wanted + 1e-9);
      if (reached !== this.index) this.show(reached);
      if (reached === end) this.pause();
      else this.playing = requestAnimationFrame(frame);
    };
    this.playing = requestAnimationFrame(frame);
    this.#label();
  }

  pause() {
    cancelAnimationFrame(this.playing);
    this.playing = undefined;
    this.#label();
  }

  #label() {
    const playing = this.playing !== undefined;
    this.root.dataset.playing = playing;
    this.test("play").textContent = playing ? "Pause" : "Play";
  }

  /** Goes where the user wants to be: ends any playback, also the one that waits to be seen. */
  seek(index) {
    this.seeing?.disconnect();
    this.pause();
    this.show(index);
  }

  show(index) {
    const { payload, root, slider, view } = this;
    const t = payload.t[index];
    this.index = index;
    root.dataset.t = t;
    const length = this.pictures.show(t, this.amplification);
    this.bars.show(index);
    this.chart.show(index);
    this.#verdict("adversarial", index);
    this.#numbers(index, length);
    const way = `${share(t, view.until)} of the way`;
    root.querySelector('[data-title="adversarial"]').textContent = stage(payload, t, view.until);
    this.test("where").textContent = way;
    slider.value = view.place(t);
    slider.style.setProperty("--done", view.place(t) / view.span);
    const named = likeliest(payload, index);
    const words = `${payload.classes[named].name} ${percent(payload.probabilities[index][named])}`;
    slider.setAttribute("aria-valuetext", `${way}: the model says ${words}`);
    this.canvases.adversarial.setAttribute("aria-label", `${payload.alt.adversarial} Shown at ${way}: ${words}.`);
  }

  #numbers(index, length) {
    const { true_margin, linear_margin, norm } = this.payload;
    const [truth, line] = [true_margin[index], linear_margin[index]];
    this.test("true-margin").textContent = signed(truth);
    this.test("linear-margin").textContent = signed(line);
    this.test("gap").textContent = `apart by ${Math.abs(truth - line).toFixed(2)}`;
    this.test("amplification").textContent = `×${this.amplification}`;
    const caption = this.root.querySelector('[data-part="length"]');
    caption.textContent = norm === "linf"
      ? `at most ${Number(length.linf.toFixed(length.linf < 10 ? 2 : 0))}/255`
      : `L2 length ${(length.l2 / 255).toFixed(2)}`;
  }

  #verdict(name, index) {
    const { payload } = this;
    const named = likeliest(payload, index);
    const { index: number, name: words } = payload.classes[named];
    const caption = this.root.querySelector(`[data-caption="${name}"]`);
    caption.querySelector(".mp-swatch").className = `mp-swatch ${role(payload, number)}`;
    const label = caption.querySelector('[data-part="class"]');
    label.textContent = label.title = words;
    caption.querySelector('[data-part="confidence"]').textContent = `${percent(payload.probabilities[index][named])} sure`;
  }

  destroy() {
    this.listeners.abort();
    this.seeing?.disconnect();
    this.resizing.disconnect();
    cancelAnimationFrame(this.playing);
    this.root.replaceChildren();
  }
}

const players = new WeakMap();

/**
 * Shows a payload in root, a div of class malt-player; the same payload again leaves the player as it is.
 * Returns what undoes it. Streamlit may run the clean-up of an overtaken call late, so only the latest counts.
 */
export function mount(root, payload) {
  if (players.get(root)?.payload.id !== payload.id) {
    players.get(root)?.destroy();
    players.set(root, new Player(root, payload));
  }
  const player = players.get(root);
  const call = (player.calls = (player.calls ?? 0) + 1);
  return () => {
    if (players.get(root) !== player || player.calls !== call) return;
    player.destroy();
    players.delete(root);
  };
}

export default function ({ data, parentElement }) {
  return mount(parentElement.querySelector(".malt-player"), data);
}
