/* The three pictures: original, perturbation, and x(t) = clip(x0 + t * delta, 0, 1), at model resolution.
   Pixel values are kept in 8-bit steps (0 to 255) but not rounded; only the canvas rounds. */

const DELTA_ARRAYS = { int8: Int8Array, int16: Int16Array, float32: Float32Array };
const GREY = 127.5;

function decodeBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Original and perturbation, both (height, width, RGB) flat, in 8-bit steps. */
function decode(payload) {
  const stored = new DELTA_ARRAYS[payload.delta_type](decodeBase64(payload.delta).buffer);
  const scale = payload.delta_type === "float32" ? 255 : 1;
  return { original: decodeBase64(payload.original), delta: Float32Array.from(stored, (value) => value * scale) };
}

export class Pictures {
  /** canvases: { original, perturbation, adversarial } */
  constructor(payload, canvases) {
    this.size = [payload.width, payload.height];
    Object.assign(this, decode(payload));
    this.point = new Float32Array(this.original.length);
    this.layers = {};
    for (const [name, canvas] of Object.entries(canvases)) {
      [canvas.width, canvas.height] = this.size;
      const context = canvas.getContext("2d");
      this.layers[name] = { context, image: context.createImageData(...this.size) };
    }
    this.#paint("original", (i) => this.original[i]);
  }

  /** Draws x(t) and what was added so far; returns the length of x(t) - x0 in 8-bit steps, by norm. */
  show(t, amplification) {
    const { original, delta, point } = this;
    let largest = 0;
    let squares = 0;
    for (let i = 0; i < point.length; i++) {
      point[i] = Math.min(255, Math.max(0, original[i] + t * delta[i]));
      const change = Math.abs(point[i] - original[i]);
      largest = Math.max(largest, change);
      squares += change * change;
    }
    this.#paint("adversarial", (i) => point[i]);
    this.#paint("perturbation", (i) => GREY + amplification * (point[i] - original[i]));
    return { linf: largest, l2: Math.sqrt(squares) };
  }

  #paint(name, value) {
    const { context, image } = this.layers[name];
    for (let i = 0, j = 0; i < this.original.length; i += 3, j += 4) {
      image.data[j] = value(i);
      image.data[j + 1] = value(i + 1);
      image.data[j + 2] = value(i + 2);
      image.data[j + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }
}
