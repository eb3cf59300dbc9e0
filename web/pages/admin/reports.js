/**
 * What can be counted once it has happened: a table, a plot, and both files of it.
 */

import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { el } from "../../parts/dom.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { download } from "./download.js";
import { Participation } from "./report-participation.js";
import { Players } from "./report-players.js";
import { QuestionFigures } from "./report-questions.js";
import { Statement } from "./report-team.js";
import { whole } from "./whole.js";

/**
 * @typedef {object} Report
 * @property {string} path of the report as it is asked for now; empty while something is missing
 * @property {string} file what it is called
 * @property {(said: any) => void} take what the server said
 * @property {(said: any) => unknown} view
 * @property {() => unknown} [asks] what the reader chooses first
 * @property {() => void} [open]
 * @property {() => void} close
 */

/** One report at a time. */
export class Reports {
  /** @type {any} what the server said; null until then */
  #said = null;
  #isBusy = false;
  #problem = el("div");
  #round = 0;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
    const again = () => void this.#read();
    /** @type {Map<string, Report>} */
    this.reports = new Map(/** @type {[string, Report][]} */ ([
      ["participation", new Participation(place)],
      ...(place.rights.may("answers") ? [["questions", new QuestionFigures(place)]] : []),
      ["team", new Statement(place, again)],
      ["players", new Players(place, again)],
    ]));
    this.chosen = "participation";
  }

  open() {
    this.#report.open?.();
    void this.#read();
  }

  close() {
    // What is still on its way is not drawn any more.
    this.#round += 1;
    this.reports.forEach((report) => report.close());
  }

  get #report() {
    return /** @type {Report} */ (this.reports.get(this.chosen));
  }

  /** @param {string} name */
  #choose(name) {
    [this.chosen, this.#said] = [name, null];
    this.open();
  }

  async #read() {
    const [report, round] = [this.#report, (this.#round += 1)];
    clearProblem(this.#problem);
    if (!report.path) {
      this.#said = null;
      return this.place.paint();
    }
    this.#isBusy = true;
    this.place.paint();
    try {
      const said = await whole(this.place.api, report.path);
      if (round !== this.#round) return;
      this.#said = said;
      report.take(said);
    } catch (error) {
      if (round === this.#round) showProblem(this.#problem, error);
    }
    this.#isBusy = false;
    this.place.paint();
  }

  /** @param {string} format */
  async #save(format) {
    const { path, file } = this.#report;
    try {
      // What is shown is all of it; asked for as JSON, it would come in pages.
      const taken = format === "json" ? new Blob([JSON.stringify(this.#said)], { type: "application/json" })
        : await this.place.api.download(`${path}${path.includes("?") ? "&" : "?"}format=${format}`);
      download(taken, `${file}.${format}`);
    } catch (error) {
      showProblem(this.#problem, error);
    }
  }

  view() {
    const report = this.#report;
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.reports")}</h2>
        <span class="actions">${report.path && this.#said ? ["json", "csv"].map((format) => html`<button @click=${() => void this.#save(format)}>${format.toUpperCase()}</button>`) : nothing}</span></div>
      <div class="desk-tabs" role="group" aria-label=${t("desk.reports")}>${[...this.reports.keys()].map((name) => html`<button aria-pressed=${name === this.chosen ? "true" : "false"}
        @click=${() => this.#choose(name)}>${t(`report.${name}`)}</button>`)}</div>
      ${report.asks?.() ?? nothing}${this.#problem}${this.#said === null ? (this.#isBusy ? loading() : nothing) : report.view(this.#said)}</section>`;
  }
}
