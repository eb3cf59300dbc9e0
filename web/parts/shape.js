/**
 * A choice is known by letter, shape and colour: never by colour alone.
 */

import { html, svg } from "./html.js";

const SHAPES = [
  svg`<path d="M12 3 22 20H2z"></path>`,
  svg`<path d="M12 1 23 12 12 23 1 12z"></path>`,
  svg`<circle cx="12" cy="12" r="10.5"></circle>`,
  svg`<path d="M3 3h18v18H3z"></path>`,
  svg`<path d="M6 2.5h12L23.5 12 18 21.5H6L.5 12z"></path>`,
  svg`<path d="m12 1 3.2 7.2 7.8.8-5.900 5.200 1.700 7.700L12 17.900l-6.800 4 1.700-7.700L1 9l7.800-.8z"></path>`,
];

/** @param {number} index from 0 */
export const letter = (index) => String.fromCharCode(65 + index);

/**
 * The sign of a choice.
 * @param {number} index from 0
 */
export const sign = (index) => html`<span class="sign" data-choice=${(index % SHAPES.length) + 1}>
  <svg viewBox="0 0 24 24" aria-hidden="true">${SHAPES[index % SHAPES.length]}</svg><b>${letter(index)}</b></span>`;
