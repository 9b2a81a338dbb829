"use strict";
const form = document.getElementById("send");
const put = (id, text) => { document.getElementById(id).textContent = text; };

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

function show(answer) {
  const kind = answer.status >= 500 ? "server" : answer.status >= 400 ? "client" : "ok";
  document.getElementById("answer-status").className = `status ${kind}`;
  put("answer-status", answer.status);
  put("answer-ms", `${answer.ms} ms`);
  put("answer-headers", answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  put("answer-body", answer.encoding ? answer.body : indented(answer.body));
  const link = document.getElementById("answer-link");
  link.hidden = !answer.id;
  if (answer.id) link.href = `/requests/${encodeURIComponent(answer.id)}?new`;
  const section = document.getElementById("answer");
  section.hidden = false;
  section.scrollIntoView({ block: "nearest" });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements;
  const content = { method: field.method.value, target: field.target.value, headers: headers(field.headers.value), api: field.api.value };
  content["base64" in field.body.dataset ? "body64" : "body"] = field.body.value;
  try {
    show(await homeport.call("POST", "/send", content));
  } catch (error) {
    homeport.problem(error);
  }
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
