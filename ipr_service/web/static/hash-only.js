// Hash-only registration. Files are hashed beside the page, salts come from the browser, 32 bytes are sent, and the bundle is built here.
// Nothing typed or chosen leaves: the only requests are the newest checkpoint, the 32 bytes, and the time stamp of the bundle's list.
import { bundle, commit, freshSalt, fromBase64, base64, sha256, timestampQuery, tokenOf } from "./evidence.js";
import { collect, fill, growing, sized } from "./gather.js";

document.getElementById("no-scripts").hidden = true;
const FULL = 0xFFFFFFFF, ROOM = 64 << 20; // a bundle of this page stays below 4 GB
const $ = (id) => document.getElementById(id);
const form = $("hash-only"), words = JSON.parse(form.dataset.words);
const chosen = collect($("files"), $("drop"), $("chosen"), words, () => {});
let work = null; // what was computed and sent; kept, so that a failed line can be tried again with the same 32 bytes
let unsaved = false;

class Refused extends Error {}
class Stopped extends Error {}
const must = (condition, sentence) => { if (!condition) throw new Refused(sentence); };

/* ---- what is typed becomes statements ---------------------------------------------------------------------------------------------------- */

const UNSEEN = /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/u; // invisible and direction-changing characters
const line = (value) => value.normalize("NFC").trim();
const cut = (a, b) => (b ? cut(b, a % b) : a);

// A share as people write it: 3/8, 0.5, 50 %. An exact [numerator, denominator], or null for what is no share.
function share(written) {
  const found = /^(\d{1,12})(?:[.,](\d{1,12})|\/(\d{1,12}))?( ?%)?$/.exec(written);
  if (!found) return null;
  const [, whole, places = "", under = "1", percent] = found;
  const top = BigInt(whole + places), bottom = 10n ** BigInt(places.length) * BigInt(under) * (percent ? 100n : 1n);
  if (!bottom || top > bottom) return null;
  const common = cut(top, bottom) || 1n;
  return [top / common, bottom / common];
}
const spelled = ([top, bottom]) => (bottom === 1n ? `${top}` : `${top}/${bottom}`);

function contributors() {
  const rows = Array.from(document.querySelectorAll("#people tbody tr"), (row) =>
    Object.fromEntries(["email", "role", "share"].map((name) => [name, line(row.querySelector(`.${name}`).value)]))).filter((row) => row.email);
  const addresses = rows.map((row) => row.email.toLowerCase());
  must(rows.every((row) => /^[^\s@]+@[^\s@]+$/.test(row.email)) && new Set(addresses).size === rows.length, words.email);
  const stated = rows.filter((row) => row.share).map((row) => share(row.share));
  must(!stated.length || (stated.length === rows.length && !stated.includes(null)), words.shares);
  const sum = stated.reduce(([top, bottom], [a, b]) => [top * b + a * bottom, bottom * b], [0n, 1n]);
  must(!stated.length || sum[0] === sum[1], words.shares);
  return rows.map((row, i) => ({
    type: "contributor", identity: `mailto:${row.email}`, role: row.role, share: spelled(stated.length ? stated[i] : share(`1/${rows.length}`)),
  }));
}

function statements(files) {
  const title = line($("title").value), description = line($("description").value.replace(/\r\n?/g, "\n"));
  must(title && [...title].length <= 200 && !/\p{Cc}/u.test(title) && !UNSEEN.test(title), words.title);
  must([...description].length <= 20000, words.description);
  must(description || files.length, words.nothing);
  for (const file of files) must(file.size, fill(words.empty, { name: file.name }));
  return [
    { type: "subject", title, description, language: $("language").value },
    ...files.map((file, i) => ({
      type: "file", position: i + 1, name: file.name.normalize("NFC"), size: file.size, media_type: file.type || "application/octet-stream",
    })),
    ...contributors(),
  ];
}

/* ---- hashing, sending, packing --------------------------------------------------------------------------------------------------------------- */

const say = (sentence, done = null) => {
  $("working").hidden = false;
  if ($("said").textContent !== sentence) $("said").textContent = sentence;
  if (done === null) $("progress").removeAttribute("value"); else $("progress").value = done;
};

// One file after the other, in a worker; the page only moves a bar, and may stop it at any time.
function digest(worker, file, number, before, all) {
  return new Promise((resolve, reject) => {
    const unreadable = () => reject(new Refused(fill(words.unreadable, { name: file.name })));
    worker.onerror = unreadable;
    worker.onmessage = ({ data }) => {
      if (data.failed) unreadable();
      else if (data.digests) resolve(data.digests);
      else {
        say(fill(words.hashing, { name: file.name }), (before + data.done) / all);
        $("amount").textContent = fill(words.amount, { done: sized(before + data.done), all: sized(all) });
      }
    };
    $("stop").onclick = () => reject(new Stopped());
    worker.postMessage({ number, file });
  });
}

