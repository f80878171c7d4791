// Sliders beside the numbers, and the result while one drags. Without this file the form is sent with its button.
"use strict";

const form = document.getElementById("what-if");
let waiting = new AbortController();

async function show() {
  waiting.abort();
  waiting = new AbortController();
  const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
  try {
    const answer = await fetch(`${address}&part=result`, { signal: waiting.signal });
    if (!answer.ok) return; // half a number, perhaps: the next key, or the button, asks again
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const result = page.getElementById("result");
    if (!result) return;
    document.getElementById("result").replaceWith(result);
    history.replaceState(null, "", address);
  } catch (problem) {
    if (problem.name !== "AbortError") throw problem;
  }
}

const numbers = [...form.querySelectorAll("input[data-slide]")];
const most = Math.max(100, ...numbers.map((field) => 2 * Number(field.value.replace(",", ".")) || 0));
for (const field of numbers) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = 0;
  slider.max = Math.ceil(most);
  slider.value = Number(field.value.replace(",", ".")) || 0;
  slider.setAttribute("aria-labelledby", field.getAttribute("aria-labelledby"));
  slider.addEventListener("input", () => { field.value = slider.value; show(); });
  field.addEventListener("input", () => { slider.value = Number(field.value.replace(",", ".")) || 0; });
  field.after(slider);
}

form.addEventListener("input", (event) => {
  if (event.target.name && event.target.id !== "policy") show();
});
document.getElementById("policy").addEventListener("change", () => form.requestSubmit()); // another rule asks for other fields
