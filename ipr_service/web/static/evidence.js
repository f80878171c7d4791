// The bytes of docs/formats.md, made in the browser: commitments, manifest, openings, and the proof bundle in its one form.
// Pure but for askToken: no page, no network, no randomness of its own. tests/web/test_hash_only.py proves byte equality with the Python.
import { deflate } from "./deflate.js";
import { Crc32, Sha256 } from "./sha2.js";

const text = new TextEncoder();
export const bytesOf = (part) => (typeof part === "string" ? text.encode(part) : part);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
export const fromBase64 = (letters) => Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));
export const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(bytesOf(part)), new Sha256()).digest();
export const freshSalt = () => crypto.getRandomValues(new Uint8Array(32));

export const join = (...parts) => {
  const all = parts.map(bytesOf), whole = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  all.reduce((at, part) => (whole.set(part, at), at + part.length), 0);
  return whole;
};

// RFC 8785, narrowed: whole numbers below 2^53, text in NFC without half surrogate pairs.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${canonical(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("not a whole number");
  if (typeof value === "string" && (value !== value.normalize("NFC") || /\p{Surrogate}/u.test(value))) throw new RangeError("not in normal form");
  return JSON.stringify(value);
}

/* Commit to files and statements, as evidence/commitment.build does. salts: answers 32 fresh bytes at each call; called first for the
   commitment, then once per file, then once per statement. files: [{sha256, sha512}]. checkpoint, previous: 32 bytes or null. */
export function commit({ kind, files, statements, salts, checkpoint = null, previous = null }) {
  const salt = salts(), optional = (hash) => (hash ? base64(hash) : null);
  const fileOpenings = files.map(({ sha256: one, sha512: two }) => ({ salt: salts(), one, two }));
  const said = statements.map((statement) => ({ salt: salts(), statement }));
  const manifest = bytesOf(canonical({
    checkpoint: optional(checkpoint),
    files: fileOpenings.map((file) => base64(sha256("ipr/file/v1\n", file.salt, file.one, file.two))),
    kind,
    previous: optional(previous),
    statements: said.map((one) => base64(sha256("ipr/statement/v1\n", one.salt, canonical(one.statement)))),
    version: 1,
  }));
  const openings = bytesOf(canonical({
    files: fileOpenings.map((file) => ({ salt: hex(file.salt), sha256: hex(file.one), sha512: hex(file.two) })),
    statements: said.map((one) => ({ salt: hex(one.salt), statement: one.statement })),
    version: 1,
  }));
  const commitment = sha256("ipr/commitment/v1\n", salt, manifest);
  return { salt, manifest, openings, commitment, entry: bytesOf(`ipr/entry/v1 ${base64(commitment)}\n`) };
}

/* ---- the container: stored and deflated members one after the other, as evidence/container writes them ------------------------------------------- */

export const memberName = (position, name) => {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(name);
  return `files/${String(position).padStart(4, "0")}${extension ? extension[0] : ""}`;
};
const header = (member, central) => {
  const view = new DataView(new ArrayBuffer(central ? 46 : 30)), at = central ? 6 : 4;
  view.setUint32(0, central ? 0x02014b50 : 0x04034b50, true);
  if (central) view.setUint16(4, 20, true);
  view.setUint16(at, 20, true);
  if (member.packed) view.setUint16(at + 4, 8, true); // deflated
  view.setUint16(at + 8, 0x21, true); // 1980-01-01
  [member.crc, member.packed ? member.packed.length : member.size, member.size].forEach((number, i) => view.setUint32(at + 10 + 4 * i, number, true));
  view.setUint16(at + 22, member.name.length, true);
  if (central) view.setUint32(42, member.offset, true);
  return join(new Uint8Array(view.buffer), member.name);
};

