/**
 * A list that is read from the API: what is there, that it comes, or why it does not.
 */

import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/** So long, in ms, after news it is read again, once for all that came meanwhile. */
const SOON = 500;

/** @template T */
export class Reading {
  /** @type {T[] | null} null until it was read */
  items = null;
  problem = el("div");
  #round = 0;
  #isUnread = false;
  #later = 0;

  /**
   * @param {() => Promise<T[]>} read
   * @param {() => void} paint
   */
  constructor(read, paint) {
    [this.read, this.paint] = [read, paint];
  }

  /** Reads it (again); what was shown stays when it fails. Of two that are under way the later one counts. */
  async refresh() {
    const round = (this.#round += 1);
    try {
      const items = await this.read();
      if (round !== this.#round) return;
      this.items = items;
      // What was said about something that staff did stays to be read.
      if (this.#isUnread) clearProblem(this.problem);
      this.#isUnread = false;
    } catch (error) {
      if (round !== this.#round) return;
      showProblem(this.problem, error);
      this.#isUnread = true;
    }
    this.paint();
  }

  /** Something has changed. */
  soon() {
    this.#later ||= setTimeout(() => {
      this.#later = 0;
      void this.refresh();
    }, SOON);
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

/**
 * A list that is read page by page. Read again, it is as long as it was.
 * @template T
 * @extends {Reading<T>}
 */
export class Pages extends Reading {
  /** @type {string | null} */
  #next = null;
  #isBusy = false;

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {() => string} path with the query that narrows it, as it is now
   * @param {() => void} paint
   */
  constructor(api, path, paint) {
    super(async () => {
      /** @type {T[]} */
      let items = [];
      /** @type {string | null} */
      let next = "";
      const wanted = this.items?.length ?? 0;
      do {
        const page = await this.#page(next);
        items = [...items, ...page.data];
        next = page.next_cursor;
      } while (next && items.length < wanted);
      this.#next = next;
      return items;
    }, paint);
    [this.api, this.path] = [api, path];
  }

  /** Begins anew: something else is looked for. */
  again() {
    this.items = null;
    this.paint();
    return this.refresh();
  }

  /** @param {string} cursor */
  #page(cursor) {
    const path = this.path();
    return this.api.get(`${path}${path.includes("?") ? "&" : "?"}limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
  }

  async #more() {
    const cursor = this.#next;
    if (!cursor || this.#isBusy) return;
    this.#isBusy = true;
    this.paint();
    try {
      const page = await this.#page(cursor);
      // Unless it was read anew meanwhile.
      if (this.#next === cursor) [this.items, this.#next] = [[...(this.items ?? []), ...page.data], page.next_cursor];
    } catch (error) {
      showProblem(this.problem, error);
    }
    this.#isBusy = false;
    this.paint();
  }

  /**
   * @param {(items: T[]) => unknown} show
   * @param {string} none
   */
  view(show, none) {
    const more = this.#next ? html`<button ?disabled=${this.#isBusy} @click=${() => void this.#more()}>${t("list.more")}</button>` : nothing;
    return html`${super.view(show, none)}${more}`;
  }
}
