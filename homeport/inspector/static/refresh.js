"use strict";
// Parts of a page that go on changing: each is asked for anew, and replaced where it differs and nobody is in it.
const EVERY = 1000;
// A request's consequences may come for minutes: a message waits for its visibility timeout.
const LONGEST = 10 * 60 * 1000;
const begun = Date.now();

async function refresh(part) {
  if (document.hidden || part.contains(document.activeElement)) return;
  const reply = await fetch(part.dataset.refresh);
  if (!reply.ok) return;
  const html = await reply.text();
  // Made by the inspector's own template, which escapes every value.
  if (html !== part.dataset.shown) part.innerHTML = html;
  part.dataset.shown = html;
}

async function refreshAll() {
  for (const part of document.querySelectorAll("[data-refresh]")) await refresh(part).catch(() => {});
  if (Date.now() - begun < LONGEST) setTimeout(refreshAll, EVERY);
}
setTimeout(refreshAll, EVERY);
