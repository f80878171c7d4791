// The checks of a proof bundle in a browser: the same names and outcomes as evidence/verification.py, with no library and no network.
// docs/standard says what is checked; docs/verifier.py puts this file into verify.html, and the public page loads it as it is.
"use strict";
const N_ = (text) => text; // marks a sentence of the catalogues

/* ---- bytes ---------------------------------------------------------------------------------------------------------------------------- */

const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const bytesOf = (part) => (typeof part === "string" ? new TextEncoder().encode(part) : part);
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const join = (...parts) => {
  const all = parts.map(bytesOf), whole = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  all.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};
const number = (bytes) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const digest = async (name, ...parts) => new Uint8Array(await crypto.subtle.digest(name, join(...parts)));
const sha256 = (...parts) => digest("SHA-256", ...parts);

class Failed extends Error { constructor(msgid, values = {}) { super(msgid); this.values = values; } }
const must = (condition, msgid, values) => { if (!condition) throw new Failed(msgid, values); };
const UNREADABLE = N_("it cannot be read"), ENCODED = N_("a hash or key in it is not written in its one way");
const fromHex = (digits, size) => {
  must(typeof digits === "string" && digits.length === 2 * size && !/[^0-9a-f]/.test(digits), ENCODED);
  return Uint8Array.from(digits.match(/../g) || [], (pair) => parseInt(pair, 16));
};
const fromBase64 = (letters, size) => {
  must(typeof letters === "string" && /^[A-Za-z0-9+/]*={0,2}$/.test(letters) && letters.length % 4 === 0, ENCODED);
  const bytes = Uint8Array.from(atob(letters), (c) => c.charCodeAt(0));
  must(base64(bytes) === letters && (size === undefined || bytes.length === size), ENCODED);
  return bytes;
};

// RFC 8785, narrowed: objects, arrays, strings in NFC, whole numbers, true, false, null; at most 32 levels
const jcs = (value, depth = 0) => {
  must(depth < 33, UNREADABLE);
  if (Array.isArray(value)) return `[${value.map((one) => jcs(one, depth + 1))}]`;
  if (value && typeof value === "object") return `{${Object.keys(value).sort().map((key) => `${jcs(key)}:${jcs(value[key], depth + 1)}`)}}`;
  must(typeof value !== "number" || Number.isSafeInteger(value), UNREADABLE);
  must(typeof value !== "string" || (value === value.normalize("NFC") && !/\p{Surrogate}/u.test(value)), UNREADABLE);
  return JSON.stringify(value);
};
const parse = (bytes, keys) => {
  const source = utf8(bytes), value = JSON.parse(source);
  must(jcs(value) === source && Object.keys(value).sort().join() === keys && value.version === 1, N_("it is not in its canonical form"));
  return value;
};

/* ---- the container: stored and deflated members, one after the other, no bytes between ---------------------------------------------------- */

const MEMBERS = ["mimetype", "files/(?!0000)\\d{4}(\\.[A-Za-z0-9]{1,8})?", "manifest\\.json", "openings\\.json", "salt", "entry", "proof\\.tlog-proof",
  "checkpoint\\.body", "tsa/STAMP", "policy", "renewals/([1-9]\\d?\\.sha512|STAMP)", "certificate\\.pdf", "verify\\.sh", "verify\\.html", "README\\.txt",
  "META-INF/ASiCManifest\\.xml", "META-INF/timestamp\\.tst"].map((name) => RegExp(`^${name.replace("STAMP", "[1-9]\\d?(\\.tsq|\\.tsr|-chain\\.pem|-[1-9]\\d?\\.(crl|ocsp))")}$`));