// members: [{name, content (bytes or Blob), packed (bytes, when deflated), size, crc}]; everything below 4 GB.
export function pack(members) {
  const parts = [], directory = [];
  let offset = 0;
  for (const member of members) {
    const local = header(member, false);
    parts.push(local, member.packed || member.content);
    directory.push(header({ ...member, offset }, true));
    offset += local.length + (member.packed ? member.packed.length : member.size);
  }
  const records = join(...directory), end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, members.length, true);
  end.setUint16(10, members.length, true);
  end.setUint32(12, records.length, true);
  end.setUint32(16, offset, true);
  return new Blob([...parts, records, end.buffer], { type: "application/vnd.etsi.asic-e+zip" });
}

export function asicManifest(members) {
  const lines = members.filter(({ name }) => name !== "mimetype" && !name.startsWith("META-INF/")).map((member) =>
    `<asic:DataObjectReference URI="${member.name}"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>` +
    `<ds:DigestValue>${base64(member.sha256)}</ds:DigestValue></asic:DataObjectReference>\n`);
  return bytesOf('<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n' +
    '<asic:SigReference URI="META-INF/timestamp.tst" MimeType="application/vnd.etsi.timestamp-token"/>\n' +
    `${lines.join("")}</asic:ASiCManifest>\n`);
}

/* parts: what commit() gave, with proof, checkpointBody, policy, certificate, verifySh, verifyHtml, readme and tokens of the service;
   files: [{position, name, blob, sha256, size, crc}] of those that go in; askToken: bytes of the list -> DER token over it. */
export async function bundle(parts, files, askToken) {
  const originals = files.map((file) => ({ ...file, name: memberName(file.position, file.name), content: file.blob }));
  const small = [
    ["manifest.json", parts.manifest], ["openings.json", parts.openings], ["salt", parts.salt], ["entry", parts.entry],
    ["proof.tlog-proof", parts.proof], ["checkpoint.body", parts.checkpointBody], ...parts.tokens, ["policy", parts.policy],
    ["certificate.pdf", parts.certificate], ["verify.sh", parts.verifySh], ["verify.html", parts.verifyHtml], ["README.txt", parts.readme],
  ].map(folded);
  const members = [measured(["mimetype", "application/vnd.etsi.asic-e+zip"]), ...originals, ...small];
  const list = asicManifest(members);
  const token = await askToken(list);
  return pack([...members, folded(["META-INF/ASiCManifest.xml", list]), folded(["META-INF/timestamp.tst", token])]);
}

const measured = ([name, given]) => {
  const content = bytesOf(given);
  return { name, content, size: content.length, crc: new Crc32().update(content).digest(), sha256: sha256(content) };
};

const folded = (given) => {
  const member = measured(given), packed = deflate(member.content);
  return packed.length < member.size ? { ...member, packed } : member;
};

/* ---- RFC 3161, as much as one question and its answer need --------------------------------------------------------------------------- */

// TimeStampReq: version 1, SHA-256 imprint, the nonce, certReq true. Every length is below 128, so DER has one form.
export function timestampQuery(digest, nonce) {
  const wrap = (tag, ...parts) => { const body = join(...parts); return join(Uint8Array.of(tag, body.length), body); };
  const algorithm = wrap(0x30, Uint8Array.of(6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1), Uint8Array.of(5, 0));
  const positive = nonce.slice();
  positive[0] = positive[0] & 0x7f | 1; // an INTEGER above 0 without leading zero bytes
  return wrap(0x30, Uint8Array.of(2, 1, 1), wrap(0x30, algorithm, wrap(4, digest)), wrap(2, positive), Uint8Array.of(1, 1, 0xff));
}

// The token inside a TimeStampResp that grants one.
export function tokenOf(reply) {
  const outer = element(reply, 0), status = element(reply, outer.start), number = element(reply, status.start);
  if (reply[0] !== 0x30 || reply[number.start] > 1 || status.end >= outer.end) throw new Error("the service's clock gave no token");
  return reply.slice(status.end, outer.end);
}
const element = (bytes, at) => {
  let size = bytes[at + 1], start = at + 2;
  if (size > 127) {
    const count = size & 127;
    size = 0;
    for (let i = 0; i < count; i++) size = size * 256 + bytes[start + i];
    start += count;
  }
  return { start, end: start + size };
};
