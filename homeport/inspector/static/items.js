"use strict";
// The form of a table's page: more conditions, and an exact count in steps.
const query = document.getElementById("query");
const operator = query.elements.op;
operator?.addEventListener("change", () => { document.getElementById("until").hidden = operator.value !== "between"; });
query.elements.index.addEventListener("change", () => {
  // Another index has another key.
  for (const name of ["pk", "sk", "until"]) if (query.elements[name]) query.elements[name].value = "";
  query.requestSubmit();
});
query.addEventListener("submit", () => {
  for (const field of query.querySelectorAll("input, select")) if (!field.value) field.disabled = true;
  for (const rule of query.querySelectorAll(".rule")) {
    const [attribute, ...others] = rule.querySelectorAll("input, select");
    for (const field of [attribute, ...others]) field.disabled = !attribute.value;
  }
  if (operator && !query.elements.sk.value) operator.disabled = true;
});
document.getElementById("more-filters").addEventListener("click", () => {
  const rule = query.querySelector(".rule").cloneNode(true);
  for (const field of rule.querySelectorAll("input")) field.value = "";
  document.getElementById("filters").append(rule);
  rule.querySelector("input").focus();
});

const button = document.getElementById("count");
button.addEventListener("click", async () => {
  const counted = document.getElementById("counted");
  let [count, start] = [0, ""];
  button.disabled = true;
  do {
    const url = new URL(button.dataset.url, location.href);
    if (start) url.searchParams.set("start", start);
    const reply = await fetch(url);
    if (!reply.ok) { homeport.say((await reply.text()).trim()); break; }
    const found = await reply.json();
    count += found.count;
    start = found.next;
    counted.textContent = `${count.toLocaleString("en")}${start ? " so far" : count === 1 ? " item" : " items"}`;
  } while (start);
  button.disabled = false;
});
