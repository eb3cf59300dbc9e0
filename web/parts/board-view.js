/**
 * The board beside the game, with the own row.
 */

import { t } from "../texts/texts.js";
import { BoardTable } from "./board-table.js";
import { el } from "./dom.js";

const MOST = 200;

/** Keeps the ranking, and a table of it for each length that is shown. */
export class BoardView {
  /** @type {import("../net/ranking.js").Ranked[]} */
  #rows = [];
  /** @type {Map<number, {element: HTMLElement, table: BoardTable}>} */
  #tables = new Map();
  #isWaiting = false;

  /** @param {string} team */
  constructor(team) {
    this.team = team;
  }

  get size() {
    return this.#rows.length;
  }

  /** The own row, if the team is on the board. */
  own() {
    return this.#rows.find((row) => row.team_id === this.team) ?? null;
  }

  /**
   * @param {import("../net/ranking.js").Ranking} ranking
   * @param {() => void} paint once a frame, however much has come
   */
  take(ranking, paint) {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#rows = ranking.ranked();
      for (const { table } of this.#tables.values()) table.show(this.#rows, true);
      paint();
    });
  }

  /** @param {number} [most] how many rows */
  view(most = MOST) {
    let made = this.#tables.get(most);
    if (!made) {
      made = this.#make(most);
      this.#tables.set(most, made);
      made.table.show(this.#rows, false);
    }
    return made.element;
  }

  /** @param {number} most */
  #make(most) {
    const [body, note] = [el("tbody"), el("p", { class: "quiet" }, t("board.waiting"))];
    const column = (/** @type {string} */ name, kind = "number") => el("th", { scope: "col", class: kind }, name);
    const head = el("tr", {}, column(t("board.rank")), column(t("board.team"), ""), column(t("board.points")), column(t("board.gain")));
    const element = el("div", { class: "stack tight" }, el("h2", {}, t("play.tab.board")), el("table", { class: "ranking" }, el("thead", {}, head), body), note);
    return { element, table: new BoardTable(body, note, most, this.team) };
  }
}
