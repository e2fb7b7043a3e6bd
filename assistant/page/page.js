// Runs once, for the article's panel: `element` is it, `trigger` tells the server, `props.value` is
// the HTML it shows, and `watch` is told when that has changed.

const links = () => [...document.querySelectorAll("#chat a.mark")];
const sourceOf = link => document.getElementById(link.hash.slice(1).replace("cited", "source"));
const opener = target => target.closest?.(':is(#chat, #quote) a[href^="#cited-"]');

// The quote shown at a mark

const quote = document.createElement("aside");
quote.id = "quote";
quote.hidden = true;
element.closest(".gradio-container").append(quote);

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
    if (link?.classList.contains("mark") && event.pointerType !== "touch") show(link);
    else if (!quote.contains(event.target)) hide();
  });
}

// The article opened and closed

function open(link) {
  hide();
  links().forEach(other => other.classList.toggle("open", other.hash === link.hash));
  const [, turn, n] = link.hash.split("-").map(Number);
  trigger("open", { turn, n });
}

function close() {
  props.value = "";
  document.querySelector("#chat a.open")?.focus();
  links().forEach(link => link.classList.remove("open"));
}

watch("value", () => {
  element.querySelector("h2")?.focus({ preventScroll: true });
  element.querySelector("mark.chosen")?.scrollIntoView({ block: "center" });
});

async function copy(button) {
  await navigator.clipboard.writeText(button.parentElement.nextElementSibling.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

document.addEventListener("click", event => {
  const link = opener(event.target);
  if (link) {
    event.preventDefault();
    // A finger cannot hover: its first tap on a mark shows the quote, which itself opens the article.
    if (event.pointerType === "touch" && link.classList.contains("mark")) show(link);
    else open(link);
  } else if (event.target.closest("#article .close")) {
    close();
  } else if (event.target.closest("button.copy")) {
    copy(event.target);
  }
});

// The keyboard: / asks, n and p go through the citations, Escape closes what is open or stops

document.addEventListener("keydown", event => {
  if (event.key === "Escape") {
    if (!quote.hidden) hide();
    else if (props.value) close();
    else document.querySelector("#box .stop-button")?.click();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("#box textarea").focus();
  } else if (event.key === "n" || event.key === "p") {
    const all = links();
    const now = all.findIndex(link => link.classList.contains("open"));
    const next = event.key === "n" ? now + 1 : Math.max(now, 0) - 1;
    if (all.length) open(all.at(next % all.length));
  }
});

// A new question is scrolled to the top, where its answer is read from the beginning. And Gradio
// labels a message with its source, which is HTML here: a screen reader does better to read it.

let asked = 0;

new MutationObserver(() => {
  const questions = document.querySelectorAll("#chat .user-row");
  if (questions.length > asked) questions[questions.length - 1].scrollIntoView({ block: "start" });
  asked = questions.length;
  const labelled = document.querySelectorAll('#chat [aria-label*="message: <"]');
  labelled.forEach(message => message.removeAttribute("aria-label"));
}).observe(element.closest(".gradio-container"), {
  attributeFilter: ["aria-label"],
  childList: true,
  subtree: true,
});
