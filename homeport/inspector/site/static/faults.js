"use strict";
async function turn(text, on) {
  try {
    await homeport.call("POST", "/faults", { text, on });
    location.reload();
  } catch (error) {
    homeport.problem(error);
  }
}
for (const box of document.querySelectorAll("[data-fault]")) {
  box.addEventListener("change", () => turn(box.dataset.fault, box.checked));
}
for (const button of document.querySelectorAll("[data-forget]")) {
  button.addEventListener("click", async () => {
    try {
      await homeport.call("DELETE", "/faults", { text: button.dataset.forget });
      location.reload();
    } catch (error) {
      homeport.problem(error);
    }
  });
}
document.getElementById("fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const { place, action, kind, probability } = event.target.elements;
  const share = Number(probability.value) === 1 ? "" : `@${probability.value}`;
  turn(`${place.value}${action.value && `.${action.value}`}=${kind.value}${share}`, true);
});
document.getElementById("written").addEventListener("submit", (event) => {
  event.preventDefault();
  turn(event.target.elements.text.value.trim(), true);
});
