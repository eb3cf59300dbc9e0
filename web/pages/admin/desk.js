/**
 * One contest on the desk: its parts as tabs. The overview lives on behind them, with the socket.
 */

import { html, nothing, render } from "../../parts/html.js";
import { el } from "../../parts/dom.js";
import { t } from "../../texts/texts.js";
import { Announcements } from "./announcements.js";
import { Audit } from "./audit.js";
import { Boxes } from "./boxes.js";
import { Clarifications } from "./clarifications.js";
import { ContestView } from "./contest-view.js";
import { Exports } from "./exports.js";
import { ImportWizard } from "./import.js";
import { Questions } from "./questions.js";
import { Reports } from "./reports.js";
import { Settings } from "./settings.js";
import { Submissions } from "./submissions.js";
import { System } from "./system.js";
import { Teams } from "./teams.js";

/**
 * @typedef {object} Part what a tab shows
 * @property {() => unknown} view
 * @property {() => void} open somebody looks
 * @property {(frame: any) => void} [heard] staff hears something while somebody looks
 * @property {() => void} [close] nobody looks any more
 *
 * @typedef {object} Place where a part is at work
 * @property {import("../../net/api.js").Api} api
 * @property {import("../../parts/contests.js").Contest} contest
 * @property {string} path of the contest in the interface
 * @property {import("./rights.js").Rights} rights
 * @property {() => void} paint
 */

/** @type {[string, new (place: Place) => Part, import("./rights.js").Right][]} name, what it is, and the right without which it would be of no use */
const PARTS = [
  ["teams", Teams, "see"], ["questions", Questions, "see"], ["boxes", Boxes, "see"], ["import", ImportWizard, "questions"], ["submissions", Submissions, "see"],
  ["announcements", Announcements, "see"], ["clarifications", Clarifications, "see"], ["reports", Reports, "see"], ["exports", Exports, "see"],
  ["settings", Settings, "manage"], ["audit", Audit, "manage"], ["system", System, "see"],
];

/** The desk of a contest, until another one is chosen. */
export class Desk {
  #tab = "";
  element = el("div", { class: "stack" });

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {import("../../parts/contests.js").Contest} contest
   * @param {import("./rights.js").Rights} rights
   * @param {import("./contest-view.js").Surroundings} around
   */
  constructor(api, contest, rights, around) {
    /** @type {Place} */
    const place = { api, contest, path: `/contests/${contest.id}`, rights, paint: () => this.#paint() };
    this.overview = new ContestView(place, { ...around, staff: (frame) => this.parts.get(this.#tab)?.heard?.(frame) });
    /** @type {Map<string, Part>} */
    this.parts = new Map(PARTS.filter(([, , right]) => rights.may(right)).map(([name, Part]) => [name, new Part(place)]));
    const asked = new URLSearchParams(location.search).get("tab") ?? "";
    this.#go(this.parts.has(asked) ? asked : "overview");
    this.sizes = new ResizeObserver(() => this.#showTab());
    this.sizes.observe(/** @type {Element} */ (this.element.firstElementChild));
  }

  close() {
    this.sizes.disconnect();
    this.parts.get(this.#tab)?.close?.();
    this.overview.close();
  }

  /** @param {string} tab */
  #go(tab) {
    this.parts.get(this.#tab)?.close?.();
    this.#tab = tab;
    const query = new URLSearchParams(location.search);
    query.set("tab", tab);
    history.replaceState(null, "", `?${query}`);
    this.parts.get(tab)?.open();
    this.#paint();
    // A part begins with its head.
    window.scrollTo(0, 0);
    this.#showTab();
  }

  /** On a phone the tabs are one line that is wider than the screen. */
  #showTab() {
    const tab = this.element.querySelector("[aria-current]");
    if (!tab?.parentElement) return;
    const [at, around] = [tab.getBoundingClientRect(), tab.parentElement.getBoundingClientRect()];
    tab.parentElement.scrollLeft += at.left + at.width / 2 - around.left - around.width / 2;
  }

  #paint() {
    const part = this.parts?.get(this.#tab);
    render(html`<nav class="desk-tabs" aria-label=${t("desk.parts")}>${["overview", ...this.parts.keys()].map((name) => html`
      <button type="button" aria-current=${name === this.#tab ? "page" : nothing} @click=${() => this.#go(name)}>${t(`desk.${name}`)}</button>`)}</nav>
      <div ?hidden=${this.#tab !== "overview"}>${this.overview.element}</div>
      <div class="stack desk-part">${part?.view() ?? nothing}</div>`, this.element);
  }
}
