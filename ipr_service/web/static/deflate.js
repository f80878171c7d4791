// Deflate (RFC 1951) with the very bytes of evidence/deflate.py, so that a bundle made here and one made by the service are the same.
// tests/web/test_hash_only.py compares them. Small instead of fast: for the few kilobytes around the files.
const WINDOW = 32768, LONGEST = 258, SHORTEST = 3, TRIES = 48, END = 256;
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const ranges = (first, extra) => extra.map((bits) => { const row = [first, bits]; first += 1 << bits; return row; });
const times = (bits, count) => Array(count).fill(bits);
const LENGTHS = [...ranges(3, [...times(0, 8), ...times(1, 4), ...times(2, 4), ...times(3, 4), ...times(4, 4), ...times(5, 4)]), [258, 0]];
const DISTANCES = ranges(1, [0, 0, ...Array.from({ length: 28 }, (_, i) => i >> 1)]);
const codeOf = (value, rows) => { let code = rows.length - 1; while (rows[code][0] > value) code--; return code; };

function* matches(data) {
  const newest = new Map(), before = new Int32Array(data.length).fill(-1);
  const key = (at) => data[at] << 16 | data[at + 1] << 8 | data[at + 2], last = (at) => newest.get(key(at)) ?? -1;
  let known = 0;
  const learn = (end) => {
    for (let at = known; at < Math.min(end, data.length - 2); at++) { before[at] = last(at); newest.set(key(at), at); }
    known = Math.max(known, end);
  };
  const longest = (at) => {
    learn(at);
    const limit = Math.min(LONGEST, data.length - at);
    let best = SHORTEST - 1, distance = 0;
    for (let tries = TRIES, other = limit >= SHORTEST ? last(at) : -1; other >= 0 && at - other <= WINDOW && tries && best < limit; other = before[other], tries--) {
      let size = 0;
      while (size < limit && data[other + size] === data[at + size]) size++;
      if (size > best) { best = size; distance = at - other; }
    }
    return [best, distance];
  };
  for (let at = 0; at < data.length;) {
    const [size, distance] = longest(at);
    if (distance && !(size < LONGEST && longest(at + 1)[0] > size)) { yield [size, distance]; at += size; } else yield [data[at++], 0];
  }
}

// Lengths of an optimal prefix code of at most `limit` bits, by package-merge; equal weights keep their order.
function sizesOf(counts, limit) {
  const byWeight = (a, b) => a[0] - b[0], single = counts.map((count, symbol) => [count, [symbol]]).filter(([count]) => count).sort(byWeight);
  const sizes = Array(counts.length).fill(0);
  if (single.length === 1) { sizes[single[0][1][0]] = 1; return sizes; }
  let merged = single;
  for (let round = 1; round < limit; round++) {
    const pairs = [];
    for (let i = 0; i + 1 < merged.length; i += 2) pairs.push([merged[i][0] + merged[i + 1][0], [...merged[i][1], ...merged[i + 1][1]]]);
    merged = [...single, ...pairs].sort(byWeight);
  }
  for (const [, symbols] of merged.slice(0, 2 * single.length - 2)) for (const symbol of symbols) sizes[symbol]++;
  return sizes;
}

function codesOf(sizes) {
  const codes = sizes.map(() => [0, 0]);
  for (let size = 1, code = 0; size < 16; size++, code <<= 1) sizes.forEach((own, symbol) => { if (own === size) codes[symbol] = [code++, size]; });
  return codes;
}

function* runsOf(sizes) {
  for (let at = 0; at < sizes.length;) {
    const size = sizes[at];
    let run = 1;
    while (at + run < sizes.length && sizes[at + run] === size) run++;
    if (size === 0 && run >= 3) {
      run = Math.min(run, 138);
      yield run <= 10 ? [17, run - 3, 3] : [18, run - 11, 7];
    } else if (size && run >= 4) {
      run = Math.min(run, 7);
      yield [size, 0, 0];
      yield [16, run - 4, 2];
    } else {
      run = 1;
      yield [size, 0, 0];
    }
    at += run;
  }
}

const shown = (sizes) => sizes.reduce((last, size, place) => (size ? place + 1 : last), 0);

export function deflate(data) {
  const found = Array.from(matches(data)), literals = Array(286).fill(0), distances = Array(30).fill(0), whole = [];
  let held = 0, count = 0;
  const put = (value, size) => { for (let i = 0; i < size; i++) { held |= (value >> i & 1) << count; if (++count === 8) { whole.push(held); held = count = 0; } } };
  const code = ([value, size]) => { for (let i = size - 1; i >= 0; i--) put(value >> i & 1, 1); };
  literals[END] = 1;
  for (const [length, distance] of found) {
    literals[distance ? 257 + codeOf(length, LENGTHS) : length]++;
    if (distance) distances[codeOf(distance, DISTANCES)]++;
  }
  if (!shown(distances)) distances[0] = 1;
  const sizes = sizesOf(literals, 15), places = sizesOf(distances, 15);
  put(5, 3); // the last block, with codes of its own
  const counts = [Math.max(257, shown(sizes)), shown(places)], runs = Array.from(runsOf([...sizes.slice(0, counts[0]), ...places.slice(0, counts[1])]));
  const frequency = Array(19).fill(0);
  for (const [symbol] of runs) frequency[symbol]++;
  const own = sizesOf(frequency, 7), most = Math.max(4, shown(ORDER.map((symbol) => own[symbol]))), lengths = codesOf(own);
  put(counts[0] - 257, 5);
  put(counts[1] - 1, 5);
  put(most - 4, 4);
  for (const symbol of ORDER.slice(0, most)) put(own[symbol], 3);
  for (const [symbol, value, size] of runs) { code(lengths[symbol]); put(value, size); }
  const symbols = codesOf(sizes), steps = codesOf(places);
  for (const [length, distance] of found) {
    if (!distance) { code(symbols[length]); continue; }
    const one = codeOf(length, LENGTHS), two = codeOf(distance, DISTANCES);
    code(symbols[257 + one]);
    put(length - LENGTHS[one][0], LENGTHS[one][1]);
    code(steps[two]);
    put(distance - DISTANCES[two][0], DISTANCES[two][1]);
  }
  code(symbols[END]);
  if (count) whole.push(held);
  return Uint8Array.from(whole);
}
