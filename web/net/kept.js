/**
 * Requests that must count once, whatever happens: each is kept with its key until a reply has
 * come. `Once` keeps it in the page, over lost replies; `Kept` in the tab, over a reload too.
 */

import { Problem, newKey, pause } from "./api.js";

/** The wait between two rounds of tries, in ms. */
const AGAIN = 3000;

/** @typedef {{path: string, body: unknown, key: string}} Request */

/**
 * One intent in a form. The same again goes on with its key until a reply has come; a form that was
 * changed is another intent, with a key of its own.
 */
export class Once {
  /** @type {{text: string, key: string} | null} */
  #open = null;

  /**
   * @param {import("./api.js").Api} api
   * @param {string} path
   * @param {unknown} body
   */
  async post(api, path, body) {
    const text = JSON.stringify([path, body]);
    if (this.#open?.text !== text) this.#open = { text, key: newKey() };
    try {
      const reply = await api.postOnce(path, body, this.#open.key);
      this.#open = null;
      return reply;
    } catch (error) {
      if (error instanceof Problem && !error.isOpen) this.#open = null;
      throw error;
    }
  }
}

/** One place for one open request; each tab has its own. */
export class Kept {
  /** @param {string} name */
  constructor(name) {
    this.name = `podium.open.${name}`;
  }

  /** What was sent and not answered yet. @returns {Request | null} */
  get open() {
    return JSON.parse(sessionStorage.getItem(this.name) ?? "null");
  }

  /**
   * Sends until there is a reply. The same request as the open one goes on with its key.
   * @param {import("./api.js").Api} api
   * @param {string} path
   * @param {unknown} body
   * @param {() => void} [unanswered] is told each time that no reply came
   */
  async post(api, path, body, unanswered) {
    const open = this.open;
    const isSame = open?.path === path && JSON.stringify(open.body) === JSON.stringify(body);
    const request = open && isSame ? open : { path, body, key: newKey() };
    sessionStorage.setItem(this.name, JSON.stringify(request));
    for (;;) {
      try {
        const reply = await api.postOnce(path, body, request.key);
        sessionStorage.removeItem(this.name);
        return reply;
      } catch (error) {
        if (!(error instanceof Problem && error.isPassing)) {
          if (!(error instanceof Problem && error.isOpen)) sessionStorage.removeItem(this.name);
          throw error;
        }
        unanswered?.();
        await pause(AGAIN);
      }
    }
  }
}
