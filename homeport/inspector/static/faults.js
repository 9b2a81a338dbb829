"use strict";
// True once the stack has taken it; the page that comes then shows what is on.
async function ordered(method, content) {
  try {
    await homeport.call(method, "/faults", content);
    location.reload();
    return true;
  } catch (error) {
    homeport.problem(error);
    return false;
  }
}
const turn = (text, on) => ordered("POST", { text, on });
for (const box of document.querySelectorAll("[data-fault]")) {
  box.addEventListener("change", async () => {
    // Not to be had until the stack has answered: until then the fault is as it was.
    box.disabled = true;
    if (await turn(box.dataset.fault, box.checked)) return;
    box.checked = !box.checked;
    box.disabled = false;
  });
}
for (const button of document.querySelectorAll("[data-forget]")) {
  button.addEventListener("click", () => ordered("DELETE", { text: button.dataset.forget }));
}
document.getElementById("all-off")?.addEventListener("click", () => ordered("DELETE", { every: true }));
const shareOf = (field) => Number(field.value) === 1 ? "" : `@${field.value}`;
document.getElementById("service-fault")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { target, kind, probability } = event.target.elements;
  turn(`${target.value}=${kind.value}${shareOf(probability)}`, true);
});
document.getElementById("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const { place, action, kind, probability } = event.target.elements;
  const share = shareOf(probability);
  turn(`${place.value}${action.value && `.${action.value}`}=${kind.value}${share}`, true);
});
document.getElementById("written").addEventListener("submit", (event) => {
  event.preventDefault();
  turn(event.target.elements.text.value.trim(), true);
});
