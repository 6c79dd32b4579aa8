/* A network and its input gradient, from a file that `malt export-onnx` wrote, on ONNX Runtime's WebAssembly. */

const ERROR = "This file is no network that malt export-onnx wrote, or it is damaged: make it, or load it, again.";

/** Opens a file. ort: onnxruntime-web. bytes: Uint8Array. Throws an Error for people for any other file. */
export async function openNetwork(ort, bytes) {
  const facts = factsOf(bytes);
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 4 });
  } catch (error) {
    throw new Error(`${ERROR} (${String(error.message ?? error).slice(0, 120)})`);
  }
  return new Network(ort, session, facts);
}

class Network {
  constructor(ort, session, facts) {
    Object.assign(this, { ort, session, facts, classes: facts.classes });
    [this.channels, this.height, this.width] = facts.shape;
  }

  /** x: Float32Array (C, H, W) in [0, 1]; weights: (K,). Returns logits, and the gradient, 0 where weights are. */
  async pass(x, weights) {
    const { Tensor } = this.ort;
    const feeds = {
      image: new Tensor("float32", x, [1, this.channels, this.height, this.width]),
      weights: new Tensor("float32", weights, [1, weights.length]),
    };
    const { logits, gradient } = await this.session.run(feeds);
    return { logits: logits.data, gradient: gradient.data };
  }

  /** Frees what it holds of WebAssembly's memory, which other networks use then. */
  close() {
    return this.session.release();
  }
}

/** What stands in a file's metadata under "malt": a walk through protobuf's outermost fields. */
export function factsOf(bytes) {
  try {
    for (const [field, value] of fieldsOf(bytes)) {
      if (field !== 14) continue; // ModelProto.metadata_props
      const entry = new Map(fieldsOf(value));
      const text = (part) => new TextDecoder().decode(entry.get(part));
      if (text(1) === "malt") {
        const facts = JSON.parse(text(2));
        if (Array.isArray(facts.classes) && facts.shape.length === 3) return facts;
      }
    }
  } catch {
    // told below
  }
  throw new Error(ERROR);
}

function* fieldsOf(bytes) {
  let at = 0;
  const number = () => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the file ends too early");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    const kind = tag % 8;
    if (kind === 0) number();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = number();
      if (at + length > bytes.length) throw new RangeError("the file ends too early");
      yield [Math.floor(tag / 8), bytes.subarray(at, at + length)];
      at += length;
    } else throw new RangeError("no protobuf");
  }
}
