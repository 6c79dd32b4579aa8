// Runs the browser's engine under node on a network given as numbers. Reads a JSON of questions from standard input.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));
const asked = JSON.parse(readFileSync(0, "utf-8"));
const [{ attack }, { measured }, { Passes }, { eightBit, randomStart }, { similarity }, { centred }, words, { Random }] =
  await Promise.all(["engine/attack.js", "engine/linearity.js", "engine/passes.js", "engine/ball.js", "engine/likeness.js",
    "engine/resize.js", "client/words.js", "engine/random.js"].map(load));

/* logits = B tanh(A x + a) + b */
class Network {
  constructor({ A, a, B, b }) {
    Object.assign(this, { A, a, B, b, classes: b.map(String) });
  }

  async pass(x, weights) {
    const hidden = this.A.map((row, i) => Math.tanh(row.reduce((sum, w, j) => sum + w * x[j], this.a[i])));
    const logits = Float32Array.from(this.B, (row, k) => row.reduce((sum, w, i) => sum + w * hidden[i], this.b[k]));
    const gradient = new Float32Array(x.length);
    if (weights.some(Boolean)) {
      hidden.forEach((h, i) => {
        const back = (1 - h * h) * this.B.reduce((sum, row, k) => sum + row[i] * weights[k], 0);
        this.A[i].forEach((w, j) => { gradient[j] += back * w; });
      });
    }
    return { logits, gradient };
  }
}

const answers = {};
if (asked.attack) {
  const { network, image, settings, starts } = asked.attack;
  const [asks, x0] = [new Passes(new Network(network)), Float32Array.from(image)];
  const z = await asks.logits(x0);
  if (starts) settings.starts = new Map(Object.entries(starts).map(([k, v]) => [Number(k), Float32Array.from(v)]));
  const points = [];
  const found = await attack(asks, x0, z, settings, (event) => {
    if (event.kind === "step") points.push({ ...event, x: [...event.x] });
  });
  const target = found.success ? found.answer : found.target.index;
  const y = z.indexOf(Math.max(...z));
  const way = await measured(asks, x0, z, found.x, y, target, found.slopes, () => {});
  const { x, slopes, ...rest } = found;
  answers.attack = { ...rest, x: [...x], points, way: { ...way, probabilities: null } };
}
if (asked.rounded) {
  const { x, x0, norm, eps } = asked.rounded;
  answers.rounded = [...eightBit(Float32Array.from(x), Float32Array.from(x0), norm, eps)];
}
if (asked.alike) {
  const { a, b, height, width } = asked.alike;
  answers.alike = similarity(Float32Array.from(a), Float32Array.from(b), 3, height, width);
}
if (asked.resized) {
  const { data, width, height, to } = asked.resized;
  answers.resized = [...centred({ data: Uint8ClampedArray.from(data), width, height }, to)];
}
if (asked.start) {
  const { x0, norm, eps, seeds } = asked.start;
  answers.start = seeds.map((seed) => [...randomStart(Float32Array.from(x0), norm, eps, new Random(seed))]);
}
if (asked.records) {
  answers.words = asked.records.map(({ record, truth }) => ({
    headline: words.headline(record, truth), told: words.told(record, truth), visibility: words.visibility(record),
    near: words.near(record), next: words.nextEps(record), straightness: words.straightness(record.linearity),
    measured: words.measured(record.linearity), crossings: words.crossings(record),
  }));
}
const text = JSON.stringify(answers, (_, value) => (value === Infinity ? "inf" : value));
process.stdout.write(text, () => process.exit()); // the engine's own channel would keep node waiting
