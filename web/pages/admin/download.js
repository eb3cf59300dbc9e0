/**
 * Gives the reader a file. It was read with a token, so no link could lead to it.
 */

import { el } from "../../parts/dom.js";

/**
 * @param {Blob} file
 * @param {string} name of the file
 */
export function download(file, name) {
  const address = URL.createObjectURL(file);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
