// Small helps on top of pages that work without script. Nothing here holds state of its own.
"use strict";

const announce = (text) => {
  const place = document.getElementById("announcer");
  if (place) place.textContent = text;
};

// Times: the text in the viewer's zone, the exact time in the title.
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = (date) => {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / size), unit);
};
const localize = (element) => {
  const date = new Date(element.dateTime);
  if (Number.isNaN(date.getTime())) return;
  const style = element.dataset.local;
  const short = { dateStyle: "medium", ...(style === "date" ? {} : { timeStyle: "short" }) };
  element.textContent = style === "relative" ? relative(date) : date.toLocaleString(undefined, short);
  const exact = date.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  element.title = `${exact} (${date.toISOString().replace(/\.000Z$/, "Z")})`;
};

// What must not be there without script is `hidden` in the page and shown here.
const enhance = (root) => {
  root.querySelectorAll("time[data-local]").forEach(localize);
  root.querySelectorAll("[data-copy], [data-reveal], [data-dismiss]").forEach((button) => (button.hidden = false));
  root.querySelectorAll("form[data-word]").forEach(checkWord);
  root.querySelectorAll("[data-preview], [data-preview-property]").forEach(preview);
};

// A confirmation that wants a word: its button waits for it.
const checkWord = (form) => {
  form.querySelector("button[type=submit]").disabled = form.elements.confirm.value !== form.dataset.word;
};

const showToast = ({ tone = "info", text }) => {
  const toast = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  toast.className = `toast tone-${tone}`;
  const use = toast.querySelector("use");
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#tone-${tone}`));
  toast.querySelector("p").textContent = text;
  toast.querySelector("[data-dismiss]").hidden = false;
  document.getElementById("toasts").append(toast);
  expire(toast);
};
// Bad news stays until it is dismissed; the rest waits while it is pointed at or focused.
const expire = (toast) => {
  if (toast.classList.contains("tone-bad")) return;
  setTimeout(() => (toast.matches(":hover, :focus-within") ? expire(toast) : toast.remove()), 7000);
};

const copy = async (button) => {
  const label = button.querySelector("span");
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Select and copy";
  }
  announce(label.textContent);
  setTimeout(() => (label.textContent = before), 2000);
};

const reveal = (button) => {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
  button.textContent = shown ? "Hide" : "Show";
};

document.addEventListener("click", (event) => {
  const at = (selector) => event.target.closest(selector);
  if (at("[data-copy]")) copy(at("[data-copy]"));
  if (at("[data-reveal]")) reveal(at("[data-reveal]"));
  if (at("[data-dismiss]")) at(".toast").remove();
  const dialog = at("dialog");
  if (dialog && (at("[data-close]") || event.target === dialog)) {
    event.preventDefault();
    dialog.close();
  }
  document.querySelectorAll("details.menu[open]").forEach((menu) => menu.contains(event.target) || (menu.open = false));
});

document.addEventListener("input", ({ target }) => {
  if (target.form?.dataset.word) checkWord(target.form);
  preview(target);
  const color = /^#[0-9a-f]{6}$/i.test(target.value) ? target.value : "none";
  if ("color" in target.dataset) target.parentElement.querySelector(".swatch rect").setAttribute("fill", color);
});

// Live preview: data-preview names the element that shows the value as its text, data-preview-property the custom property
// that takes it (on the element of data-preview-on).
const preview = ({ dataset, value }) => {
  if (dataset?.preview) document.querySelectorAll(dataset.preview).forEach((element) => (element.textContent = value));
  if (dataset?.previewProperty) document.querySelector(dataset.previewOn)?.style.setProperty(dataset.previewProperty, value);
};

// Keys: / goes to the filter, arrows move between the rows of a table, Escape closes a menu.
const moveInTable = (event) => {
  const row = event.target.closest("tbody tr");
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  if (!row || !step || !event.target.matches("a, button")) return;
  const place = [...row.querySelectorAll("a, button")].indexOf(event.target);
  const others = row[step]?.querySelectorAll("a, button") ?? [];
  const next = others[Math.min(place, others.length - 1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const filter = document.querySelector("[data-filter]");
    if (filter) event.preventDefault();
    filter?.focus();
    filter?.select();
  }
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) menu.open = false;
    menu?.querySelector("summary").focus();
  }
  moveInTable(event);
});

// What htmx brings.
document.addEventListener("toast", (event) => showToast(event.detail));
// A request that was led elsewhere (to the sign-in, when the session is over) takes the whole page there.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const path = (address) => new URL(address, location.href).pathname;
  if (!detail.xhr.responseURL || path(detail.xhr.responseURL) === path(detail.pathInfo.requestPath)) return;
  detail.shouldSwap = false;
  location.assign(detail.xhr.responseURL);
});
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id === "dialog-content") document.getElementById("dialog").showModal();
});
document.addEventListener("htmx:afterSettle", ({ target }) => {
  enhance(target.parentElement ?? document);
  const count = document.querySelector("#results [data-announce]");
  if (count && target.id === "results") announce(count.textContent);
  if (document.activeElement === document.body) document.getElementById("results")?.focus();
});
const failures = { "htmx:sendError": "The server does not answer. Check the connection and try again.", "htmx:responseError": "That did not work. Reload the page and try again." };
for (const [name, text] of Object.entries(failures)) document.addEventListener(name, () => showToast({ tone: "bad", text }));

enhance(document);
document.querySelectorAll("#toasts .toast").forEach(expire);
document.querySelector("[data-focus]")?.focus();
