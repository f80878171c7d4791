// Hashes files beside the page, in pieces of 4 MiB, so that a film of many gigabytes needs no more memory than a letter.
import { Crc32, Sha256, Sha512 } from "./sha2.js";

const PIECE = 1 << 22;

addEventListener("message", async ({ data: { number, file } }) => {
  try {
    const one = new Sha256(), two = new Sha512(), crc = new Crc32();
    for (let at = 0; at < file.size; at += PIECE) {
      const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
      one.update(bytes);
      two.update(bytes);
      crc.update(bytes);
      postMessage({ number, done: at + bytes.length });
    }
    postMessage({ number, digests: { sha256: one.digest(), sha512: two.digest(), crc: crc.digest(), size: file.size } });
  } catch {
    postMessage({ number, failed: true }); // the file was moved, changed or closed meanwhile
  }
});
