"use strict";
// The edges of the box under the pointer, or with the focus, stand out; a search keeps what it finds, and what is joined to it.
const drawing = document.getElementById("diagram");
const nodes = drawing ? [...drawing.querySelectorAll("[data-node]")] : [];
const edges = drawing ? [...drawing.querySelectorAll("[data-ends]")] : [];

function light(chosen) {
  const near = new Set(chosen);
  for (const edge of edges) {
    const ends = edge.dataset.ends.split(" ");
    const lit = ends.some((end) => chosen.has(end));
    edge.classList.toggle("lit", lit);
    if (lit) for (const end of ends) near.add(end);
  }
  for (const node of nodes) node.classList.toggle("lit", near.has(node.dataset.node));
  drawing.classList.toggle("lighting", chosen.size > 0);
}

const search = document.getElementById("search");
function found() {
  const wanted = search.value.trim().toLowerCase();
  if (!wanted) return new Set();
  return new Set(nodes.filter((node) => node.textContent.toLowerCase().includes(wanted)).map((node) => node.dataset.node));
}
search.addEventListener("input", () => drawing && light(found()));
document.getElementById("find").addEventListener("submit", (event) => {
  event.preventDefault();
  nodes.find((node) => found().has(node.dataset.node))?.focus();
});
for (const node of nodes) {
  for (const begin of ["pointerenter", "focus"]) node.addEventListener(begin, () => light(new Set([node.dataset.node])));
  for (const end of ["pointerleave", "blur"]) node.addEventListener(end, () => light(found()));
}
