"use strict";
// What every page has: state-changing calls with the token, copying, and the keys.
const homeport = {
  token: document.querySelector('meta[name="homeport-token"]').content,

  async call(method, url, content) {
    const headers = { "Content-Type": "application/json", "X-Homeport-Token": this.token };
    const reply = await fetch(url, { method, headers, body: JSON.stringify(content ?? {}) });
    if (!reply.ok) throw new Error((await reply.text()).trim());
    return reply.json();
  },

  say(text) {
    const place = document.getElementById("said");
    place.textContent = text;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { place.textContent = ""; }, 8000);
  },

  // On the page that comes.
  sayNext(text) {
    sessionStorage.setItem("said", text);
  },

  problem(error) {
    const place = document.getElementById("problem");
    if (!place) { this.say(error.message); return; }
    place.textContent = error.message;
    place.hidden = false;
  },

  async copy(id) {
    const place = document.getElementById(id);
    await navigator.clipboard.writeText(place.value ?? place.textContent);
    this.say("Copied.");
  },
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => homeport.copy(button.dataset.copy).catch((error) => homeport.problem(error)));
}

// Before its script runs, a button would do nothing, and a form would load its page again without what was written.
document.addEventListener("DOMContentLoaded", () => {
  for (const control of document.querySelectorAll("[data-scripted]")) control.disabled = false;
});

const left = sessionStorage.getItem("said");
if (left) {
  sessionStorage.removeItem("said");
  homeport.say(left);
}

const help = document.getElementById("help");
document.getElementById("help-button").addEventListener("click", () => help.showModal());

function move(step) {
  const links = [...document.querySelectorAll("table.rows tbody tr a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  if (next) next.focus();
}

const keys = {
  "?": () => help.showModal(),
  "/": () => document.getElementById("search")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  e: () => document.getElementById("edit")?.click(),
  c: () => document.getElementById("copy-curl")?.click(),
};
let going = false;
document.addEventListener("keydown", (event) => {
  const writing = event.target.closest("input, textarea, select");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (going) {
    going = false;
    document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
  } else if (event.key === "g") {
    going = true;
  } else if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

// The state of the stack, as it changes: banners, and the dot of each process.
const banners = document.getElementById("banners");
const LOOK_EVERY = 2000;
function replaceIfNew(place, html) {
  // Made by the inspector's own templates, which escape every value.
  if (place.dataset.shown !== html) place.innerHTML = html;
  place.dataset.shown = html;
}
async function lookAtStack() {
  try {
    const reply = await fetch(banners.dataset.status);
    if (!reply.ok) return;
    const found = await reply.json();
    replaceIfNew(banners, found.banners);
    replaceIfNew(document.getElementById("processes"), found.processes);
  } catch {
    replaceIfNew(banners, '<p class="banner bad"><strong>homeport dev does not answer.</strong> It was stopped, or it starts again.</p>');
  }
}
(async () => {
  for (;;) {
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
    if (!document.hidden) await lookAtStack();
  }
})();
