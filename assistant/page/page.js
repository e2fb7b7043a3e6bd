// Runs once, for the article's panel: `element` is it, `trigger` tells the server, `props.value` is
// the HTML it shows, and `watch` is told when that has changed.

// What a button or a form in the page's HTML may send, by its name.
const EVENTS = [
  "retry", "edit", "refine", "rate", "comment",
  "fill", "read", "delete", "between", "more", "further",
  "resume", "rename", "forget", "export",
];

const root = element.closest(".gradio-container");
const links = () => [...document.querySelectorAll("#chat a.mark")];
const sourceOf = link => document.getElementById(link.hash.slice(1).replace("cited", "source"));
const opener = target => target.closest?.(':is(#chat, #quote) a[href^="#cited-"]');

function send(name, data) {
  if (EVENTS.includes(name)) trigger(name, data);
}

// The quote shown at a mark

const quote = document.createElement("aside");
quote.id = "quote";
quote.hidden = true;
root.append(quote);

function show(link) {
  quote.replaceChildren(...sourceOf(link).cloneNode(true).childNodes);
  quote.hidden = false;
  const at = link.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - quote.offsetWidth - 16);
  const below = at.bottom + 8 + quote.offsetHeight < innerHeight;
  quote.style.left = `${Math.max(16, left)}px`;
  quote.style.top = `${below ? at.bottom + 8 : Math.max(8, at.top - 8 - quote.offsetHeight)}px`;
}

function hide() {
  quote.hidden = true;
}

for (const enter of ["pointerover", "focusin"]) {
  document.addEventListener(enter, event => {
    const link = opener(event.target);
    if (link?.matches(".mark, .tick") && event.pointerType !== "touch") show(link);
    else if (!quote.contains(event.target)) hide();
  });
}

// The article opened and closed

let openedBy = null;

function open(link) {
  hide();
  openedBy = link;
  links().forEach(other => other.classList.toggle("open", other.hash === link.hash));
  const [, turn, n] = link.hash.split("-").map(Number);
  trigger("open", { turn, n });
}

function close() {
  props.value = "";
  openedBy?.focus();
  links().forEach(link => link.classList.remove("open"));
}

watch("value", () => {
  element.querySelector("h2")?.focus({ preventScroll: true });
  const chosen = element.querySelector("mark.chosen");
  if (chosen) chosen.scrollIntoView({ block: "center" });
  else element.scrollTop = 0;
});

// What the server gives to be kept as a file

watch("download", () => {
  const { name, text } = props.download ?? {};
  if (!name) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
});

async function copy(button) {
  await navigator.clipboard.writeText(button.nextElementSibling.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

document.addEventListener("click", event => {
  const link = opener(event.target);
  const button = event.target.closest(".gradio-container button");
  if (link) {
    event.preventDefault();
    // A finger cannot hover: its first tap on a mark shows the quote, which itself opens the article.
    if (event.pointerType === "touch" && link.classList.contains("mark")) show(link);
    else open(link);
  } else if (button?.matches(".close")) {
    close();
  } else if (button?.matches(".copy")) {
    copy(button);
  } else if (button?.matches(".keys")) {
    document.getElementById("keys").showModal();
  } else if (button?.name) {
    if (button.name === "read") openedBy = button;
    send(button.name, JSON.parse(button.value));
  }
});

document.addEventListener("submit", event => {
  const name = event.target.getAttribute("name");
  if (!EVENTS.includes(name)) return;
  event.preventDefault();
  send(name, Object.fromEntries(new FormData(event.target)));
});

// Gradio takes no folder that is dropped: it is given the files in it, by their paths there.

async function within(entry) {
  if (entry.name.startsWith(".")) return [];
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    const path = entry.fullPath.split("/").slice(2);
    return [path.length ? new File([file], path.join("_")) : file];
  }
  const reader = entry.createReader();
  const found = [];
  for (let some = [null]; some.length; found.push(...some)) {
    some = await new Promise((done, failed) => reader.readEntries(done, failed));
  }
  return (await Promise.all(found.map(within))).flat();
}

document.addEventListener("drop", async event => {
  const input = event.target.closest("#adding")?.querySelector("input[type=file]");
  const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry());
  if (!input || !entries.some(entry => entry?.isDirectory)) return;
  event.preventDefault();
  event.stopPropagation();
  const found = (await Promise.all(entries.map(within))).flat();
  const files = new DataTransfer();
  found.sort((one, other) => one.name.localeCompare(other.name));
  found.forEach(file => files.items.add(file));
  input.files = files.files;
  input.dispatchEvent(new Event("change"));
}, true);

// The keyboard: / asks, n and p go through the citations, Escape closes what is open or stops

document.addEventListener("keydown", event => {
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (!quote.hidden) hide();
    else if (props.value) close();
    else document.querySelector("#box .stop-button")?.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#box textarea")?.focus();
  } else if (event.key === "?") {
    document.getElementById("keys").showModal();
  } else if (event.key === "n" || event.key === "p") {
    const all = links();
    const now = all.findIndex(link => link.classList.contains("open"));
    const next = event.key === "n" ? now + 1 : Math.max(now, 0) - 1;
    if (all.length) open(all.at(next % all.length));
  }
});

// A new question is scrolled to the top, where its answer is read from the beginning. And what
// Gradio tells screen readers is mended: it labels a message with its source, which is HTML here,
// calls buttons a list, and gives those that are but a picture no name.

const NAMES = {
  ".calendar": "Choose a day",
  ".stop-button": "Stop",
  "#box .submit-button": "Ask",
  "#adding .submit-button": "Add",
  ".submit-button": "Search",
};
let asked = 0;

new MutationObserver(() => {
  const questions = document.querySelectorAll("#chat .user-row");
  if (questions.length > asked) questions[questions.length - 1].scrollIntoView({ block: "start" });
  asked = questions.length;
  const labelled = document.querySelectorAll('#chat [aria-label*="message: <"]');
  labelled.forEach(message => message.removeAttribute("aria-label"));
  document.querySelectorAll("#chat .examples[role]").forEach(list => list.removeAttribute("role"));
  for (const [kind, name] of Object.entries(NAMES)) {
    document.querySelectorAll(`${kind}:not([aria-label])`).forEach(button => {
      button.setAttribute("aria-label", name);
    });
  }
}).observe(root, {
  attributeFilter: ["aria-label"],
  childList: true,
  subtree: true,
});
