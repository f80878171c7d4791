// Small comforts; every page works without this file. Copy buttons appear, menus close, a sent form says so and is not sent twice.
"use strict";

document.documentElement.classList.add("scripts");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = before; }, 1600);
    return;
  }
  for (const menu of document.querySelectorAll(".bar details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// Whoever has opened the document may go on at once; the server knows by itself, and the next load of the page shows it.
document.addEventListener("click", (event) => {
  if (!event.target.closest("a[data-opens]")) return;
  for (const part of document.querySelectorAll("[data-until-opened]")) {
    if (part.tagName === "FIELDSET") part.disabled = false; else part.hidden = true;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".bar details[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; } // the server would register it once as well
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
});

// A page that comes back from the browser's own cache may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = false;

// After a refusal the summary takes the focus, so that a screen reader and the keyboard start there.
document.querySelector(".refused[tabindex]")?.focus();
