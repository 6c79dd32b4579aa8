/* A frame to drag over a picture: the part that the network sees. A Streamlit v2 component (default export).

   data: { image: a data address, frame: [left, top, width] or null for the whole picture, start: the frame to
   go back to, shape: height over width of what the network sees, alt }. Shares are of the picture's width and
   height. What is chosen leaves as the trigger "chosen": "LEFT,TOP,WIDTH", "centre" or "fit". */

const SMALLEST = 0.05;
const LEAST = 160; // pixels of the picture's longer side on screen
const STEP = 0.02;
const FACTOR = 1.1;
const WAIT = 500; // milliseconds after the last key

const TEMPLATE = `<div class="mc-picture">
    <img alt="" draggable="false">
    <div class="mc-frame" tabindex="0" role="group" aria-roledescription="crop frame"
      aria-label="The part that the network sees. Arrow keys move it, plus and minus change its size."
      ><i class="mc-handle" aria-hidden="true"></i></div>
  </div>
  <div class="mc-buttons">
    <button type="button" data-action="smaller" aria-label="Smaller frame">&minus;</button>
    <button type="button" data-action="larger" aria-label="Larger frame">+</button>
    <button type="button" data-action="reset">Reset</button>
    <button type="button" data-action="whole" aria-pressed="false">Whole picture</button>
  </div>
  <div class="mc-hidden" aria-live="polite"></div>`;

const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

class CropFrame {
  constructor(root) {
    root.innerHTML = TEMPLATE;
    this.picture = root.querySelector(".mc-picture");
    this.image = root.querySelector("img");
    this.box = root.querySelector(".mc-frame");
    this.spoken = root.querySelector(".mc-hidden");
    this.buttons = root.querySelector(".mc-buttons");
    this.buttons.addEventListener("click", (event) => this.pressed(event.target.dataset.action));
    this.picture.addEventListener("pointerdown", (event) => this.grab(event));
    this.picture.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) this.picture.addEventListener(end, () => this.drop());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.image.addEventListener("load", () => this.loaded());
  }

  show(data, choose) {
    this.choose = choose;
    const same = JSON.stringify(data) === this.shown;
    this.shown = JSON.stringify(data);
    if (same) return;
    this.data = data;
    this.frame = [...(data.frame ?? data.start)];
    this.image.alt = data.alt;
    this.image.src = data.image;
    this.draw();
  }

  /* A picture of a few pixels is shown larger, or nobody could drag a frame over it. */
  loaded() {
    const { naturalWidth, naturalHeight } = this.image;
    const enlarge = LEAST / Math.max(naturalWidth, naturalHeight);
    this.image.style.width = enlarge > 1 ? `${naturalWidth * enlarge}px` : "";
    this.draw();
  }

  /* Height of the frame over its width, in shares of the picture. */
  get tall() {
    return (this.data.shape * this.image.naturalWidth) / this.image.naturalHeight;
  }

  draw() {
    if (!this.image.naturalWidth) return;
    const [left, top, width] = this.frame;
    const whole = this.data.frame === null;
    this.box.hidden = whole;
    Object.assign(this.box.style, {
      left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * width}%`, height: `${100 * width * this.tall}%`,
    });
    const toggle = this.buttons.querySelector("[data-action=whole]");
    toggle.setAttribute("aria-pressed", whole);
    for (const name of ["smaller", "larger", "reset"]) {
      this.buttons.querySelector(`[data-action=${name}]`).disabled = whole;
    }
  }

  /* Put the frame there, as far as it fits into the picture. */
  put(left, top, width) {
    const wide = clamp(width, SMALLEST, Math.min(1, 1 / this.tall));
    this.frame = [clamp(left, 0, 1 - wide), clamp(top, 0, 1 - wide * this.tall), wide];
    this.draw();
  }

  resize(factor) {
    const [left, top, width] = this.frame;
    const wide = clamp(width * factor, SMALLEST, Math.min(1, 1 / this.tall));
    this.put(left + (width - wide) / 2, top + ((width - wide) * this.tall) / 2, wide);
  }

  send() {
    const text = this.frame.map((share) => Number(share.toFixed(4))).join(",");
    const [left, top, width] = this.frame.map((share) => `${Math.round(100 * share)}%`);
    this.spoken.textContent = `The frame begins ${left} from the left and ${top} from the top and is ${width} wide.`;
    this.choose(text);
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), WAIT);
  }

  at(event) {
    const area = this.picture.getBoundingClientRect();
    return [(event.clientX - area.left) / area.width, (event.clientY - area.top) / area.height];
  }

  grab(event) {
    if (this.data.frame === null || event.button) return;
    event.preventDefault();
    this.box.focus();
    this.picture.setPointerCapture(event.pointerId);
    const [x, y] = this.at(event);
    const [left, top, width] = this.frame;
    const inside = x >= left && x <= left + width && y >= top && y <= top + width * this.tall;
    const resizes = event.target.classList.contains("mc-handle");
    if (!inside && !resizes) this.put(x - width / 2, y - (width * this.tall) / 2, width);
    this.held = { resizes, x: x - this.frame[0], y: y - this.frame[1], before: this.frame.join() };
  }

  drag(event) {
    if (!this.held) return;
    const [x, y] = this.at(event);
    const [left, top] = this.frame;
    if (!this.held.resizes) this.put(x - this.held.x, y - this.held.y, this.frame[2]);
    else this.put(left, top, Math.min(Math.max(x - left, (y - top) / this.tall), 1 - left, (1 - top) / this.tall));
  }

  drop() {
    if (!this.held) return;
    this.held = null;
    this.send();
  }

  key(event) {
    const step = event.shiftKey ? STEP / 4 : STEP;
    const [left, top, width] = this.frame;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const factors = { "+": FACTOR, "=": FACTOR, "-": 1 / FACTOR };
    if (moves[event.key]) this.put(left + moves[event.key][0], top + moves[event.key][1], width);
    else if (factors[event.key]) this.resize(factors[event.key]);
    else return;
    event.preventDefault();
    this.later();
  }

  pressed(action) {
    if (action === "whole") this.choose(this.data.frame === null ? "centre" : "fit");
    else if (action === "reset") this.choose("centre");
    else if (action) {
      this.resize(action === "larger" ? FACTOR : 1 / FACTOR);
      this.later();
    }
  }
}

const frames = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".malt-crop");
  if (!frames.has(root)) frames.set(root, new CropFrame(root));
  frames.get(root).show(data, (text) => setTriggerValue("chosen", text));
}
