/* Random numbers that depend on what is attacked alone: xoshiro128** (Blackman and Vigna 2018), seeded by a text. */

/** FNV-1a, then a scrambler, so that texts that differ in one sign give unlike seeds. */
function hashed(text, salt) {
  let hash = 0x811c9dc5 ^ salt;
  for (const sign of text) hash = Math.imul(hash ^ sign.codePointAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const turned = (value, by) => ((value << by) | (value >>> (32 - by))) >>> 0;

export class Random {
  /** seed: any text, such as "0/17". */
  constructor(seed) {
    this.state = [1, 2, 3, 4].map((salt) => hashed(seed, salt));
  }

  /** A whole number below 2 ** 32. */
  next() {
    const s = this.state;
    const found = Math.imul(turned(Math.imul(s[1], 5) >>> 0, 7), 9) >>> 0;
    const shifted = (s[1] << 9) >>> 0;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = turned(s[3] >>> 0, 11);
    return found;
  }

  /** From 0 to below 1, in steps of 2 ** -24, as float32 holds them. */
  uniform() {
    return (this.next() >>> 8) / 0x1000000;
  }

  /** Normally distributed, by Box and Muller. */
  normal() {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }
}
