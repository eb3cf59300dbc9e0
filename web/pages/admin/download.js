/**
 * Gives the reader a file. It was read with a token, so no link could lead to it.
 */

import { el } from "../../parts/dom.js";

/**
 * @param {string} text
 * @param {string} name of the file
 */
export function download(text, name) {
  const address = URL.createObjectURL(new Blob([text]));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
