// SHA-256, SHA-512 (FIPS 180-4) and CRC-32, piece by piece in constant memory: browsers' own digests take a whole file at once.
// 64-bit words are two 32-bit halves. The constants are computed from their definition, not typed in.

const low = (value) => Number(BigInt.asIntN(32, value)), high = (value) => Number(BigInt.asIntN(32, value >> 32n));
const root = (value, degree) => { // the whole part of the root, by Newton's method from above
  let guess = 1n << BigInt(Math.ceil(value.toString(2).length / Number(degree)));
  for (;;) {
    const next = ((degree - 1n) * guess + value / guess ** (degree - 1n)) / degree;
    if (next >= guess) return guess;
    guess = next;
  }
};
const primes = [];
for (let n = 2; primes.length < 80; n++) if (primes.every((prime) => n % prime)) primes.push(n);
const SQUARE = primes.slice(0, 8).map((prime) => root(BigInt(prime) << 128n, 2n)); // 64 bits after the point of square roots
const CUBE = primes.map((prime) => root(BigInt(prime) << 192n, 3n)); // and of cube roots
const KH = Int32Array.from(CUBE, high), KL = Int32Array.from(CUBE, low);
const HH = SQUARE.map(high), HL = SQUARE.map(low);

class Sha2 {
  constructor(block, lengthBytes) {
    this.block = new Uint8Array(block);
    this.view = new DataView(this.block.buffer);
    this.filled = 0;
    this.size = 0;
    this.lengthBytes = lengthBytes;
  }

  update(bytes) {
    this.size += bytes.length;
    const width = this.block.length;
    let at = 0;
    if (this.filled) {
      const taken = Math.min(width - this.filled, bytes.length);
      this.block.set(bytes.subarray(0, taken), this.filled);
      this.filled += taken;
      at = taken;
      if (this.filled < width) return this;
      this.compress(this.view, 0);
      this.filled = 0;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (; at + width <= bytes.length; at += width) this.compress(view, at);
    this.block.set(bytes.subarray(at));
    this.filled = bytes.length - at;
    return this;
  }

  pad() {
    const bits = this.size * 8, width = this.block.length;
    const tail = new Uint8Array((this.filled + 1 + this.lengthBytes > width ? 2 : 1) * width - this.filled);
    tail[0] = 0x80;
    const view = new DataView(tail.buffer);
    view.setUint32(tail.length - 8, Math.floor(bits / 0x100000000));
    view.setUint32(tail.length - 4, bits >>> 0);
    this.update(tail);
  }
}

export class Sha256 extends Sha2 {
  constructor() {
    super(64, 8);
    this.state = Int32Array.from(HH);
    this.w = new Int32Array(64);
  }

  compress(view, at) {
    const w = this.w, state = this.state;
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
      const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[i] = w[i - 16] + s0 + w[i - 7] + s1 | 0;
    }
    let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const t1 = h + s1 + (e & f ^ ~e & g) + KH[i] + w[i] | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
      h = g; g = f; f = e; e = d + t1 | 0; d = c; c = b; b = a; a = t1 + t2 | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }

  digest() {
    this.pad();
    return words(this.state);
  }
}

export class Sha512 extends Sha2 {
  constructor() {
    super(128, 16);
    this.high = Int32Array.from(HH);
    this.low = Int32Array.from(HL);
    this.wh = new Int32Array(80);
    this.wl = new Int32Array(80);
  }

