"use strict";
// Swagger UI with names, levels and a tab order that assistive technology can follow; it has none of these settings.
// A button of Swagger UI that folds an operation has a link in it, which no button may have: its text is enough.
// Its layout has a <main>, and the page has one already.
function plugin(system) {
  const make = system.React.createElement;
  const DeepLink = ({ text }) => make("span", null, text);
  const PageLayout = ({ getComponent, specSelectors }) => {
    if (specSelectors.loadingStatus() === "loading" || !specSelectors.specStr()) return make("p", { className: "note" }, "Reading the document.");
    const parts = ["SvgAssets", "errors", "InfoContainer", "AuthorizeBtnContainer", "operations", "Models"];
    const made = parts.map((name) => make(getComponent(name, true), { key: name }));
    return make("div", { className: "swagger-ui" }, make("div", { className: "wrapper" }, made));
  };
  return { components: { DeepLink, PageLayout } };
}

const LEVELS = [[".info .title", 2], [".opblock-tag", 3], [".opblock-section-header h4, .responses-inner h4, .opblock-title_normal", 4], [".responses-inner h5, .response-control-media-type__title", 5]];
const NAMES = [[".content-type", "Media type"], [".examples-select-element", "Example"], ["select[data-property-name]", "Value"], [".auth-container input", "Value"], [".body-param__text", "Body"]];

function amend(root) {
  for (const [selector, level] of LEVELS) {
    for (const head of root.querySelectorAll(selector)) { head.setAttribute("role", "heading"); head.setAttribute("aria-level", level); }
  }
  for (const [selector, name] of NAMES) {
    for (const field of root.querySelectorAll(selector)) if (!field.hasAttribute("aria-label")) field.setAttribute("aria-label", name);
  }
  for (const row of root.querySelectorAll("tr[data-param-name]")) {
    for (const field of row.querySelectorAll("input, select, textarea")) if (!field.labels?.length) field.setAttribute("aria-label", row.dataset.paramName);
  }
  for (const table of root.querySelectorAll("table[role=region]")) table.removeAttribute("role");
  for (const text of root.querySelectorAll("pre, .highlight-code, .table-container")) if (!text.hasAttribute("tabindex")) text.tabIndex = 0;
}

const swagger = document.getElementById("swagger");
new MutationObserver(() => amend(swagger)).observe(swagger, { childList: true, subtree: true });
