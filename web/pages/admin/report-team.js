/**
 * The statement of a team: every change of its points, and how they went over time.
 */

import { html, nothing } from "../../parts/html.js";
import { Plot } from "../../parts/plot.js";
import { number, signed, t, timeOfDay } from "../../texts/texts.js";
import { choice } from "./inputs.js";
import { Reading } from "./reading.js";
import { figures, table } from "./table.js";

/** @typedef {{seq: number, at: string, kind: string, amount: number, balance_after: number, question: string | null, reverses: number | null, reason: string | null}} Line */

export class Statement {
  #team = "";
  #plot = new Plot({ title: t("statement.plot"), across: t("audit.at"), axis: "time", shape: "steps" });

  /**
   * @param {import("./desk.js").Place} place
   * @param {() => void} again
   */
  constructor(place, again) {
    [this.place, this.again] = [place, again];
    /** @type {Reading<{id: string, name: string}>} */
    this.teams = new Reading(() => place.api.all(`${place.path}/teams`), place.paint);
  }

  get path() {
    return this.#team && `${this.place.path}/reports/teams/${this.#team}`;
  }

  get file() {
    return `statement-${this.place.contest.code}`;
  }

  open() {
    void this.teams.refresh();
  }

  asks() {
    const options = (this.teams.items ?? []).map(({ id, name }) => /** @type {[string, string]} */ ([id, name]));
    return html`${this.teams.problem}${choice({ id: "statement-team", label: t("board.team"), value: this.#team, options: [["", t("adjust.choose")], ...options] }, (team) => {
      this.#team = team;
      this.again();
    })}`;
  }

  /** @param {{team: string, data: Line[]}} said */
  take({ team, data }) {
    this.#plot.show([team], data.map((one) => Date.parse(one.at)), [data.map((one) => one.balance_after)]);
  }

  close() {
    this.#plot.close();
  }

  /** @param {{data: Line[]}} said */
  view({ data }) {
    if (!this.#team) return nothing;
    return html`${this.#plot.element}${statement(data)}`;
  }
}

/**
 * Every change, as a table; `after` adds a cell to each.
 * @param {Line[]} entries
 * @param {(entry: Line) => unknown} [after]
 */
export const statement = (entries, after) => table([t("audit.at"), t("points.what"), figures(t("points.change")), figures(t("points.balance")), ...(after ? [""] : [])], entries.map((one) => html`<tr>
  <td class="when">${timeOfDay(one.at)}</td><th scope="row" dir="auto">${t(`entry.${one.kind}`)}${[one.reason, one.question].filter(Boolean).map((why) => html`<br><span class="quiet small">${why?.slice(0, 120)}</span>`)}</th>
  <td class="number">${signed(one.amount)}</td><td class="number">${number(one.balance_after)}</td>${after ? html`<td>${after(one)}</td>` : nothing}</tr>`));
