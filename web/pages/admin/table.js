/**
 * A table of the console: its head, its lines, and room to scroll where the screen is narrow.
 */

import { html } from "../../parts/html.js";

/** A column of figures. @param {string} name */
export const figures = (name) => ({ name });

/** A figure, which says what it is where there is no head above it (the look "lines"). @param {string} name @param {unknown} value */
export const figure = (name, value) => html`<td class="number" data-name=${name}>${value}</td>`;

/**
 * @param {(string | {name: string})[]} columns
 * @param {unknown} lines
 * @param {string} [look] classes
 */
export const table = (columns, lines, look = "") => html`<div class="scroll"><table class="ranking ${look}">
  <thead><tr>${columns.map((column) => (typeof column === "string" ? html`<th scope="col">${column}</th>` : html`<th scope="col" class="number">${column.name}</th>`))}</tr></thead>
  <tbody>${lines}</tbody></table></div>`;