const FOREIGN = N_("this is no proof bundle, or another program packed it again"), CHANGED = N_("{name} was changed after the bundle was written");
const CRC = Uint32Array.from({ length: 256 }, (_, n) => { for (let i = 0; i < 8; i++) n = n & 1 ? n >>> 1 ^ 0xEDB88320 : n >>> 1; return n; });
const crc32 = (bytes) => { let crc = -1; for (const byte of bytes) crc = crc >>> 8 ^ CRC[(crc ^ byte) & 255]; return ~crc >>> 0; };
const header = (member, central) => {
  const view = new DataView(new ArrayBuffer(central ? 46 : 30)), at = central ? 6 : 4;
  view.setUint32(0, central ? 0x02014b50 : 0x04034b50, true);
  if (central) view.setUint16(4, 20, true);
  [20, 0, member.method, 0, 0x21].forEach((word, i) => view.setUint16(at + 2 * i, word, true));
  [member.crc, member.held, member.size].forEach((word, i) => view.setUint32(at + 10 + 4 * i, word, true));
  view.setUint16(at + 22, member.name.length, true);
  if (central) view.setUint32(42, member.offset, true);
  return join(new Uint8Array(view.buffer), member.name);
};
const slice = async (blob, start, size) => {
  must(start >= 0 && start + size <= blob.size, FOREIGN);
  return new Uint8Array(await blob.slice(start, start + size).arrayBuffer());
};
const unfold = (held) => new Response(new Blob([held]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
const LIMIT = 1 << 29; // bytes that a page can hash at once

async function openBundle(blob) {
  const end = new DataView((await slice(blob, blob.size - 22, 22)).buffer), half = (at) => end.getUint16(at, true), whole = (at) => end.getUint32(at, true);
  const count = half(10), size = whole(12), offset = whole(16);
  must(offset !== 0xFFFFFFFF, N_("bundles of 4 GB and more are too large for this page; use verify.sh"));
  must(whole(0) === 0x06054b50 && !half(4) && !half(6) && half(8) === count && !half(20) && offset + size + 22 === blob.size && size < 1.5e6, FOREIGN);
  const directory = await slice(blob, offset, size), view = new DataView(directory.buffer), members = new Map(), seen = new Set();
  let at = 0, next = 0, rank = 0, small = 0;
  for (let i = 0; i < count; i++) {
    must(at + 46 <= size, FOREIGN);
    const word = (place) => view.getUint32(at + place, true), length = view.getUint16(at + 28, true);
    const name = String.fromCharCode(...directory.subarray(at + 46, at + 46 + Math.min(length, 65)));
    const member = { name, method: view.getUint16(at + 10, true), crc: word(16), held: word(20), size: word(24), offset: word(42) };
    const own = MEMBERS.findIndex((pattern) => pattern.test(name)), file = own === 1, record = header(member, true), local = header(member, false);
    must(own >= rank && !seen.has(file ? name.slice(0, 10) : name), FOREIGN);
    if (member.method) must(member.method === 8 && own > 1 && member.held < member.size && member.size <= 64 * member.held, FOREIGN);
    else must(member.held === member.size, FOREIGN);
    small += file ? 0 : member.size;
    must(file || (member.size <= 1 << 25 && small <= 1 << 26), FOREIGN);
    must(equal(record, directory.subarray(at, at + record.length)) && member.offset === next, FOREIGN);
    must(equal(local, await slice(blob, next, local.length)), FOREIGN);
    member.start = next + local.length;
    next = member.start + member.held;
    at += record.length;
    rank = own;
    seen.add(file ? name.slice(0, 10) : name);
    members.set(name, member);
  }
  must(at === size && next === offset, FOREIGN);
  MEMBERS.forEach((pattern, i) => must([1, 8, 10].includes(i) || Array.from(members.keys()).some((name) => pattern.test(name)), FOREIGN));
  const contents = new Map(), hashes = new Map();
  const read = async (name) => {
    if (contents.has(name)) return contents.get(name);
    const member = members.get(name);
    must(member, N_("{name} is missing from the bundle"), { name });
    must(member.size <= LIMIT, N_("{name} is too large for this page; use verify.sh"), { name });
    const held = await slice(blob, member.start, member.held), bytes = member.method ? new Uint8Array(await unfold(held).catch(() => new ArrayBuffer())) : held;
    if (!name.startsWith("files/")) contents.set(name, bytes); // damaged content fails here once, and then what it breaks
    must(bytes.length === member.size && crc32(bytes) === member.crc, CHANGED, { name });
    return bytes;
  };
  const hashed = async (name) => {
    if (!hashes.has(name)) {
      const bytes = await read(name);
      hashes.set(name, [await sha256(bytes), await digest("SHA-512", bytes)]);
    }
    return hashes.get(name);
  };
  must(utf8(await read("mimetype")) === "application/vnd.etsi.asic-e+zip", FOREIGN);
  return { names: Array.from(members.keys()), read, hashed };
}

/* ---- keys and signatures of the log (C2SP) --------------------------------------------------------------------------------------------------- */

async function readKey(text) {
  const [name, id, ...rest] = text.split("+"), bytes = fromBase64(rest.join("+")), kind = bytes[0];
  must(name && !/\s/.test(name) && { 1: 33, 4: 33, 6: 1313 }[kind] === bytes.length, ENCODED);
  must(hex((await sha256(name + "\n", bytes)).slice(0, 4)) === id, N_("a key does not have the key id that it names"));
  return { name, id, kind, text, bytes: bytes.slice(1), print: hex(await sha256(text)) };
}

const u64 = (value) => { const view = new DataView(new ArrayBuffer(8)); view.setBigUint64(0, BigInt(value)); return new Uint8Array(view.buffer); };
const short = (text) => { const bytes = bytesOf(text); return join(Uint8Array.of(bytes.length), bytes); };

// The time of a signature that holds (0 for a log's own), or an error.
async function checkSignature(key, body, signature) {
  const failed = N_("the signature of {name} does not hold"), timed = key.kind !== 1, time = timed ? number(signature.slice(0, 8)) : 0;
  must(signature.length === (timed ? 8 : 0) + (key.kind === 6 ? 2420 : 64), failed, key);
  if (key.kind === 6) {
    const [origin, size, root] = body.split("\n");
    const message = join("subtree/v1\n\0", short(key.name), u64(time), short(origin), u64(0), u64(size), fromBase64(root, 32));
    must(mlDsa44(key.bytes, message, signature.slice(8)), failed, key);
  } else {
    const own = await crypto.subtle.importKey("raw", key.bytes, "Ed25519", false, ["verify"]).catch(() => must(false, N_("this browser cannot check Ed25519 signatures; use a newer one, or verify.sh")));
    const message = bytesOf(timed ? `cosignature/v1\ntime ${time}\n${body}` : body);
    must(await crypto.subtle.verify("Ed25519", own, signature.slice(timed ? 8 : 0), message), failed, key);
  }
  return time;
}

// Which of these keys signed the note, each with its time. A known key whose line fails refuses the note; unknown keys are passed over.
async function signers(note, keys) {
  const found = new Map();
  for (const [name, blob] of note.lines) {
    const id = hex(blob.slice(0, 4)), key = keys.find((one) => one.name === name && one.id === id);
    if (key && !found.has(key.text)) found.set(key.text, await checkSignature(key, note.body, blob.slice(4)));
  }
  return found;
}

function readNote(text) {
  const cut = text.lastIndexOf("\n\n"), lines = text.slice(cut + 2).split("\n"), body = text.slice(0, cut + 1);
  must(cut > 0 && lines.pop() === "" && lines.length && lines.length <= 100 && !/[\x00-\x09\x0b-\x1f\x7f-\x9f]/.test(text), UNREADABLE);
  const [origin, size, root, ...rest] = body.split("\n");
  must(origin && /^(0|[1-9]\d{0,15})$/.test(size) && Number.isSafeInteger(+size) && rest.length === 1 && rest[0] === "", UNREADABLE);
  fromBase64(root, 32);
  const read = lines.map((line) => {
    const [dash, name, blob, ...more] = line.split(" ");
    must(dash === "\u2014" && name && blob && !more.length, UNREADABLE);
    const bytes = fromBase64(blob);
    must(bytes.length > 4, UNREADABLE);
    return [name, bytes];
  });
  return { body, origin, size: +size, root: fromBase64(root, 32), lines: read };
}

/* ---- what the reader trusts: docs/standard, "Trust lists" ---------------------------------------------------------------------------------------- */

const REASONS = ["unspecified", "keyCompromise", "cACompromise", "aACompromise", "privilegeWithdrawn", "affiliationChanged", "superseded", "cessationOfOperation"];
const ENDINGS = REASONS.slice(5);

async function readTrust(text, bare = true) {
  const trust = { logs: [], witnesses: [], groups: [], quorum: null, roots: [], revoked: [] }, names = new Set(), form = N_("the list of keys cannot be read");
  const define = (name) => { must(!names.has(name) && name !== "none", form); names.add(name); };
  const pem = [];
  for (const line of text.replace(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g, (_, der) => (pem.push(der.replace(/\s/g, "")), "")).split("\n")) {
    const [word, ...rest] = line.trim().split(/[ \t]+/);
    if (!word || word[0] === "#") continue;
    if (bare && !rest.length) trust.logs.push(await readKey(word));
    else if (word === "log" && rest.length < 3 && rest.length) trust.logs.push(await readKey(rest[0]));
    else if (word === "witness" && rest.length > 1 && rest.length < 4) { define(rest[0]); trust.witnesses.push({ name: rest[0], key: await readKey(rest[1]) }); }
    else if (word === "group" && rest.length > 2) {
      const [name, least, ...members] = rest, count = { any: 1, all: members.length }[least] || (/^[1-9]\d{0,5}$/.test(least) ? +least : 0);
      must(count && count <= members.length && members.every((one) => names.has(one)), form);
      define(name);
      trust.groups.push({ name, count, members });
    } else if (word === "quorum" && rest.length === 1 && trust.quorum === null) {
      must(rest[0] === "none" || names.has(rest[0]), form);
      trust.quorum = rest[0];
    } else {
      must(bare && word === "revoked" && rest.length === 3 && REASONS.includes(rest[1]) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(rest[2]) && Date.parse(rest[2]), form);
      fromHex(rest[0], 32);
      trust.revoked.push({ print: rest[0], reason: rest[1], since: Date.parse(rest[2]), shown: rest[2] });
    }
  }
  const kinds = (keys, allowed) => keys.every((key) => allowed.includes(key.kind)) && new Set(keys.map((key) => String(key.bytes))).size === keys.length;
  must(kinds(trust.logs, [1, 6]) && kinds(trust.witnesses.map((one) => one.key), [4, 6]), form);
  must(trust.quorum !== null || (bare && !trust.witnesses.length && !trust.groups.length), form);
  trust.quorum ??= "none";
  try { trust.roots = pem.map((der) => readCertificate(fromBase64(der))); } catch { must(false, form); }
  return trust;
}

const quorumMet = (trust, cosigned) => {
  const met = new Set(trust.witnesses.filter((one) => cosigned(one.key)).map((one) => one.name));
  for (const group of trust.groups) if (group.members.filter((one) => met.has(one)).length >= group.count) met.add(group.name);
  return trust.quorum === "none" || met.has(trust.quorum);
};

/* ---- the order of the checks --------------------------------------------------------------------------------------------------------------------- */

// wanted: what the reader pasted: a fingerprint, a trust list, or nothing. Returns checks, facts and verdicts; bad data never throws.
async function verify(blob, wanted, compare = []) {
  const report = { checks: [], compared: [], tokens: [], proven: [], names: [], title: "", people: [], files: 0, statements: 0, offered: "" };
  const say = (verdict, name, outcome, msgid, values = {}) => report.checks.push({ verdict, name, outcome, msgid, values });
  const step = async (name, work, verdict = "intact") => {
    try {
      const said = await work();
      if (said) say(verdict, name, "holds", ...[said].flat());
    } catch (error) {
      say(verdict, name, "fails", error instanceof Failed ? error.message : UNREADABLE, error.values);
    }
  };
  const print = /^[0-9a-f]{64}$/.test(wanted) ? wanted : "", trust = await readTrust(print ? "" : wanted);
  let bundle, manifest, openings;
  await step("container.form", async () => { bundle = await openBundle(blob); return [N_("{count} members, in the form of a proof bundle"), { count: bundle.names.length }]; });
  const finish = () => {
    const none = (verdict) => !report.checks.some((check) => check.verdict === verdict && check.outcome === "fails");
    const holds = (name) => report.checks.some((check) => check.name === name && check.outcome === "holds");
    report.intact = none("intact") && holds("signatures");
    report.trusted = none("trusted") && holds("log-key");
    report.timed = none("timed") && report.tokens.some((token) => token.independent);
    return report;
  };
  for (const file of compare) report.compared.push({ name: file.name, position: null, size: file.size });
  if (!bundle) return finish();
  for (const name of bundle.names) try { await bundle.hashed(name); } catch (error) { say("intact", `member.${name}`, "fails", error.values ? error.message : CHANGED, error.values || { name }); }
  await step("manifest", async () => {
    manifest = parse(await bundle.read("manifest.json"), "checkpoint,files,kind,previous,statements,version");
    for (const hash of [...manifest.files, ...manifest.statements, manifest.checkpoint, manifest.previous]) if (hash !== null) fromBase64(hash, 32);
    must(KINDS.includes(manifest.kind), UNREADABLE);
    Object.assign(report, { kind: manifest.kind, files: manifest.files.length, statements: manifest.statements.length });
    return N_("in its canonical form");
  });
  await step("openings", async () => {
    openings = parse(await bundle.read("openings.json"), "files,statements,version");
    for (const one of openings.files) must(Object.keys(one).join() === "salt,sha256,sha512", UNREADABLE);
    for (const one of openings.statements) must(Object.keys(one).join() === "salt,statement" && typeof one.statement.type === "string", UNREADABLE);
    return N_("in their canonical form");
  });
  if (manifest && openings) await checkOpenings(bundle, manifest, openings, report, step, say);
  await step("entry", async () => {
    const salt = await bundle.read("salt");
    must(salt.length === 32, N_("the salt is not 32 bytes"));
    const commitment = await sha256("ipr/commitment/v1\n", salt, await bundle.read("manifest.json"));
    must(equal(await bundle.read("entry"), bytesOf(`ipr/entry/v1 ${base64(commitment)}\n`)), N_("the entry is not the commitment to this salt and manifest"));
    report.commitment = hex(commitment);
    return N_("the entry is the commitment to salt and manifest");
  });
  const signed = await checkLog(bundle, report, step);
  await checkContainer(bundle, step);
  await checkTime(bundle, trust, report, step, say);
  await checkTrust(signed, trust, print, report, step, say);
  for (const [i, file] of Array.from(compare).entries()) if (file.size <= LIMIT && openings) {
    const bytes = new Uint8Array(await file.arrayBuffer()), one = hex(await sha256(bytes)), two = hex(await digest("SHA-512", bytes));
    report.compared[i].position = openings.files.findIndex((opening) => opening.sha256 === one && opening.sha512 === two) + 1 || null;
  }
  return finish();
}
const KINDS = ["idea", "contribution", "disclosure", "split", "agreement", "signature", "transfer", "supersession", "renewal"];

async function checkOpenings(bundle, manifest, openings, report, step, say) {
  const many = N_("not as many openings as commitments"), as = N_("as many openings as commitments");
  await step("files", () => { must(openings.files.length === manifest.files.length, many); return as; });
  for (const name of bundle.names) if (name.startsWith("files/") && +name.slice(6, 10) > openings.files.length) say("intact", `member.${name}`, "fails", N_("{name} was not registered"), { name });
  for (const [i, opening] of openings.files.entries()) {
    const number = i + 1, stem = "files/" + String(number).padStart(4, "0"), name = bundle.names.find((one) => one.slice(0, 10) === stem);
    await step(`file-commitment.${number}`, async () => {
      const digests = join(fromHex(opening.salt, 32), fromHex(opening.sha256, 32), fromHex(opening.sha512, 64));
      must(base64(await sha256("ipr/file/v1\n", digests)) === manifest.files[i], N_("its salt and digests do not open the commitment"));
      return N_("its salt and digests open the commitment");
    });
    if (!name) say("intact", `file.${number}`, "absent", N_("the file is not in this bundle; its digests stand for it"));
    else await step(`file.${number}`, async () => {
      const [one, two] = await bundle.hashed(name);
      must(hex(one) === opening.sha256 && hex(two) === opening.sha512, N_("{name} is not the file that was registered"), { name });
      return [N_("{name} is the file that was registered, byte for byte"), { name }];
    });
  }
  await step("statements", () => { must(openings.statements.length === manifest.statements.length, many); return as; });
  for (const [i, { salt, statement }] of openings.statements.entries()) await step(`statement.${i + 1}`, async () => {
    must(base64(await sha256("ipr/statement/v1\n", fromHex(salt, 32), jcs(statement))) === manifest.statements[i], N_("it does not open its commitment"));
    if (statement.type === "subject") report.title = String(statement.title);
    if (["contributor", "party"].includes(statement.type)) report.people.push(String(statement.identity));
    return N_("it opens its commitment");
  });
}

async function checkLog(bundle, report, step) {
  let note, proof, signed = null;
  await step("proof", async () => {
    const text = utf8(await bundle.read("proof.tlog-proof")), cut = text.indexOf("\n\n"), lines = text.slice(0, cut).split("\n");
    must(cut > 0 && lines.shift() === "c2sp.org/tlog-proof@v1", UNREADABLE);
    if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift().slice(6));
    const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift());
    must(index && Number.isSafeInteger(+index[1]) && lines.length < 64, UNREADABLE);
    proof = { index: +index[1], hashes: lines.map((line) => fromBase64(line, 32)) };
    note = readNote(text.slice(cut + 2));
    Object.assign(report, { index: proof.index, size: note.size, origin: note.origin });
  });
  if (!note) return null;
  await step("signatures", async () => {
    const policy = await readTrust(utf8(await bundle.read("policy")), false), keys = [...policy.logs, ...policy.witnesses.map((one) => one.key)];
    const found = await signers(note, keys), own = policy.logs.filter((key) => key.name === note.origin && found.has(key.text));
    const first = own.find((key) => key.kind === 1), second = own.find((key) => key.kind === 6);
    must(first && second && found.get(second.text) === 0, N_("the log's two signatures do not both stand under this checkpoint"));
    signed = { note, first, second };
    report.offered = first.print;
    return [N_("both signatures of the log {origin} hold (Ed25519 and ML-DSA-44), under the keys that the bundle names"), note];
  });
  await step("inclusion", async () => {
    let fn = proof.index, sn = note.size - 1, hash = await sha256(Uint8Array.of(0), await bundle.read("entry"));
    const wrong = N_("the entry is not in the tree whose root was signed");
    must(fn <= sn, wrong);
    for (const sibling of proof.hashes) { // RFC 9162, 2.1.3.2
      must(sn > 0, wrong);
      if (fn % 2 || fn === sn) {
        hash = await sha256(Uint8Array.of(1), sibling, hash);
        while (fn % 2 === 0 && fn > 0) { fn /= 2; sn = Math.floor(sn / 2); }
      } else hash = await sha256(Uint8Array.of(1), hash, sibling);
      fn = Math.floor(fn / 2);
      sn = Math.floor(sn / 2);
    }
    must(sn === 0 && equal(hash, note.root), wrong);
    return [N_("entry {index} is in the log of size {size} whose root was signed"), { index: proof.index, size: note.size }];
  });
  await step("checkpoint.body", async () => {
    must(equal(await bundle.read("checkpoint.body"), bytesOf(note.body)), N_("checkpoint.body is not the checkpoint that was proved"));
    return N_("checkpoint.body is the checkpoint that was proved");
  });
  return signed;
}

