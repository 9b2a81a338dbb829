"use strict";
const save = document.getElementById("save-test");
save.addEventListener("click", async () => {
  save.disabled = true;
  try {
    const done = await homeport.call("POST", save.dataset.url);
    homeport.say(done.saved ? `Saved as ${done.text}` : done.text);
  } catch (error) {
    homeport.problem(error);
  }
  save.disabled = false;
});
