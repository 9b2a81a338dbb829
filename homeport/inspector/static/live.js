"use strict";
// New requests at the top of the list, as they come.
const table = document.getElementById("requests");
const body = table.tBodies[0];
const MOST = 300;
const EACH = 1000;
let newest = Number(table.dataset.newest);

async function look() {
  const asked = new URLSearchParams(location.search);
  asked.set("after", newest);
  const reply = await fetch(`/requests/rows?${asked}`);
  if (!reply.ok) return;
  const found = await reply.json();
  if (found.begun_anew) { location.reload(); return; }
  newest = found.newest;
  if (!found.count) return;
  const known = body.rows.length;
  body.insertAdjacentHTML("afterbegin", found.html);
  for (const row of [...body.rows].slice(0, body.rows.length - known)) row.classList.add("new");
  while (body.rows.length > MOST) body.deleteRow(-1);
  document.getElementById("empty").hidden = true;
  document.getElementById("list").hidden = false;
  document.getElementById("kept").textContent = found.total;
}

async function follow() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EACH));
    // While homeport dev is started again nothing answers; the next look may.
    if (!document.hidden) await look().catch(() => undefined);
  }
}
if ("live" in table.dataset) follow();
