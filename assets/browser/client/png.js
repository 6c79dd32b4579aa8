/* A PNG file of exact pixels. A canvas would do, but some browsers add noise to what is read from one, against
   fingerprints, and that noise is of the size of the attack. */

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = table[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

function chunk(name, data) {
  const found = new Uint8Array(12 + data.length);
  const view = new DataView(found.buffer);
  view.setUint32(0, data.length);
  found.set(new TextEncoder().encode(name), 4);
  found.set(data, 8);
  view.setUint32(8 + data.length, crc(found.subarray(4, 8 + data.length)));
  return found;
}

/** image: ImageData, opaque. Returns a Blob. */
export async function pngOf({ data, width, height }) {
  const rows = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0, at = 0, from = 0; y < height; y++) {
    at += 1; // the row's filter: none
    for (let x = 0; x < width; x++, from += 4, at += 3) {
      rows[at] = data[from];
      rows[at + 1] = data[from + 1];
      rows[at + 2] = data[from + 2];
    }
  }
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([8, 2, 0, 0, 0], 8);
  const stream = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  const signature = new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]);
  const parts = [signature, chunk("IHDR", header), chunk("IDAT", packed), chunk("IEND", new Uint8Array())];
  return new Blob(parts, { type: "image/png" });
}
