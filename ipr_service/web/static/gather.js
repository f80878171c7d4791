// What both ways of registering share: files chosen or dropped one after the other, rows for people, sizes in words.

export const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);

export function sized(bytes) {
  const language = document.documentElement.lang, units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor((String(bytes).length - 1) / 3)));
  return new Intl.NumberFormat(language, { style: "unit", unit: units[power], maximumFractionDigits: 1 }).format(bytes / 1000 ** power);
}

// Keep a list of files behind an input: choosing and dropping add to it, each can be taken out again. changed(files) is called after.
export function collect(input, zone, list, words, changed) {
  let files = [];
  const put = (chosen) => {
    files = chosen;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    list.replaceChildren(...files.map((file) => {
      const row = document.createElement("li"), name = document.createElement("span"), out = document.createElement("button");
      name.textContent = `${file.name} · ${sized(file.size)}`;
      Object.assign(out, { type: "button", className: "plain", textContent: words.remove });
      out.setAttribute("aria-label", `${words.remove}: ${file.name}`);
      out.addEventListener("click", () => { put(files.filter((other) => other !== file)); input.focus(); });
      row.append(name, out);
      return row;
    }));
    changed(files);
  };
  const add = (more) => put([...files, ...Array.from(more).filter((file) => !files.some((other) => same(file, other)))]);
  const same = (a, b) => a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;
  input.addEventListener("change", () => add(input.files));
  for (const name of ["dragover", "drop"]) document.addEventListener(name, (event) => event.preventDefault()); // no file replaces the page
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { zone.classList.remove("over"); add(event.dataTransfer.files); });
  return () => files;
}

// "Add rows" without loading the page again.
export function growing(button, table) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const rows = table.tBodies[0].rows, row = rows[rows.length - 1].cloneNode(true);
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, rows.length + 1));
    }
    table.tBodies[0].append(row);
    row.querySelector("input").focus();
  });
}
