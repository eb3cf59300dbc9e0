/**
 * Who took part: by division, and hour by hour.
 */

import { html } from "../../parts/html.js";
import { Plot } from "../../parts/plot.js";
import { number, t } from "../../texts/texts.js";
import { figure, figures, table } from "./table.js";

/** @typedef {{division: string | null, teams: number, members: number, active: number, answered: number}} Turnout */
/** @typedef {{begins_at: string, teams: number, answers: number, correct: number}} Hour */

/** @type {("teams" | "members" | "active" | "answered")[]} */
const COUNTED = ["teams", "members", "active", "answered"];

export class Participation {
  #plot = new Plot({ title: t("participation.plot"), across: t("participation.hour"), axis: "time", shape: "bars" });

  /** @param {import("./desk.js").Place} place */
  constructor({ path, contest }) {
    this.path = `${path}/reports/participation`;
    this.file = `participation-${contest.code}`;
  }

  /** @param {{hours: Hour[]}} said */
  take({ hours }) {
    this.#plot.show([t("report.answers"), t("report.correct")], hours.map((hour) => Date.parse(hour.begins_at)), [hours.map((hour) => hour.answers), hours.map((hour) => hour.correct)]);
  }

  close() {
    this.#plot.close();
  }

  /** @param {{divisions: Turnout[], hours: Hour[]}} said */
  view({ divisions, hours }) {
    const columns = [t("join.division"), ...COUNTED.map((name) => figures(t(`participation.${name}`)))];
    const cells = (/** @type {Turnout} */ one) => COUNTED.map((name) => figure(t(`participation.${name}`), number(one[name])));
    return html`${hours.length ? this.#plot.element : html`<p class="empty">${t("report.nothing")}</p>`}
      ${table(columns, divisions.map((one) => html`<tr><th scope="row" dir="auto">${one.division ?? t("participation.none")}</th>${cells(one)}</tr>`), "lines")}`;
  }
}
