"use strict";
const form = document.getElementById("item");
const area = form.elements.text;

async function change(method, url, content) {
  try {
    await homeport.call(method, url, content);
    location.assign(form.dataset.list);
  } catch (error) {
    homeport.problem(error);
  }
}
form.addEventListener("submit", (event) => {
  event.preventDefault();
  change("PUT", form.dataset.put, { text: area.value, typed: "typed" in area.dataset, key: form.dataset.key, seen: form.dataset.seen });
});
const button = document.getElementById("delete");
let asked = false;
button?.addEventListener("click", () => {
  if (asked) { change("DELETE", form.dataset.delete, { key: form.dataset.key, seen: form.dataset.seen }); return; }
  asked = true;
  button.textContent = "Delete it for good?";
  button.addEventListener("blur", () => { asked = false; button.textContent = "Delete"; }, { once: true });
});
