/**
 * A list that is read from the API: what is there, that it comes, or why it does not.
 */

import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

/** @template T */
export class Reading {
  /** @type {T[] | null} null until it was read */
  items = null;
  problem = el("div");

  /**
   * @param {() => Promise<T[]>} read
   * @param {() => void} paint
   */
  constructor(read, paint) {
    [this.read, this.paint] = [read, paint];
  }

  /** Reads it (again); what was shown stays when it fails. */
  async refresh() {
    try {
      this.items = await this.read();
    } catch (error) {
      showProblem(this.problem, error);
    }
    this.paint();
  }

  /**
   * Does something, says what went wrong, and reads again.
   * @param {() => Promise<unknown>} act
   * @returns {Promise<boolean>} whether it was done
   */
  async change(act) {
    clearProblem(this.problem);
    try {
      await act();
    } catch (error) {
      showProblem(this.problem, error);
      this.paint();
      return false;
    }
    await this.refresh();
    return true;
  }

  /**
   * @param {(items: T[]) => unknown} show
   * @param {string} none what to say of an empty list
   */
  view(show, none) {
    if (this.items === null) return html`${this.problem}${loading()}`;
    return html`${this.problem}${this.items.length ? show(this.items) : html`<p class="empty">${none}</p>`}`;
  }
}
