/**
 * How the questions were answered: how many, how well, how fast, and what was chosen.
 */

import { difficultyName } from "../../parts/contests.js";
import { html, nothing } from "../../parts/html.js";
import { words } from "../../parts/markdown.js";
import { Plot } from "../../parts/plot.js";
import { minutes } from "../../net/clock.js";
import { number, t } from "../../texts/texts.js";
import { figure, figures, table } from "./table.js";

/** @typedef {{question_id: string, external_id: string | null, text: string, difficulty: string, category: string, points: number, teams: number, attempts: number,
 *   correct: number, median_ms: number | null, options: {option: string, chosen: number}[]}} Figures */

/** More bars than this tell nothing. */
const BARS = 40;

/** What each figure is called, and how it reads. @type {() => [string, (one: Figures) => string][]} */
const counted = () => [
  [t("figures.teams"), (one) => number(one.teams)],
  [t("report.answers"), (one) => number(one.attempts)],
  [t("report.correct"), (one) => number(one.correct)],
  [t("figures.share"), (one) => (one.attempts ? `${number((100 * one.correct) / one.attempts)} %` : "–")],
  [t("figures.median"), (one) => (one.median_ms === null ? "–" : minutes(one.median_ms))],
];

export class QuestionFigures {
  #plot = new Plot({ title: t("figures.plot", { n: BARS }), across: t("questions.question"), axis: "name", shape: "bars" });

  /** @param {import("./desk.js").Place} place */
  constructor({ path, contest }) {
    this.path = `${path}/reports/questions`;
    this.file = `questions-${contest.code}`;
  }

  /** @param {{data: Figures[]}} said */
  take({ data }) {
    const most = [...data].sort((a, b) => b.attempts - a.attempts).slice(0, BARS).filter((one) => one.attempts);
    const names = most.map((one) => (one.external_id ?? one.text).slice(0, 14));
    this.#plot.show([t("report.answers"), t("report.correct")], most.map((_, place) => place), [most.map((one) => one.attempts), most.map((one) => one.correct)], names);
  }

  close() {
    this.#plot.close();
  }

  /** @param {{data: Figures[]}} said */
  view({ data }) {
    if (!data.some((one) => one.attempts)) return html`<p class="empty">${t("report.nothing")}</p>`;
    const columns = [t("questions.question"), t("questions.difficulty"), ...counted().map(([name]) => figures(name)), t("figures.options")];
    return html`${this.#plot.element}${table(columns, data.map(line), "lines")}`;
  }
}

/** @param {Figures} one */
const line = (one) => html`<tr><th scope="row" dir="auto" class="clip">${words(one.text, 120)}${one.external_id ? html`<br><code class="quiet small">${one.external_id}</code>` : nothing}</th>
  <td>${difficultyName(one.difficulty)}</td>${counted().map(([name, read]) => figure(name, read(one)))}
  <td>${one.options.map(({ option, chosen }) => html`<span class="tag">${option} ${number(chosen)}</span> `)}</td></tr>`;