async function checkContainer(bundle, step) {
  const list = "META-INF/ASiCManifest.xml", seal = "META-INF/timestamp.tst";
  await step("container.list", async () => {
    let xml = `<?xml version="1.0" encoding="UTF-8"?>\n<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n<asic:SigReference URI="${seal}" MimeType="application/vnd.etsi.timestamp-token"/>\n`;
    for (const name of bundle.names) if (name !== "mimetype" && !/^(META-INF|renewals)\//.test(name))
      xml += `<asic:DataObjectReference URI="${name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>${base64((await bundle.hashed(name))[0])}</ds:DigestValue></asic:DataObjectReference>\n`;
    must(equal(await bundle.read(list), bytesOf(xml + "</asic:ASiCManifest>\n")), N_("a member does not have the digest in the container's list"));
    return N_("every member has the digest in the container's list");
  });
  await step("container.token", async () => {
    await readToken(await bundle.read(seal), await sha256(await bundle.read(list)));
    return N_("its own token is over that list; a formality that adds no trust");
  });
}

async function checkTrust(signed, trust, print, report, step, say) {
  if (!signed) return say("trusted", "log-key", "absent", N_("there is no signature that could be trusted"));
  const { note, first, second } = signed, values = { fingerprint: first.print, origin: note.origin }, has = (key) => trust.logs.some((one) => one.text === key.text);
  const cosigned = new Map();
  let broken = null;
  try {
    const found = trust.quorum === "none" ? new Map() : await signers(note, [...trust.logs, ...trust.witnesses.map((one) => one.key)]);
    for (const { key } of trust.witnesses) {
      const time = 1000 * (found.get(key.text) || 0);
      if (time && trust.revoked.every((one) => one.print !== key.print || (ENDINGS.includes(one.reason) && time < one.since))) cosigned.set(key.text, time);
    }
  } catch (error) { broken = error.message; }
  if (print ? print === first.print : has(first)) {
    const revoked = trust.revoked.filter((one) => one.print === first.print || one.print === second.print).sort((a, b) => a.since - b.since)[0];
    const older = revoked && (report.proven.some((time) => time < revoked.since) || (trust.quorum !== "none" && quorumMet(trust, (key) => cosigned.get(key.text) < revoked.since)));
    const said = revoked ? { ...values, reason: revoked.reason, since: revoked.shown } : values;
    if (!revoked) say("trusted", "log-key", "holds", N_("the key {fingerprint} of {origin} is in your trust list"), said);
    else if (older) say("trusted", "log-key", "holds", N_("the key {fingerprint} of {origin} was revoked since {since} ({reason}); others prove that this is older"), said);
    else say("trusted", "log-key", "fails", N_("the key {fingerprint} of {origin} was revoked since {since} ({reason}), and nobody else proves that this is older"), said);
  } else if (print) say("trusted", "log-key", "fails", N_("the key that signed has the fingerprint {fingerprint}, not the one that you named"), values);
  else if (trust.logs.length) say("trusted", "log-key", "absent", N_("the key {fingerprint} of {origin} is not in your trust list"), values);
  else say("trusted", "log-key", "not asked", N_("you brought no list of logs; only this bundle vouches for its key"));
  const others = trust.logs.filter((key) => key.kind === 6 && key.name === second.name);
  if (others.length) say("trusted", "log-key.second", has(second) ? "holds" : "fails", has(second) ? N_("so is its second key (ML-DSA-44)") : N_("your trust list names another second key (ML-DSA-44) for {origin}"), values);
  if (trust.quorum === "none") return say("trusted", "witnesses", "not asked", N_("your trust list asks for no witnesses"));
  const met = !broken && quorumMet(trust, (key) => cosigned.has(key.text)), names = trust.witnesses.filter((one) => cosigned.has(one.key.text)).map((one) => one.name);
  if (met) report.names = names;
  say("trusted", "witnesses", met ? "holds" : "fails", broken || (met ? N_("the quorum that you ask for has cosigned: {names}") : N_("the quorum that you ask for has not cosigned; cosigned have: {names}")), { names: names.join(", ") || "-" });
}
