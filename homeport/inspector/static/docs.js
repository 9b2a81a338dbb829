"use strict";
// Swagger UI, whose "try it" goes through the inspector: so it can send any header, and the API needs no CORS for it.
const place = document.getElementById("swagger");
const base = place.dataset.api;
const choices = document.getElementById("mint")?.elements;

function credentials() {
  if (!choices?.local.checked) return undefined;
  return { user: choices.sub?.value, scopes: choices.scope?.value.trim() || null, caller: choices.caller?.value };
}

const coded = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function through(url, asked) {
  const text = typeof url === "string" ? url : url.url;
  if (!text.startsWith(base)) throw new Error(`only ${base} is asked from here`);
  const packed = new Response(asked.body ?? null);
  const headers = Object.entries(asked.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const has = (wanted) => headers.some(([name]) => name.toLowerCase() === wanted);
  const kind = packed.headers.get("Content-Type");
  if (asked.body && kind && !has("content-type")) headers.push(["Content-Type", kind]);
  const body64 = coded(new Uint8Array(await packed.arrayBuffer()));
  const target = text.slice(base.length) || "/";
  const answer = await homeport.call("POST", "/send", { method: asked.method ?? "GET", target, headers, body64, api: place.dataset.name, credentials: credentials() });
  const content = answer.encoding ? decoded(answer.body) : answer.body;
  const empty = [204, 205, 304].includes(answer.status);
  return new Response(empty ? null : content, { status: answer.status, headers: answer.headers });
}

function start() {
  globalThis.ui = SwaggerUIBundle({
    url: place.dataset.spec,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null,
    syntaxHighlight: { activated: false },
    plugins: [plugin],
    layout: "PageLayout",
    requestInterceptor(asked) {
      if (!asked.loadSpec) asked.userFetch = through;
      return asked;
    },
  });
}

document.getElementById("mint")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!choices.sub) return;
  try {
    const minted = await homeport.call("POST", "/token", { api: place.dataset.name, sub: choices.sub.value, scope: choices.scope.value });
    document.getElementById("token").value = minted.token;
    document.getElementById("minted").hidden = false;
    document.getElementById("problem").hidden = true;
  } catch (error) {
    homeport.problem(error);
  }
});
start();
