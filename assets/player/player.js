/* The path player: one position along the path from original to adversarial image, shown as pictures,
   class probabilities and margins together. Works as a Streamlit v2 component (default export) and in a
   plain page (mount). The payload is described in malt_core/player.py. */

import { Pictures } from "./pictures.js";
import { Bars, MarginChart } from "./charts.js";
import { likeliest, percent, role, signed, texts } from "./words.js";

const MILLISECONDS_TO_THE_END = 3000;
const STEPS_BY_KEY = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };

const WHY = (name) => `<details class="mp-why"><summary>What am I looking at?</summary><p data-text="${name}"></p></details>`;

const PICTURE = (name, title, note) => `<figure class="mp-picture">
  <div class="mp-title">${title}</div>
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

const TEMPLATE = `<div class="mp-grid">
  <section class="mp-pictures">
    <div class="mp-row">
      ${PICTURE("original", "Original", VERDICT)}<span class="mp-sign" aria-hidden="true">+</span>
      ${PICTURE("perturbation", "Perturbation", AMPLIFIER)}<span class="mp-sign" aria-hidden="true">=</span>
      ${PICTURE("adversarial", "Adversarial", VERDICT)}
    </div>
    ${WHY("pictures")}
  </section>
  <section class="mp-classes">
    <div class="mp-title">What the model says</div>
    <div class="mp-key"><span><i class="mp-swatch label"></i><span data-text="label"></span></span>
      <span><i class="mp-swatch target"></i><span data-text="target"></span></span>
      <span><i class="mp-swatch other"></i>others</span></div>
    <div class="mp-bars" role="img" data-testid="bars"></div>
    ${WHY("bars")}
  </section>
  <section class="mp-path">
    <div class="mp-title" data-text="lead"></div>
    <div class="mp-legend">
      <span><svg class="mp-line" viewBox="0 0 30 8"><path class="mp-true" d="M0 4H30"/></svg>true margin
        <b data-testid="true-margin"></b></span>
      <span><svg class="mp-line" viewBox="0 0 30 8"><path class="mp-linear" d="M0 4H30"/></svg>straight-line prediction
        <b data-testid="linear-margin"></b></span>
      <span class="mp-off" data-testid="gap"></span>
    </div>
    <div class="mp-controls">
      <button type="button" data-action="play" data-testid="play"></button>
      <button type="button" data-action="reset" data-testid="reset">Reset</button>
      <output class="mp-where" data-testid="where"></output>
    </div>
    <input class="mp-slider" type="range" min="0" step="1" data-testid="slider"
      aria-label="Share of the way from the original to the adversarial image">
    <svg class="mp-chart" role="img" data-testid="chart"></svg>
    <p class="mp-words" data-text="straightness"></p>
    <p class="mp-small" data-text="note"></p>
    ${WHY("chart")}
  </section>
</div>`;

class Player {
  constructor(root, payload) {
    this.root = root;
    this.payload = payload;
    this.amplification = payload.amplification;
    this.end = payload.t.reduce((best, t, i) => (Math.abs(t - 1) < Math.abs(payload.t[best] - 1) ? i : best), 0);
    this.listeners = new AbortController();
    root.innerHTML = TEMPLATE;
    root.tabIndex = -1;
    this.#fill();
    this.#listen();
    this.pause();
    this.show(this.end);
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
    if (!payload.success) root.querySelectorAll(".mp-picture .mp-title")[2].textContent = "Closest try";
    this.pictures = new Pictures(payload, this.canvases);
    this.bars = new Bars(this.test("bars"), payload);
    this.chart = new MarginChart(this.test("chart"), payload);
    this.test("chart").setAttribute("aria-label", payload.alt.chart);
    this.slider = this.test("slider");
    this.slider.max = payload.t.length - 1;
    this.#verdict("original", 0);
    this.#resize();
  }

  #listen() {
    const { root, slider } = this;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.listeners.signal });
    on(slider, "input", () => this.seek(Number(slider.value)));
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
    this.resizing.observe(chart);
  }

  #act(action) {
    if (action === "play") this.playing ? this.pause() : this.play();
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

  /* The slider and the buttons handle their own keys; elsewhere in the player arrows move as on the slider. */
  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === this.slider) return;
    const last = this.payload.t.length - 1;
    if (event.key in STEPS_BY_KEY) this.seek(this.index + STEPS_BY_KEY[event.key]);
    else if (event.key === "Home") this.seek(0);
    else if (event.key === "End") this.seek(last);
    else return;
    event.preventDefault();
  }

  #resize() {
    const width = this.test("chart").clientWidth;
    if (!width || width === this.chart.width) return;
    this.chart.resize(width);
    if (this.index !== undefined) this.chart.show(this.index);
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
    const { t } = this.payload;
    const from = this.index >= this.end ? 0 : t[this.index];
    const start = performance.now();
    const frame = (now) => {
      const wanted = from + Math.max(0, now - start) / MILLISECONDS_TO_THE_END;
      let reached = 0;
      while (reached < this.end && t[reached + 1] <= wanted) reached++;
      if (reached !== this.index) this.show(reached);
      if (reached === this.end) this.pause();
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
    this.show(Math.min(this.payload.t.length - 1, Math.max(0, index)));
  }

  show(index) {
    const { payload, root, slider } = this;
    const t = payload.t[index];
    this.index = index;
    root.dataset.t = t;
    const length = this.pictures.show(t, this.amplification);
    this.bars.show(index);
    this.chart.show(index);
    this.#verdict("adversarial", index);
    this.#numbers(index, length);
    const way = `${Math.round(100 * t)}% of the way`;
    this.test("where").textContent = way;
    slider.value = index;
    slider.style.setProperty("--done", index / slider.max);
    const named = likeliest(payload, index);
    const words = `${payload.classes[named].name} ${percent(payload.probabilities[index][named])}`;
    slider.setAttribute("aria-valuetext", `${way}: the model says ${words}`);
    this.canvases.adversarial.setAttribute("aria-label", `${payload.alt.adversarial} Shown at ${way}: ${words}.`);
  }

  #numbers(index, length) {
    const { true_margin, linear_margin, norm, max_deviation } = this.payload;
    const [truth, line] = [true_margin[index], linear_margin[index]];
    const off = Math.abs(truth - line);
    const drop = true_margin[0] - true_margin[this.end];
    const share = max_deviation === null ? "" : ` (${Math.round((100 * off) / drop)}% of the drop)`;
    this.test("true-margin").textContent = signed(truth);
    this.test("linear-margin").textContent = signed(line);
    this.test("gap").textContent = `gap ${off.toFixed(2)}${share}`;
    this.test("amplification").textContent = `×${this.amplification}`;
    const caption = this.root.querySelector('[data-part="length"]');
    caption.textContent = norm === "linf"
      ? `at most ${Number(length.linf.toPrecision(3))}/255`
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
