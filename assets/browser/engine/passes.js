/* What an attack asks of a network, counted, with a rest after each pass in which the worker hears of a stop. */

export class Stopped extends Error {
  constructor() {
    super("The attack was stopped.");
    this.name = "AbortError";
  }
}

const waiting = [];
const channel = typeof MessageChannel === "undefined" ? null : new MessageChannel();
if (channel) channel.port1.onmessage = () => waiting.shift()();

/** Lets whatever waits, such as a message to stop, come first. (setTimeout would wait 4 ms each time.) */
function rest() {
  if (!channel) return new Promise((go) => setTimeout(go));
  return new Promise((go) => {
    waiting.push(go);
    channel.port2.postMessage(null);
  });
}

export class Passes {
  /** network: has pass(x, weights), see network.js. signal: its `stopped` ends the work at the next pass. */
  constructor(network, signal = {}) {
    Object.assign(this, { network, signal, forward: 0, backward: 0 });
    this.none = new Float32Array(network.classes.length);
  }

  /** The logits of an image. */
  async logits(x) {
    return (await this.#pass(x, this.none)).logits;
  }

  /** The gradient of (logits * weights).sum() in the image, 0 in place of what is no number. */
  async gradient(x, weights) {
    this.backward += 1;
    const { gradient } = await this.#pass(x, weights);
    for (let i = 0; i < gradient.length; i++) if (!Number.isFinite(gradient[i])) gradient[i] = 0;
    return gradient;
  }

  async #pass(x, weights) {
    if (this.signal.stopped) throw new Stopped();
    this.forward += 1;
    const found = await this.network.pass(x, weights);
    if (!found.logits.every(Number.isFinite)) {
      throw new Error("The network answers this image with numbers that are not finite, so it cannot be attacked.");
    }
    await rest();
    if (this.signal.stopped) throw new Stopped();
    return found;
  }
}
