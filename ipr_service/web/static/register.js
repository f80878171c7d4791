// Comfort on the page that keeps files here: drop files, see what will leave the computer, be told early what is too large.
import { collect, fill, growing, sized } from "./gather.js";

const form = document.querySelector("form[data-leaves]"), input = document.getElementById("files"), leaves = document.getElementById("leaves");

const say = (files) => {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  leaves.textContent = files.length ? fill(form.dataset.leavesFiles, { count: files.length, size: sized(size) }) : form.dataset.leaves;
  const refused = size > +input.dataset.largest ? input.dataset.tooLarge : files.length > +input.dataset.most ? input.dataset.tooMany : "";
  input.setCustomValidity(refused);
  if (refused) input.reportValidity();
};

collect(input, document.getElementById("drop"), document.getElementById("chosen"), { remove: form.dataset.remove }, say);
growing(document.getElementById("more"), document.getElementById("people"));
say([]);
form.addEventListener("submit", () => { if (input.files.length) document.getElementById("sending").hidden = false; });
