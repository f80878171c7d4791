/* ---- ML-DSA-44 (FIPS 204), verification only ----------------------------------------------------------------------------------------------------- */

const Q = 8380417, MASK = (1n << 64n) - 1n;
const ROUNDS = [], OFFSETS = [], MOVES = [];
for (let x = 1, y = 0, t = 0, lfsr = 1; t < 24; t++) { // FIPS 202, 3.2: the constants by their rules
  OFFSETS.push(BigInt((t + 1) * (t + 2) / 2 % 64));
  MOVES.push(y + 5 * ((2 * x + 3 * y) % 5));
  [x, y] = [y, (2 * x + 3 * y) % 5];
  let constant = 0n;
  for (let j = 0; j < 7; j++) {
    if (lfsr & 1) constant |= 1n << BigInt((1 << j) - 1);
    lfsr = lfsr << 1 ^ (lfsr >> 7) * 0x171;
  }
  ROUNDS.push(constant);
}
const turn = (lane, by) => (lane << by | lane >> (64n - by)) & MASK;
function keccak(a) {
  for (const constant of ROUNDS) {
    const c = [0, 1, 2, 3, 4].map((x) => a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]);
    for (let i = 0; i < 25; i++) a[i] ^= c[(i + 4) % 5] ^ turn(c[(i + 1) % 5], 1n);
    let lane = a[1];
    for (let t = 0; t < 24; t++) { const to = MOVES[t]; [a[to], lane] = [turn(lane, OFFSETS[t]), a[to]]; }
    for (let y = 0; y < 25; y += 5) {
      const row = a.slice(y, y + 5);
      for (let x = 0; x < 5; x++) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & MASK & row[(x + 2) % 5]);
    }
    a[0] ^= constant;
  }
}
// An endless stream of bytes: SHAKE with a rate of 168 (128) or 136 (256) bytes.
function* shake(rate, ...parts) {
  const message = join(...parts), padded = new Uint8Array(Math.ceil((message.length + 1) / rate) * rate), state = Array(25).fill(0n);
  padded.set(message);
  padded[message.length] = 0x1f;
  padded[padded.length - 1] |= 0x80;
  const view = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += rate) {
    for (let i = 0; i < rate / 8; i++) state[i] ^= view.getBigUint64(at + 8 * i, true);
    keccak(state);
  }
  for (;; keccak(state)) for (let i = 0; i < rate; i++) yield Number(state[i >> 3] >> BigInt(8 * (i & 7)) & 255n);
}
const take = (stream, size) => Uint8Array.from({ length: size }, () => stream.next().value);

const reversed = (n) => { let r = 0; for (let i = 0; i < 8; i++) r = r << 1 | n >> i & 1; return r; };
const power = (exponent) => { let r = 1; for (let b = 1753; exponent; exponent >>= 1) { if (exponent & 1) r = r * b % Q; b = b * b % Q; } return r; };
const ZETAS = Array.from({ length: 256 }, (_, i) => power(reversed(i)));
function ntt(w) { // algorithm 41
  for (let length = 128, m = 0; length; length >>= 1) for (let start = 0; start < 256; start += 2 * length) {
    const zeta = ZETAS[++m];
    for (let j = start; j < start + length; j++) {
      const t = zeta * w[j + length] % Q;
      w[j + length] = (w[j] + Q - t) % Q;
      w[j] = (w[j] + t) % Q;
    }
  }
  return w;
}
function inverse(w) { // algorithm 42
  for (let length = 1, m = 256; length < 256; length <<= 1) for (let start = 0; start < 256; start += 2 * length) {
    const zeta = Q - ZETAS[--m];
    for (let j = start; j < start + length; j++) {
      const t = w[j];
      w[j] = (t + w[j + length]) % Q;
      w[j + length] = zeta * ((t + Q - w[j + length]) % Q) % Q;
    }
  }
  return w.map((one) => one * 8347681 % Q);
}
const unpack = (bytes, bits) => Array.from({ length: bytes.length * 8 / bits }, (_, i) => {
  let value = 0;
  for (let b = 0; b < bits; b++) value |= (bytes[(i * bits + b) >> 3] >> ((i * bits + b) & 7) & 1) << b;
  return value;
});
function uniform(rho, s, r) { // algorithm 30
  const stream = shake(168, rho, Uint8Array.of(s, r)), found = [];
  while (found.length < 256) { const [a, b, c] = take(stream, 3), value = a | b << 8 | (c & 127) << 16; if (value < Q) found.push(value); }
  return found;
}
function ball(seed) { // algorithm 29
  const stream = shake(136, seed), signs = take(stream, 8), c = Array(256).fill(0);
  for (let i = 217; i < 256; i++) {
    let j;
    do j = stream.next().value; while (j > i);
    c[i] = c[j];
    c[j] = signs[(i - 217) >> 3] >> ((i - 217) & 7) & 1 ? Q - 1 : 1;
  }
  return c;
}
function hints(bytes) { // algorithm 21
  const rows = [];
  for (let row = 0, at = 0; row < 4; row++) {
    const end = bytes[80 + row], places = new Set();
    if (end < at || end > 80) return null;
    for (let first = at; at < end; at++) { if (at > first && bytes[at - 1] >= bytes[at]) return null; places.add(bytes[at]); }
    rows.push(places);
  }
  return bytes.slice(bytes[83], 80).some((byte) => byte) ? null : rows;
}
function mlDsa44(key, message, signature) { // algorithm 8, with an empty context
  const seed = signature.slice(0, 32), z = [], rho = key.slice(0, 32), h = hints(signature.slice(2336)), step = 190464;
  for (let i = 0; i < 4; i++) z.push(unpack(signature.slice(32 + 576 * i, 608 + 576 * i), 18).map((one) => 131072 - one));
  if (!h || z.flat().some((one) => Math.abs(one) >= 130994)) return false;
  const turned = z.map((one) => ntt(one.map((value) => (value + Q) % Q))), c = ntt(ball(seed)), high = [];
  for (let r = 0; r < 4; r++) {
    const t = ntt(unpack(key.slice(32 + 320 * r, 352 + 320 * r), 10).map((one) => one * 8192)), sum = t.map((one, i) => Q - one * c[i] % Q);
    for (let s = 0; s < 4; s++) { const a = uniform(rho, s, r); for (let i = 0; i < 256; i++) sum[i] = (sum[i] + a[i] * turned[s][i]) % Q; }
    inverse(sum).forEach((one, i) => { // algorithms 36 and 40
      let low = one % step;
      if (low > step / 2) low -= step;
      let top = (one - low) / step;
      if (one - low === Q - 1) { top = 0; low--; }
      high.push(h[r].has(i) ? (top + (low > 0 ? 1 : 43)) % 44 : top);
    });
  }
  const packed = new Uint8Array(768);
  high.forEach((value, i) => { for (let b = 0; b < 6; b++) packed[(6 * i + b) >> 3] |= (value >> b & 1) << ((6 * i + b) & 7); });
  const mu = take(shake(136, take(shake(136, key), 64), Uint8Array.of(0, 0), message), 64);
  return equal(take(shake(136, mu, packed), 32), seed);
}
