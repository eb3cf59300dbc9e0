/**
 * The fields of the console's forms: labelled, with a hint, and with what was wrong about them.
 */

import { html, live, nothing } from "../../parts/html.js";

/**
 * @typedef {object} Field
 * @property {string} id also its name
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [wrong]
 */

/**
 * @param {Field} field
 * @param {(told: string) => unknown} input is given the ids that describe it
 */
function labelled({ id, label, hint = "", wrong = "" }, input) {
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return html`<div class="field"><label for=${id}>${label}</label>${hint ? html`<p class="hint" id="${id}-hint">${hint}</p>` : nothing}
    ${input(told)}${wrong ? html`<p class="wrong" id="${id}-wrong">${wrong}</p>` : nothing}</div>`;
}

/**
 * A line of text, or what `type` says.
 * @param {Field & {value?: string | number, type?: string, required?: boolean, maxlength?: number, min?: number | string, max?: number | string, step?: string, list?: string}} field
 * @param {(value: string) => void} [changed]
 */
export const line = (field, changed) => labelled(field, (told) => html`<input id=${field.id} name=${field.id} type=${field.type ?? "text"} .value=${live(String(field.value ?? ""))}
  ?required=${field.required ?? false} maxlength=${field.maxlength ?? nothing} min=${field.min ?? nothing} max=${field.max ?? nothing} step=${field.step ?? nothing} list=${field.list ?? nothing}
  autocomplete="off" aria-describedby=${told || nothing} aria-invalid=${field.wrong ? "true" : nothing} @input=${(/** @type {any} */ event) => changed?.(event.target.value)}>`);

/**
 * @param {Field & {value: string, rows?: number, maxlength?: number}} field
 * @param {(value: string) => void} changed
 */
export const area = (field, changed) => labelled(field, (told) => html`<textarea id=${field.id} name=${field.id} rows=${field.rows ?? 4} maxlength=${field.maxlength ?? nothing} .value=${live(field.value)}
  aria-describedby=${told || nothing} aria-invalid=${field.wrong ? "true" : nothing} @input=${(/** @type {any} */ event) => changed(event.target.value)}></textarea>`);

/**
 * @param {Field & {value: string, options: [string, string][], disabled?: boolean}} field value and name of each
 * @param {(value: string) => void} changed
 */
export const choice = (field, changed) => labelled(field, (told) => html`<select id=${field.id} name=${field.id} ?disabled=${field.disabled ?? false} aria-describedby=${told || nothing}
  @change=${(/** @type {any} */ event) => changed(event.target.value)}>${field.options.map(([value, name]) => html`<option value=${value} .selected=${live(value === field.value)}>${name}</option>`)}</select>`);

/**
 * @param {{id: string, label: string, value: boolean}} field
 * @param {(value: boolean) => void} changed
 */
export const tick = ({ id, label, value }, changed) => html`<label class="row"><input type="checkbox" id=${id} name=${id} .checked=${live(value)}
  @change=${(/** @type {any} */ event) => changed(event.target.checked)}>${label}</label>`;
