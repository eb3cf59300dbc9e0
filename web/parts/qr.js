/**
 * A QR code, drawn as one path.
 */

import { generate } from "../vendor/lean-qr/lean-qr.js";
import { html, svg } from "./html.js";

/** Light modules around a code that readers need. */
const MARGIN = 2;

/**
 * @param {string} text
 * @param {string} label what it is for, for those who do not see it
 */
export function qr(text, label) {
  const code = generate(text);
  let path = "";
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) path += `M${x} ${y}h1v1h-1z`;
  }
  const side = code.size + 2 * MARGIN;
  return html`<svg class="qr" viewBox="${-MARGIN} ${-MARGIN} ${side} ${side}" role="img" aria-label=${label} shape-rendering="crispEdges">${svg`<path d=${path}></path>`}</svg>`;
}
