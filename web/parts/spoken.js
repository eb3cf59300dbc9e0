/**
 * The one polite live region of a page: what is said here is read out once.
 */

import { el } from "./dom.js";

/** Says sentences to whoever listens. */
export class Spoken {
  constructor() {
    this.element = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  }

  /** @param {string} sentence */
  say(sentence) {
    // The same sentence twice is two pieces of news.
    this.element.textContent = this.element.textContent === sentence ? `${sentence}\u00a0` : sentence;
  }
}
