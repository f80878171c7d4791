// Hashes files beside the page, in pieces of 4 MiB, so that a film of many gigabytes needs no more memory than a letter and freezes nothing.
// WebCrypto takes a whole file at once, so SHA-2 comes from hash-wasm, or from sha2.js where WebAssembly is not to be had. This worker is
// served with a policy of its own (web/guard.py): it may compile what lies in vendor/, and may talk to nobody.
import { Crc32, Sha256, Sha512 } from "./sha2.js";
import "./vendor/hash-wasm-4.12.0-sha256.min.js";
import "./vendor/hash-wasm-4.12.0-sha512.min.js";

const PIECE = 1 << 22;

async function fresh() {
  try {
    const made = await Promise.all([self.hashwasm.createSHA256(), self.hashwasm.createSHA512()]);
    return [...made.map((hash) => ({ update: (bytes) => hash.update(bytes), digest: () => hash.digest("binary") })), true];
  } catch {
    return [new Sha256(), new Sha512(), false];
  }
}

addEventListener("message", async ({ data: { number, file } }) => {
  try {
    const [one, two, compiled] = await fresh(), crc = new Crc32();
    const piece = (at) => file.slice(at, at + PIECE).arrayBuffer();
    let next = piece(0);
    for (let at = 0; at < file.size; at += PIECE) {
      const bytes = new Uint8Array(await next);
      next = at + PIECE < file.size ? piece(at + PIECE) : null; // read while this one is hashed
      one.update(bytes);
      two.update(bytes);
      crc.update(bytes);
      postMessage({ number, done: at + bytes.length });
    }
    postMessage({ number, digests: { sha256: one.digest(), sha512: two.digest(), crc: crc.digest(), size: file.size }, compiled });
  } catch {
    postMessage({ number, failed: true }); // the file was moved, changed or closed meanwhile
  }
});
