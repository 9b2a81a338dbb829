"use strict";
// The form of /send: credentials of the route, the response beside it, and what was sent from this browser.
const form = document.getElementById("send");
const field = form.elements;
const MOST_KEPT = 20;
const key = `homeport.sent:${form.dataset.project}`;
const recorded = "recorded" in form.dataset;
const part = (id) => document.getElementById(id);
const put = (id, text) => { part(id).textContent = text; };

function headers(text) {
  return text.split("\n").filter((line) => line.trim()).map((line) => {
    const [name, ...rest] = line.split(":");
    return [name.trim(), rest.join(":").trim()];
  });
}

function indented(text) {
  try { JSON.parse(text); } catch { return text; }
  // Numbers that JavaScript can't hold stay as they are written.
  return /\d{16}/.test(text) ? text : JSON.stringify(JSON.parse(text), null, 2);
}

const statusClass = (status) => `status ${status >= 500 ? "server" : status >= 400 ? "client" : "ok"}`;

// What the route of this method and path asks for.
async function showNeeds() {
  const asked = new URLSearchParams({ api: field.api.value, method: field.method.value, target: field.target.value });
  const reply = await fetch(`/send/credentials?${asked}`);
  const found = reply.ok ? await reply.json() : { operation: null, needs: [] };
  const texts = found.needs.length ? found.needs : [{ text: found.operation ? "none: the operation is open" : "no operation has this method and path", made: true }];
  part("needs").replaceChildren(...texts.map(({ text, made }) => {
    const line = document.createElement("li");
    line.textContent = text;
    if (!made) line.className = "error";
    return line;
  }));
  part("choices").hidden = !field.local.checked || !found.needs.some((each) => each.made);
  if (field.caller) field.caller.closest("label").hidden = !found.signed;
  if (field.user) for (const each of [field.user, field.scopes]) each.closest("label").hidden = !found.needs.some((need) => need.text.startsWith("a token"));
  if (field.scopes) field.scopes.placeholder = found.scopes?.join(" ") || "none";
}

function credentials() {
  if (!field.local.checked) return undefined;
  return { user: field.user?.value, scopes: field.scopes?.value.trim() || null, caller: field.caller?.value };
}

function show(answer) {
  part("answer-status").className = statusClass(answer.status);
  put("answer-status", `${answer.status} ${answer.reason}`);
  part("answer-status").hidden = part("answer-facts").hidden = false;
  put("answer-ms", `${answer.ms} ms`);
  put("answer-size", `${answer.size.toLocaleString("en")} bytes`);
  put("answer-added", answer.added.length ? `Added: ${answer.added.join(", ")}` : "");
  put("answer-headers", answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  put("answer-body", answer.encoding ? answer.body : indented(answer.body));
  part("answer-none").hidden = true;
  part("answer-parts").hidden = false;
  const kept = recorded && answer.id;
  part("answer-link").hidden = part("save-test").hidden = !kept;
  if (kept) {
    const url = `/requests/${encodeURIComponent(answer.id)}`;
    part("answer-link").href = `${url}?new`;
    part("save-form").dataset.url = `${url}/save-test?new`;
  }
  part("answer").scrollIntoView({ block: "nearest" });
}

function sentBefore() {
  try { return JSON.parse(localStorage.getItem(key)) ?? []; } catch { return []; }
}

// No headers and no bodies: they may hold what is secret. The recording has them, redacted.
function keep(answer) {
  const entry = { method: field.method.value, target: field.target.value, api: field.api.value, status: answer.status, id: recorded ? answer.id : "" };
  localStorage.setItem(key, JSON.stringify([entry, ...sentBefore()].slice(0, MOST_KEPT)));
  listSent();
}

function listSent() {
  const entries = sentBefore();
  part("sent-here").hidden = !entries.length;
  part("sent-list").replaceChildren(...entries.map((entry) => {
    const link = document.createElement("a");
    const wanted = entry.id ? { from: entry.id } : { api: entry.api, method: entry.method, target: entry.target };
    link.href = `${form.dataset.form}?${new URLSearchParams(wanted)}`;
    for (const [text, style] of [[entry.method, `method ${entry.method.toLowerCase()}`], [entry.target, "target"], [entry.status, statusClass(entry.status)]]) {
      const span = document.createElement("span");
      span.textContent = text;
      span.className = style;
      link.append(span, " ");
    }
    const line = document.createElement("li");
    line.append(link);
    return line;
  }));
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button.primary");
  const content = { method: field.method.value, target: field.target.value, headers: headers(field.headers.value), api: field.api.value, credentials: credentials() };
  content["base64" in field.body.dataset ? "body64" : "body"] = field.body.value;
  button.disabled = true;
  part("answer").setAttribute("aria-busy", "true");
  try {
    const answer = await homeport.call("POST", "/send", content);
    show(answer);
    keep(answer);
  } catch (error) {
    homeport.problem(error);
  }
  part("answer").removeAttribute("aria-busy");
  button.disabled = false;
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

let waiting;
for (const each of [field.method, field.target, field.local]) {
  each.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(showNeeds, 200); });
}
for (const chip of form.querySelectorAll("[data-query]")) {
  chip.addEventListener("click", () => {
    const joint = field.target.value.includes("?") ? "&" : "?";
    field.target.value += `${joint}${encodeURIComponent(chip.dataset.query)}=${encodeURIComponent(chip.dataset.value)}`;
    chip.hidden = true;
    field.target.focus();
  });
}
for (const chip of form.querySelectorAll("[data-header]")) {
  chip.addEventListener("click", () => {
    const before = field.headers.value.trimEnd();
    field.headers.value = `${before}${before && "\n"}${chip.dataset.header}: ${chip.dataset.value}\n`;
    chip.hidden = true;
    field.headers.focus();
  });
}
part("search").addEventListener("input", (event) => {
  const wanted = event.target.value.trim().toLowerCase();
  for (const group of document.querySelectorAll(".offer-group")) {
    const lines = [...group.querySelectorAll("li")];
    for (const line of lines) line.hidden = !line.dataset.words.includes(wanted);
    group.hidden = lines.every((line) => line.hidden);
  }
});
part("forget-sent").addEventListener("click", () => { localStorage.removeItem(key); listSent(); });
// Beside the form the list is in sight; above it, it would hide the form.
if (matchMedia("(max-width: 1099px)").matches) for (const list of document.querySelectorAll(".offers details")) list.open = false;
listSent();
showNeeds();
