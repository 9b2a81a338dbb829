"use strict";
// A recorded request as a pytest: the dialog with its choices, progress, and the file that was written.
const saveDialog = document.getElementById("save-dialog");
const saveForm = document.getElementById("save-form");

document.getElementById("save-test").addEventListener("click", () => {
  // On the page Send it may be about another request than before.
  for (const id of ["saved", "save-problem"]) document.getElementById(id).hidden = true;
  document.getElementById("save-progress").textContent = "";
  saveDialog.showModal();
});
document.getElementById("save-close").addEventListener("click", () => saveDialog.close());

saveForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, check, force } = saveForm.elements;
  const button = saveForm.querySelector("button.primary");
  const progress = document.getElementById("save-progress");
  const problem = document.getElementById("save-problem");
  const begun = Date.now();
  const tell = () => { progress.textContent = `Looking for what it needs: ${Math.round((Date.now() - begun) / 1000)} s`; };
  const ticking = setInterval(tell, 1000);
  tell();
  button.disabled = true;
  problem.hidden = true;
  document.getElementById("saved").hidden = true;
  try {
    const done = await homeport.call("POST", saveForm.dataset.url, { name: name.value.trim(), check: check.value, force: force.checked });
    document.getElementById("saved-file").textContent = done.file;
    document.getElementById("saved-command").textContent = `pytest ${done.file}`;
    document.getElementById("saved").hidden = false;
    progress.textContent = done.notes;
  } catch (error) {
    progress.textContent = "";
    problem.textContent = error.message;
    problem.hidden = false;
  }
  clearInterval(ticking);
  button.disabled = false;
});
