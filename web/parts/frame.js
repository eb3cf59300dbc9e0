/**
 * What stands around every view: the bar on top with the mark, a title and what a page adds.
 */

import { t } from "../texts/texts.js";
import { html, nothing, render } from "./html.js";

/** @typedef {ReturnType<typeof html> | Node | string | typeof nothing} View */

/**
 * @param {object} parts
 * @param {string} [parts.title] of the tab
 * @param {string} [parts.bar] what stands in the bar: the title, unless the page itself says it
 * @param {View} [parts.aside] on the right of the bar
 * @param {View} parts.main
 * @param {View} [parts.foot]
 * @param {string} [parts.look] classes of the main part
 */
export function show({ title = "", bar = title, aside = nothing, main, foot = nothing, look = "" }) {
  document.title = title ? `${title} – Podium` : "Podium";
  render(frame(bar, aside, main, foot, look), place());
}

/** Where the views go; what the shell had there says only that something comes. */
function place() {
  const app = /** @type {HTMLElement} */ (document.getElementById("app"));
  if (!app.dataset.begun) {
    app.replaceChildren();
    app.dataset.begun = "yes";
  }
  return app;
}

/**
 * @param {string} title
 * @param {View} aside
 * @param {View} main
 * @param {View} foot
 * @param {string} look
 */
const frame = (title, aside, main, foot, look) => html`
  <header class="bar">
    <a class="brand" href="/" aria-label=${t("to-start")}><img src="/web/mark.svg" alt="" width="32" height="32">${title ? nothing : "Podium"}</a>
    ${title ? html`<p class="title"><strong>${title}</strong></p>` : nothing}
    ${aside}
  </header>
  <main class=${look}>${main}</main>
  ${foot}`;

/** That something comes. */
export const loading = () => html`<p class="loading" role="status">${t("loading")}</p>`;
