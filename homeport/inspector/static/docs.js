"use strict";
// Swagger UI, whose "try it" goes through the inspector: so it can send any header, and the API needs no CORS for it.
const place = document.getElementById("swagger");
const base = place.dataset.api;
let token = "";

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
  if (token && !has("authorization")) headers.push(["Authorization", `Bearer ${token}`]);
  const body64 = coded(new Uint8Array(await packed.arrayBuffer()));
  const target = text.slice(base.length) || "/";
  const answer = await homeport.call("POST", "/send", { method: asked.method ?? "GET", target, headers, body64, api: place.dataset.name });
  const content = answer.encoding ? decoded(answer.body) : answer.body;
  const empty = [204, 205, 304].includes(answer.status);
  return new Response(empty ? null : content, { status: answer.status, headers: answer.headers });
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", follow);
  follow();
  globalThis.ui = SwaggerUIBundle({
    url: place.dataset.spec,
    domNode: place,
    deepLinking: true,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    syntaxHighlight: { activated: false },
    requestInterceptor(asked) {
      if (!asked.loadSpec) asked.userFetch = through;
      return asked;
    },
  });
}

document.getElementById("mint")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { sub, scope, authorizer } = event.target.elements;
  try {
    const minted = await homeport.call("POST", "/token", {
      api: place.dataset.name, sub: sub.value, scope: scope.value, authorizer: authorizer?.value || null,
    });
    token = minted.token;
    document.getElementById("token").value = token;
    document.getElementById("minted").hidden = false;
    document.getElementById("problem").hidden = true;
  } catch (error) {
    homeport.problem(error);
  }
});
document.getElementById("forget")?.addEventListener("click", () => {
  token = "";
  document.getElementById("token").value = "";
  document.getElementById("minted").hidden = true;
});
start();
