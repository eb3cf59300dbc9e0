/**
 * One contest on the desk: its parts as tabs. The overview lives on behind them, with the socket.
 */

import { html, nothing, render } from "../../parts/html.js";
import { el } from "../../parts/dom.js";
import { t } from "../../texts/texts.js";
import { Announcements } from "./announcements.js";
import { Audit } from "./audit.js";
import { Clarifications } from "./clarifications.js";
import { ContestView } from "./contest-view.js";
import { ImportWizard } from "./import.js";
import { Questions } from "./questions.js";
import { Teams } from "./teams.js";

/** @typedef {{view: () => unknown, open: () => void}} Part what a tab shows; `open` is called when somebody looks */

const TABS = ["overview", "questions", "import", "teams", "announcements", "clarifications", "audit"];

/** The desk of a contest, until another one is chosen. */
export class Desk {
  #tab = "overview";
  element = el("div", { class: "stack" });

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {import("../../parts/contests.js").Contest} contest
   * @param {import("./contest-view.js").Surroundings} around
   */
  constructor(api, contest, around) {
    const paint = () => this.#paint();
    this.overview = new ContestView(api, contest, { ...around, staff: (frame) => this.#heard(frame) });
    const questions = new Questions(api, contest.id, paint);
    /** @type {Record<string, Part>} */
    this.parts = { questions, import: new ImportWizard(api, contest.id, paint), teams: new Teams(api, contest, paint),
      announcements: new Announcements(api, contest, paint), clarifications: new Clarifications(api, contest.id, paint), audit: new Audit(api, contest.id, paint) };
    const asked = new URLSearchParams(location.search).get("tab");
    this.#go(TABS.find((name) => name === asked) ?? "overview");
  }

  close() {
    this.overview.close();
  }

  /** @param {string} tab */
  #go(tab) {
    this.#tab = tab;
    const query = new URLSearchParams(location.search);
    query.set("tab", tab);
    history.replaceState(null, "", `?${query}`);
    this.parts[tab]?.open();
    this.#paint();
  }

  /** News for staff: what is open is read again. @param {any} frame */
  #heard(frame) {
    if (["staff_event", "announcement", "announcement_withdrawn", "team_joined"].includes(frame.type)) this.parts[this.#tab]?.open();
  }

  #paint() {
    render(html`<nav class="desk-tabs" aria-label=${t("desk.parts")}>${TABS.map((name) => html`
      <button type="button" aria-current=${name === this.#tab ? "page" : nothing} @click=${() => this.#go(name)}>${t(`desk.${name}`)}</button>`)}</nav>
      <div ?hidden=${this.#tab !== "overview"}>${this.overview.element}</div>
      ${this.parts[this.#tab]?.view() ?? nothing}`, this.element);
  }
}
