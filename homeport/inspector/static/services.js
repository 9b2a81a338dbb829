"use strict";
// What the pages of services send: forms, and buttons of which some have to be pressed twice.
const answer = document.getElementById("answer");

async function carryOut(url, content, button) {
  button.disabled = true;
  document.getElementById("problem").hidden = true;
  try {
    const done = await homeport.call("POST", url, content);
    if (!done.shown && !done.html) {
      homeport.sayNext(done.said);
      if (done.to) location.assign(done.to); else location.reload();
      return;
    }
    homeport.say(done.said);
    document.getElementById("answer-title").textContent = done.said;
    // Made by the inspector's own template, which escapes every value.
    document.getElementById("answer-list").innerHTML = done.html;
    document.getElementById("answer-text").textContent = done.shown;
    document.getElementById("answer-text").hidden = !done.shown;
    answer.hidden = false;
    connect(document.getElementById("answer-list"));
  } catch (error) {
    homeport.problem(error);
  }
  button.disabled = false;
}

function connect(part) {
  for (const button of part.querySelectorAll("[data-action]")) {
    button.disabled = false;
    const label = button.textContent;
    let asked = !("asks" in button.dataset);
    button.addEventListener("click", () => {
      if (asked) { carryOut(button.dataset.action, JSON.parse(button.dataset.values), button); return; }
      asked = true;
      button.textContent = `${label}: sure?`;
      button.addEventListener("blur", () => { asked = false; button.textContent = label; }, { once: true });
    });
  }
}
connect(document);

// In base64: the text is sent as JSON.
function readFile(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

for (const form of document.querySelectorAll("[data-form]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const content = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type !== "file") { content[field.name] = field.value; continue; }
      if (!field.files.length) continue;
      content[field.name] = await readFile(field.files[0]);
      content[`${field.name}_name`] = field.files[0].name;
    }
    carryOut(form.dataset.form, content, form.querySelector("button"));
  });
}
