/**
 * The board beside the game, with the own row.
 */

import { BoardTable } from "./board-table.js";
import { el } from "./dom.js";
import { onceAFrame } from "./once-a-frame.js";
import { t } from "../texts/texts.js";

const MOST = 200;

/** Keeps the ranking, and a table of it for each length that is shown. */
export class BoardView {
  /** @type {import("../net/ranking.js").Ranked[]} */
  #rows = [];
  /** @type {import("../net/ranking.js").Ranking | null} */
  #ranking = null;
  /** @type {Map<number, {element: HTMLElement, table: BoardTable}>} */
  #tables = new Map();

  #paint = () => {};

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
   * @param {boolean} [isChange] not when the whole came anew
   */
  take(ranking, paint, isChange = true) {
    [this.#ranking, this.#paint] = [ranking, paint];
    this.#show(isChange);
  }

  #show = onceAFrame((isMove) => {
    this.#rows = this.#ranking?.ranked() ?? [];
    for (const { table } of this.#tables.values()) table.show(this.#rows, isMove);
    this.#paint();
  });

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
    const table = new BoardTable({ most, own: this.team });
    return { table, element: el("div", { class: "stack tight" }, el("h2", {}, t("play.tab.board")), table.element, table.note) };
  }
}
