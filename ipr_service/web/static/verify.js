// Checks a bundle in this browser with the code of verify.html (/verify/checks.js, loaded before). Nothing is sent.
"use strict";
{
  const form = document.getElementById("verify"), box = document.getElementById("report"), said = JSON.parse(form.dataset.words);
  const say = (msgid, values = {}) => (said[msgid] || msgid).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const input = document.getElementById("bundle"), zone = document.getElementById("drop"), here = document.getElementById("here");

  const show = (...nodes) => { box.hidden = false; box.replaceChildren(...nodes); box.focus(); };
  const refuse = (sentence) => show(make("p", sentence, "answer no"));

  // What to compare with: this log's own trust list (keys, and the roots that its operator set up), the reader's, or nothing.
  const wanted = () => {
    const chosen = new FormData(form).get("against"), typed = form.elements.fingerprint.value.trim(), plain = typed.replace(/\s/g, "").toLowerCase();
    return chosen === "own" ? form.dataset.trust : chosen === "other" ? (/^[0-9a-f]{1,128}$/.test(plain) ? plain : typed) : "";
  };

  async function check() {
    const blob = input.files[0], list = wanted(), other = new FormData(form).get("against") === "other";
    if (!blob) return refuse(say("choose"));
    if (other && (!list || (/^[0-9a-f]+$/.test(list) && list.length !== 64))) return refuse(say("fingerprint", list));
    if (!window.crypto?.subtle || !window.DecompressionStream) return refuse(say("old"));
    here.disabled = true;
    document.getElementById("result")?.remove();
    show(make("p", say("checking")));
    try {
      const report = await verify(blob, list, form.elements.files.files);
      show(...present(report, say));
      for (const verdict in VERDICTS) box.dataset[verdict] = report[verdict] ? "yes" : "no";
    } catch (error) {
      refuse(error instanceof Failed ? say(error.message, error.values) : say("unreadable"));
    }
    here.disabled = false;
  }

  here.addEventListener("click", check);
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault());
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    check();
  });
  form.elements.fingerprint.addEventListener("input", () => { form.querySelector("[value=other]").checked = true; });
  here.hidden = false;
  document.getElementById("here-help").hidden = false;
  document.getElementById("there").classList.add("quiet");
}