async function hashed(files) {
  const all = files.reduce((sum, file) => sum + file.size, 0), found = [];
  const worker = new Worker(form.dataset.worker, { type: "module" });
  $("hashing").hidden = !files.length;
  try {
    let before = 0;
    for (const [number, file] of files.entries()) {
      say(fill(words.hashing, { name: file.name }), before / all);
      found.push(await digest(worker, file, number, before, all));
      before += file.size;
    }
  } finally {
    worker.terminate();
    $("hashing").hidden = true;
    $("amount").textContent = "";
  }
  return found;
}

async function newestCheckpoint() {
  const answer = await fetch(form.dataset.checkpoint);
  if (answer.status === 404) return null; // an empty log
  must(answer.ok, words.failed);
  const note = await answer.text();
  return sha256(note.slice(0, note.lastIndexOf("\n\n") + 1));
}

async function send(commitment) {
  const answer = await fetch(`${form.dataset.send}?form_id=${encodeURIComponent(form.dataset.formId)}`, {
    method: "POST", headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": form.dataset.csrf }, body: commitment,
  });
  must(answer.headers.get("Content-Type") === "application/json", answer.redirected || answer.status === 401 ? words.gone : words.failed);
  must(answer.ok, words.failed);
  const parts = await answer.json();
  must(parts.commitment === base64(commitment), words.failed);
  return parts;
}

async function askToken(list) {
  const query = timestampQuery(sha256(list), crypto.getRandomValues(new Uint8Array(8)));
  const answer = await fetch(form.dataset.clock, { method: "POST", headers: { "Content-Type": "application/timestamp-query" }, body: query });
  must(answer.ok, words.failed);
  return tokenOf(new Uint8Array(await answer.arrayBuffer()));
}

async function prepare() {
  const files = chosen(), said = statements(files);
  const total = files.reduce((sum, file) => sum + file.size, 0), inside = $("inside").checked;
  must(!inside || total + ROOM < FULL, words.large);
  const digests = await hashed(files);
  const previous = form.dataset.previous ? fromBase64(form.dataset.previous) : null;
  const made = commit({ kind: "idea", files: digests, statements: said, salts: freshSalt, checkpoint: await newestCheckpoint(), previous });
  const originals = inside ? files.map((file, i) => ({ position: i + 1, name: file.name, blob: file, ...digests[i] })) : [];
  return { made, originals };
}

async function register() {
  work ??= await prepare();
  say(words.sending);
  unsaved = true; // from here on the entry may stand in the log, and only this page can open it
  const given = await send(work.made.commitment);
  say(words.packing);
  const ours = { ...work.made, ...given, certificate: fromBase64(given.certificate), tokens: given.tokens.map(([name, body]) => [name, fromBase64(body)]) };
  return { given, file: await bundle(ours, work.originals, askToken) };
}

function show({ given, file }) {
  $("index").textContent = given.index;
  $("commitment").textContent = Array.from(work.made.commitment, (byte) => byte.toString(16).padStart(2, "0")).join("");
  Object.assign($("save"), { href: URL.createObjectURL(file), download: given.name });
  $("onwards").href = given.page;
  form.hidden = true;
  document.querySelector(".ways").hidden = true;
  $("made").hidden = false;
  $("made").focus();
}

/* ---- the page -------------------------------------------------------------------------------------------------------------------------------------- */

const lock = (locked) => { for (const field of form.elements) field.disabled = locked && field.type !== "submit"; };

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  $("refused").hidden = $("halted").hidden = true;
  try {
    const made = await register();
    show(made);
  } catch (problem) {
    $("working").hidden = true;
    if (problem instanceof Stopped) {
      $("halted").hidden = false;
      button.disabled = false;
      button.focus();
    } else {
      $("refused").querySelector("p").textContent = problem instanceof Refused ? problem.message : words.failed;
      $("refused").hidden = false;
      $("refused").focus();
    }
  }
  lock(work !== null); // once computed, the same 32 bytes are sent again: what was typed no longer changes
  button.disabled = false;
});
$("save").addEventListener("click", () => {
  unsaved = false;
  $("unsaved").hidden = true;
  $("saved").hidden = false;
});
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
growing($("more"), $("people"));
form.hidden = false;
