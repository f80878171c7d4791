/* ---- a report in the reader's words: the answer, what was proved and what not, the way in time as a picture, every check by name ------------------- */

const make = (tag, content = "", className = "") => Object.assign(document.createElement(tag), { textContent: content, className });
const VERDICTS = { intact: N_("intact"), trusted: N_("trusted"), timed: N_("timed by others") };
const OUTCOMES = { holds: ["\u2713", N_("holds")], fails: ["\u2715", N_("FAILS")], absent: ["\u25cb", N_("absent")], "not asked": ["\u25cb", N_("not asked")] };
const NOT_PROVED = N_("Not proved: who the author is, and that the idea is new. Names and shares are statements of the person who registered.");

// say(msgid, values): the sentence in the reader's language. Returns what is to be shown.
function present(report, say) {
  const failed = report.checks.filter((check) => check.outcome === "fails"), names = failed.map((check) => check.name).join(", ");
  const broken = failed.some((check) => check.verdict === "trusted"), values = { fingerprint: report.offered, failed: names };
  const answer = !report.intact ? N_("not intact: {failed}")
    : broken ? N_("intact; not trusted: {failed}")
      : !report.trusted ? N_("intact; signed by key {fingerprint}, which only this bundle vouches for")
        : !report.timed ? N_("intact and trusted; no independent timestamp was verified") : N_("intact, trusted and timed");
  const foreign = report.intact ? report.compared.filter((file) => !file.position && file.size <= LIMIT).map((file) => file.name).join(", ") : "";
  const first = say(foreign ? N_("not among the registered files: {names}") : answer, { ...values, names: foreign });
  const shown = [make("p", `${first[0].toUpperCase()}${first.slice(1)}.`, report.intact && report.trusted && !foreign ? "answer" : "answer no")];
  if (foreign) shown.push(make("p", `${say(N_("The bundle itself: {answer}"), { answer: say(answer, values) })}.`));
  for (const file of report.compared) {
    const sentence = file.position ? N_("{name} is file {position} of this bundle") : file.size > LIMIT ? N_("{name} is too large for this page; use verify.sh") : N_("{name} is not among the files");
    shown.push(make("p", `${say(sentence, file)}.`, file.position ? "" : "care"));
  }
  if (report.intact) {
    shown.push(make("p", say(N_("Proved: {files} files and {statements} statements are committed to by entry {index} of the log {origin}, of size {size}."), report)));
    shown.push(make("p", say(report.trusted ? N_("By whom: the log's operator signed this with the key {fingerprint}.") : N_("By whom: whoever holds the key {fingerprint}; compare it with the fingerprint that the log publishes."), values)));
    const [stamp] = report.tokens.filter((token) => token.independent).sort((a, b) => (a.time < b.time ? -1 : 1));
    shown.push(make("p", report.timed ? say(N_("When: before {time}, by {authority}."), stamp) : say(N_("When: no independent authority's time was verified; the time rests on the log alone."))));
  }
  shown.push(make("p", say(NOT_PROVED), "care"));
  if (report.intact && report.title) shown.push(make("p", say(N_("Title, as stated: {title}"), report)));
  if (report.intact) shown.push(picture(report, say));
  for (const [verdict, title] of Object.entries(VERDICTS)) {
    const box = make("details"), list = make("ul", "", "checks"), checks = report.checks.filter((check) => check.verdict === verdict), named = say(title);
    box.append(make("summary", `${named[0].toUpperCase()}${named.slice(1)}: ${say(report[verdict] ? N_("yes") : N_("no"))}`, report[verdict] ? "yes" : "no"), list);
    box.open = checks.some((check) => check.outcome === "fails");
    for (const check of checks) {
      const item = make("li", "", check.outcome), [mark, word] = OUTCOMES[check.outcome], reason = make("span");
      reason.append(make("code", check.name), ` ${say(check.msgid, check.values)}`);
      item.append(make("strong", `${mark} ${say(word)}`), reason);
      list.append(item);
    }
    shown.push(box);
  }
  return shown;
}

// From the file to the log to the tokens to the witnesses. A full mark is proved, an empty one is not.
function picture(report, say) {
  const rows = [["file", true, N_("Files and statements"), say(N_("{files} files, {statements} statements"), report)], ["log", true, N_("In the log"), say(N_("entry {index} of {origin}"), report)]];
  rows.push(["seal", report.trusted, N_("Signed checkpoint"), say(report.trusted ? N_("by the key that you compare with") : N_("by a key for which only this bundle vouches"))]);
  for (const token of report.tokens) rows.push(["clock", token.independent, N_("Time stamp"), token.independent ? `${token.time}, ${token.authority}` : say(N_("{time}, the service's own clock"), token)]);
  if (!report.timed) rows.push(["clock", false, N_("No independent time"), say(N_("the time rests on the log alone"))]);
  rows.push(["eye", report.names.length > 0, N_("Witnesses"), report.names.join(", ") || say(N_("none asked for"))]);
  const draw = (tag, attributes, content = "") => { const one = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const key in attributes) one.setAttribute(key, attributes[key]); one.textContent = content; return one; };
  const height = 58 * rows.length, svg = draw("svg", { viewBox: `0 0 350 ${height}`, role: "img", class: "way", "font-size": 13 });
  const SHAPES = { file: "M-8-11H4L9-6V11H-8Z", log: "M-10-10H10V-4H-10ZM-10-3H10V3H-10ZM-10 4H10V10H-10Z", seal: "M0-12 10-6V6L0 12-10 6V-6Z", clock: "M0-11A11 11 0 1 1-.1-11ZM0-6V0L5 3", eye: "M-13 0Q0-14 13 0Q0 14-13 0ZM-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0" };
  svg.append(draw("title", {}, `${say(N_("From the file to the log to the time stamps and witnesses"))}: ${rows.map((row) => `${say(row[2])}, ${row[3]}`).join("; ")}`));
  rows.forEach(([shape, proved, title, words], i) => {
    const y = 58 * i + 22, box = draw("g", { transform: `translate(20 ${y})`, class: proved ? "done" : "open", fill: "none", stroke: "currentColor", "stroke-width": 2 });
    if (i) box.append(draw("path", { d: "M0-43V-15", "stroke-dasharray": proved ? "none" : "2 4" }));
    box.append(draw("path", { d: SHAPES[shape], fill: proved ? "currentColor" : "none", "fill-opacity": .25 }));
    svg.append(box, draw("text", { x: 46, y: y - 2, fill: "currentColor", "font-weight": 600 }, say(title)), draw("text", { x: 46, y: y + 15, fill: "currentColor" }, words.length > 46 ? `${words.slice(0, 45)}\u2026` : words));
  });
  const figure = make("figure");
  figure.append(svg);
  return figure;
}
