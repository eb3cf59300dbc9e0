/**
 * The best accounts between two days.
 */

import { html } from "../../parts/html.js";
import { Plot } from "../../parts/plot.js";
import { number, t } from "../../texts/texts.js";
import { line as field, tick } from "./inputs.js";
import { figures, table } from "./table.js";

/** @typedef {{rank: number, account_id: string, name: string, score: number}} Player */

/** As the field for a date has it. @param {Date} date */
const day = (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;

const MONTH = 30 * 86_400_000;

export class Players {
  #from = day(new Date(Date.now() - MONTH));
  #to = day(new Date());
  #isHere = true;
  #plot = new Plot({ title: t("players.plot"), across: t("players.name"), axis: "name", shape: "bars" });

  /**
   * @param {import("./desk.js").Place} place
   * @param {() => void} again
   */
  constructor({ contest }, again) {
    [this.contest, this.again] = [contest, again];
  }

  get path() {
    const query = new URLSearchParams({ start_date: this.#from, end_date: this.#to, limit: "50" });
    if (this.#isHere) query.set("contest", this.contest.code);
    return `/reports/top_players?${query}`;
  }

  get file() {
    return `top-players-${this.#from}-${this.#to}`;
  }

  asks() {
    const sent = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.again();
    };
    return html`<form class="row end" @submit=${sent}>${field({ id: "from", label: t("players.from"), type: "date", value: this.#from, required: true }, (value) => (this.#from = value))}
      ${field({ id: "to", label: t("players.to"), type: "date", value: this.#to, required: true }, (value) => (this.#to = value))}
      ${tick({ id: "here", label: t("players.here"), value: this.#isHere }, (value) => (this.#isHere = value))}<button class="primary">${t("players.show")}</button></form>`;
  }

  /** @param {{data: Player[]}} said */
  take({ data }) {
    const top = data.slice(0, 10);
    this.#plot.show([t("board.points")], top.map((_, place) => place), [top.map((one) => one.score)], top.map((one) => one.name.slice(0, 14)));
  }

  close() {
    this.#plot.close();
  }

  /** @param {{data: Player[]}} said */
  view({ data }) {
    if (data.length === 0) return html`<p class="empty">${t("players.nobody")}</p>`;
    const line = (/** @type {Player} */ one) => html`<tr><td class="number">${one.rank}</td><th scope="row" dir="auto">${one.name}</th><td class="number">${number(one.score)}</td></tr>`;
    return html`${this.#plot.element}${table([figures(t("board.rank")), t("players.name"), figures(t("board.points"))], data.map(line))}`;
  }
}
