/**
 * A labelled field with its hint, and what was wrong with what was sent.
 */

import { html, nothing } from "./html.js";

/**
 * The sentence that a problem has about one value.
 * @param {import("../net/api.js").Problem | null} problem
 * @param {string} pointer
 */
export const wrongAt = (problem, pointer) => problem?.errors.find((one) => one.pointer === pointer)?.detail ?? "";

/**
 * @param {object} parts
 * @param {string} parts.id also its name
 * @param {string} parts.label
 * @param {string} [parts.hint]
 * @param {string} [parts.wrong]
 * @param {boolean} [parts.required]
 * @param {number} [parts.maxlength]
 * @param {string} [parts.look] classes
 * @param {string} [parts.autocomplete]
 * @param {string} [parts.value] only at first
 * @param {string} [parts.type]
 * @param {string} [parts.inputmode]
 */
export function field({ id, label, hint = "", wrong = "", required = false, maxlength = 100, look = "", autocomplete = "off", value = "", type = "text", inputmode = "" }) {
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
    <input id=${id} name=${id} type=${type} inputmode=${inputmode || nothing} class=${look} value=${value} maxlength=${maxlength} ?required=${required} autocomplete=${autocomplete}
      spellcheck="false" aria-describedby=${told || nothing} aria-invalid=${wrong ? "true" : nothing}>
    ${wrong ? html`<p class="wrong" id="${id}-wrong">${wrong}</p>` : nothing}
  </div>`;
}
