/* Files of the site: carried inside the page, or fetched from beside it, with their megabytes told, and checked. */

const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** What this browser lacks, in a sentence for people; "" where it has all. */
export function lacking() {
  const { WebAssembly: wasm, DecompressionStream: unpack, Worker: worker } = globalThis;
  if (wasm === undefined || !wasm.validate(SIMD)) {
    return "This browser cannot compute here: it has no WebAssembly with SIMD. A browser of 2023 or later has it.";
  }
  if (unpack === undefined || worker === undefined) {
    return "This browser cannot unpack what the page needs. A browser of 2023 or later can.";
  }
  return "";
}

/**
 * The bytes of a file. file: {name, bytes, sha256}, beside the page or in it; with `keep`, the browser keeps it for
 * later visits. base: where the page lies.
 * told: called with the bytes so far.
 */
export async function bytesOf(file, base, told = () => {}) {
  const inside = globalThis.document?.getElementById(`file:${file.name}`);
  const shelf = file.keep ? await globalThis.caches?.open("malt").catch(() => undefined) : undefined;
  const before = await shelf?.match(`/${file.sha256}`);
  const found = inside ? unpacked64(inside.textContent)
    : before ? new Uint8Array(await before.arrayBuffer()) : await fetched(file, base, told);
  const digest = await digestOf(found);
  if (before && digest !== file.sha256) {
    await shelf.delete(`/${file.sha256}`);
    return bytesOf(file, base, told);
  }
  if (found.length !== file.bytes) throw damaged(file, `it has ${found.length} bytes, not ${file.bytes}`);
  if (digest && digest !== file.sha256) throw damaged(file, "its digest is another");
  told(found.length);
  if (shelf && !before) await shelf.put(`/${file.sha256}`, new Response(found)).catch(() => undefined); // full: no matter
  return found;
}

async function fetched(file, base, told) {
  let reply;
  try {
    reply = await fetch(new URL(file.name, base));
  } catch {
    throw new Error(`${file.name} could not be loaded: there is no connection, or the page was opened from the disk. `
      + "Try again, or use the single file.");
  }
  if (!reply.ok) throw new Error(`${file.name} could not be loaded: the server says ${reply.status}.`);
  const parts = [];
  let length = 0;
  for (const reader = reply.body.getReader(); ;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Error(`${file.name} could not be loaded: the connection broke after ${length} bytes. Try again.`);
    });
    if (done) break;
    parts.push(value);
    told((length += value.length));
  }
  const found = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    found.set(part, at);
    at += part.length;
  }
  return found;
}

function damaged(file, why) {
  return new Error(`${file.name} is damaged, or not the file that belongs to this page: ${why}. Put it there again.`);
}

export function unpacked64(text) {
  return Uint8Array.from(atob(text.trim()), (sign) => sign.charCodeAt(0));
}

/** SHA-256 in hex digits; "" where the browser has none, as on pages without https. */
export async function digestOf(bytes) {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return "";
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Undoes gzip, with the browser's own means. */
export async function gunzipped(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
