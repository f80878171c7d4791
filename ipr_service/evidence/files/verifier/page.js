/* ---- the page ------------------------------------------------------------------------------------------------------------------------------------ */

const $ = (id) => document.getElementById(id), LANGUAGES = Object.keys(WORDS);
let language = LANGUAGES.find((one) => navigator.language.startsWith(one)) || "en", last = null, dropped = null;
const say = (msgid, values = {}) => (WORDS[language]?.[msgid] || msgid).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const refuse = (msgid, values) => $("report").replaceChildren(make("p", say(msgid, values), "answer no"));

function translate() {
  document.documentElement.lang = language;
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = say(one.dataset.t);
  document.title = $("title").textContent;
  if (last) show(last);
}
function show(report) {
  last = report;
  const box = $("report");
  for (const verdict in VERDICTS) box.dataset[verdict] = report[verdict] ? "yes" : "no";
  box.replaceChildren(...present(report, say));
}
for (const one of ["en", ...LANGUAGES]) {
  const button = make("button", one.toUpperCase());
  button.type = "button";
  button.lang = one;
  button.addEventListener("click", () => { language = one; translate(); });
  $("languages").append(button);
}
$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const blob = dropped || $("bundle").files[0], given = $("trust").value.trim(), plain = given.replace(/\s/g, "").toLowerCase(), button = $("go");
  const wanted = /^[0-9a-f]{1,128}$/.test(plain) ? plain : given, box = $("report");
  for (const verdict in VERDICTS) delete box.dataset[verdict];
  if (!blob) return refuse(N_("Choose a proof bundle first."));
  if (wanted === plain && plain && plain.length !== 64) return refuse(N_("A fingerprint has 64 digits and letters from a to f; this one has {length}. Copy it whole."), plain);
  if (!window.crypto?.subtle || !window.DecompressionStream) return refuse(N_("This browser is too old to check a bundle. Use another one, or verify.sh."));
  button.disabled = true;
  box.replaceChildren(make("p", say(N_("Checking every byte…"))));
  try {
    show(await verify(blob, wanted, $("compare").files));
    box.focus();
  } catch (error) {
    refuse(error instanceof Failed ? error.message : N_("This file could not be read."), error.values);
  }
  button.disabled = false;
});
$("trust").addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); $("form").requestSubmit(); } });
$("bundle").addEventListener("change", () => { dropped = null; });
for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
$("drop").addEventListener("drop", (event) => {
  dropped = event.dataTransfer.files[0] || null;
  $("bundle").value = "";
  $("dropped").textContent = dropped ? dropped.name : "";
});
translate();
