/* How alike two images are to look at: structural similarity (Wang et al. 2004) with scikit-image's defaults, a window
   of 7 pixels, its sample covariance, the mean over the colours. */

const WINDOW = 7;

/** a, b: Float32Array (3, H, W) in [0, 1]. Returns 1 for equal images; null for those smaller than the window. */
export function similarity(a, b, channels, height, width) {
  if (Math.min(height, width) < WINDOW) return null;
  const plane = height * width;
  let sum = 0;
  for (let c = 0; c < channels; c++) {
    sum += ofPlane(a.subarray(c * plane, (c + 1) * plane), b.subarray(c * plane, (c + 1) * plane), height, width);
  }
  return sum / channels;
}

function ofPlane(a, b, height, width) {
  const n = WINDOW * WINDOW;
  const [means, others, squares, otherSquares, products] = [
    (i) => a[i], (i) => b[i], (i) => a[i] * a[i], (i) => b[i] * b[i], (i) => a[i] * b[i],
  ].map((of) => windowSums(of, height, width).map((sum) => sum / n));
  const [c1, c2, sample] = [0.01 ** 2, 0.03 ** 2, n / (n - 1)];
  let sum = 0;
  for (let i = 0; i < means.length; i++) {
    const [x, y] = [means[i], others[i]];
    const vx = sample * (squares[i] - x * x);
    const vy = sample * (otherSquares[i] - y * y);
    const vxy = sample * (products[i] - x * y);
    sum += ((2 * x * y + c1) * (2 * vxy + c2)) / ((x * x + y * y + c1) * (vx + vy + c2));
  }
  return sum / means.length;
}

/** The sums over all windows that lie within the plane, by way of running sums. */
function windowSums(of, height, width) {
  const wide = width + 1;
  const running = new Float64Array((height + 1) * wide);
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += of(y * width + x);
      running[(y + 1) * wide + x + 1] = running[y * wide + x + 1] + row;
    }
  }
  const found = [];
  for (let y = WINDOW; y <= height; y++) {
    for (let x = WINDOW; x <= width; x++) {
      found.push(running[y * wide + x] - running[(y - WINDOW) * wide + x]
        - running[y * wide + x - WINDOW] + running[(y - WINDOW) * wide + x - WINDOW]);
    }
  }
  return found;
}
