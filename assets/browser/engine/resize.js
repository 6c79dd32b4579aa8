/* From a picture of any size to what a network sees: the largest centred part, resampled as Pillow does it
   (antialiased bicubic, first across, then down, each rounded to 8 bits), as malt_core/images/resize.py. */

const A = -0.5;

function bicubic(x) {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * A : 0;
}

/** For each pixel of the result, the first one it is made of, and their weights. */
function taps(from, offset, part, to) {
  const scale = part / to;
  const wide = Math.max(scale, 1);
  const support = 2 * wide;
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(part, Math.trunc(centre + support + 0.5));
    const weights = [];
    for (let j = first; j < last; j++) weights.push(bicubic((j - centre + 0.5) / wide));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first: offset + first, weights: weights.map((w) => w / sum) };
  });
}

const clipped = (value) => Math.min(255, Math.max(0, Math.round(value)));

/** data: RGBA, 8 bits, width x height. Returns RGBA of size (to.width, to.height), opaque, laid on white. */
export function centred({ data, width, height }, to) {
  if (width === to.width && height === to.height) return opaque(data);
  const cutWidth = Math.max(1, Math.min(width, Math.round((height * to.width) / to.height)));
  const cutHeight = Math.max(1, Math.min(height, Math.round((width * to.height) / to.width)));
  const left = Math.floor((width - cutWidth) / 2);
  const top = Math.floor((height - cutHeight) / 2);
  const across = taps(width, left, cutWidth, to.width);
  const down = taps(height, 0, cutHeight, to.height);
  const source = opaque(data);
  const narrow = new Uint8ClampedArray(to.width * cutHeight * 4).fill(255);
  for (let y = 0; y < cutHeight; y++) {
    across.forEach(({ first, weights }, x) => {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) sum += weights[j] * source[((top + y) * width + first + j) * 4 + c];
        narrow[(y * to.width + x) * 4 + c] = clipped(sum);
      }
    });
  }
  const found = new Uint8ClampedArray(to.width * to.height * 4).fill(255);
  down.forEach(({ first, weights }, y) => {
    for (let x = 0; x < to.width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < weights.length; j++) sum += weights[j] * narrow[((first + j) * to.width + x) * 4 + c];
        found[(y * to.width + x) * 4 + c] = clipped(sum);
      }
    }
  });
  return found;
}

/** The same pixels with transparency laid on white. */
function opaque(data) {
  const found = new Uint8ClampedArray(data);
  for (let i = 3; i < found.length; i += 4) {
    const share = found[i] / 255;
    if (share < 1) for (let c = i - 3; c < i; c++) found[c] = clipped(found[c] * share + 255 * (1 - share));
    found[i] = 255;
  }
  return found;
}

/** RGBA to Float32Array (3, H, W) in [0, 1], and back, rounded to 8 bits. */
export function toPlanes(rgba) {
  const plane = rgba.length / 4;
  const x = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) x[c * plane + i] = rgba[4 * i + c] / 255;
  return x;
}

export function toPixels(x) {
  const plane = x.length / 3;
  const rgba = new Uint8ClampedArray(4 * plane).fill(255);
  for (let i = 0; i < plane; i++) for (let c = 0; c < 3; c++) rgba[4 * i + c] = Math.round(x[c * plane + i] * 255);
  return rgba;
}