  compress(view, at) {
    const wh = this.wh, wl = this.wl;
    for (let i = 0; i < 16; i++) { wh[i] = view.getInt32(at + 8 * i); wl[i] = view.getInt32(at + 8 * i + 4); }
    for (let i = 16; i < 80; i++) {
      const xh = wh[i - 15], xl = wl[i - 15], yh = wh[i - 2], yl = wl[i - 2];
      const s0h = (xh >>> 1 | xl << 31) ^ (xh >>> 8 | xl << 24) ^ xh >>> 7;
      const s0l = (xl >>> 1 | xh << 31) ^ (xl >>> 8 | xh << 24) ^ (xl >>> 7 | xh << 25);
      const s1h = (yh >>> 19 | yl << 13) ^ (yl >>> 29 | yh << 3) ^ yh >>> 6;
      const s1l = (yl >>> 19 | yh << 13) ^ (yh >>> 29 | yl << 3) ^ (yl >>> 6 | yh << 26);
      const sum = (wl[i - 16] >>> 0) + (s0l >>> 0) + (wl[i - 7] >>> 0) + (s1l >>> 0);
      wl[i] = sum;
      wh[i] = wh[i - 16] + s0h + wh[i - 7] + s1h + (sum / 0x100000000 | 0);
    }
    const high = this.high, low = this.low;
    let ah = high[0], bh = high[1], ch = high[2], dh = high[3], eh = high[4], fh = high[5], gh = high[6], hh = high[7];
    let al = low[0], bl = low[1], cl = low[2], dl = low[3], el = low[4], fl = low[5], gl = low[6], hl = low[7];
    for (let i = 0; i < 80; i++) {
      const s1h = (eh >>> 14 | el << 18) ^ (eh >>> 18 | el << 14) ^ (el >>> 9 | eh << 23);
      const s1l = (el >>> 14 | eh << 18) ^ (el >>> 18 | eh << 14) ^ (eh >>> 9 | el << 23);
      const one = (hl >>> 0) + (s1l >>> 0) + ((el & fl ^ ~el & gl) >>> 0) + (KL[i] >>> 0) + (wl[i] >>> 0);
      const t1h = hh + s1h + (eh & fh ^ ~eh & gh) + KH[i] + wh[i] + (one / 0x100000000 | 0) | 0, t1l = one | 0;
      const s0h = (ah >>> 28 | al << 4) ^ (al >>> 2 | ah << 30) ^ (al >>> 7 | ah << 25);
      const s0l = (al >>> 28 | ah << 4) ^ (ah >>> 2 | al << 30) ^ (ah >>> 7 | al << 25);
      const two = (s0l >>> 0) + ((al & bl ^ al & cl ^ bl & cl) >>> 0);
      const t2h = s0h + (ah & bh ^ ah & ch ^ bh & ch) + (two / 0x100000000 | 0) | 0, t2l = two | 0;
      hh = gh; hl = gl; gh = fh; gl = fl; fh = eh; fl = el;
      const e = (dl >>> 0) + (t1l >>> 0);
      eh = dh + t1h + (e / 0x100000000 | 0) | 0; el = e | 0;
      dh = ch; dl = cl; ch = bh; cl = bl; bh = ah; bl = al;
      const a = (t1l >>> 0) + (t2l >>> 0);
      ah = t1h + t2h + (a / 0x100000000 | 0) | 0; al = a | 0;
    }
    this.add(0, ah, al); this.add(1, bh, bl); this.add(2, ch, cl); this.add(3, dh, dl);
    this.add(4, eh, el); this.add(5, fh, fl); this.add(6, gh, gl); this.add(7, hh, hl);
  }

  add(i, high, low) {
    const sum = (this.low[i] >>> 0) + (low >>> 0);
    this.low[i] = sum;
    this.high[i] += high + (sum / 0x100000000 | 0);
  }

  digest() {
    this.pad();
    return words(Int32Array.from({ length: 16 }, (_, i) => (i % 2 ? this.low : this.high)[i >> 1]));
  }
}

const words = (state) => {
  const view = new DataView(new ArrayBuffer(4 * state.length));
  state.forEach((word, i) => view.setInt32(4 * i, word));
  return new Uint8Array(view.buffer);
};

const CRC = Int32Array.from({ length: 256 }, (_, n) => { for (let i = 0; i < 8; i++) n = n & 1 ? n >>> 1 ^ 0xEDB88320 : n >>> 1; return n; });

export class Crc32 {
  constructor() { this.crc = -1; }

  update(bytes) {
    let crc = this.crc;
    for (let i = 0; i < bytes.length; i++) crc = crc >>> 8 ^ CRC[(crc ^ bytes[i]) & 255];
    this.crc = crc;
    return this;
  }

  digest() { return ~this.crc >>> 0; }
}
