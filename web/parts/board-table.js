/**
 * The board as a table that is changed, never rebuilt. Its style lets browsers pass over rows that nobody sees, for which
 * they must be no rows of a table to it; so the roles say what they are.
 */

import { minutes } from "../net/clock.js";
import { hasMedal } from "../net/ranking.js";
import { number, t } from "../texts/texts.js";
import { el, setText } from "./dom.js";
import { Lines } from "./lines.js";

/** More rows than this help nobody and make every move slow. */
const MOST = 500;

/** How long a moved row is marked, in ms; parts.css fades it meanwhile. */
const MARKED = 2500;

/** @typedef {import("../net/ranking.js").Ranked} Ranked */
/** @typedef {{line: HTMLElement, cells: HTMLElement[], row: Ranked | null, marked: number}} Line `marked` by which showing */

/** A table that follows a ranking. */
export class BoardTable {
  #body = el("tbody", { role: "rowgroup" });
  #lines = new Lines(this.#body, newLine);
  #showing = 0;
  /** Says that nobody is there, or that there are more. */
  note = el("p", { class: "quiet note" }, t("board.waiting"));
  element = el("table", { class: "ranking standings", role: "table", "aria-label": t("board.title") }, el("thead", { role: "rowgroup" }, heads()), this.#body);

  /**
   * @param {{most?: number, own?: string}} [shown] how many rows, and the team whose row is marked
   */
  constructor({ most = MOST, own = "" } = {}) {
    [this.most, this.own] = [most, own];
    this.element.hidden = true;
  }

  /**
   * @param {Ranked[]} rows
   * @param {boolean} isMove whether moved rows are marked
   */
  show(rows, isMove) {
    this.#showing += 1;
    this.#lines.show(rows.slice(0, this.most), (line, row) => this.#fill(line, row, isMove));
    if (isMove) this.#fadeLater(this.#showing);
    const more = rows.length - this.most;
    this.element.hidden = rows.length === 0;
    this.note.hidden = rows.length > 0 && more <= 0;
    setText(this.note, rows.length === 0 ? t("board.empty") : t("board.more", { n: Math.max(more, 0) }));
  }

  /**
   * @param {Line} line
   * @param {Ranked} row
   * @param {boolean} isMove
   */
  #fill(line, row, isMove) {
    const before = line.row;
    if (before && isSame(before, row)) return;
    line.row = row;
    const [rank, team, points, gain] = line.cells;
    setText(rank, number(row.rank));
    setText(team, row.team);
    setText(points, number(row.points));
    setText(gain, row.last_gain_ms === null ? "–" : minutes(row.last_gain_ms));
    line.line.toggleAttribute("data-own", row.team_id === this.own);
    line.line.toggleAttribute("data-medal", hasMedal(row));
    const way = before && isMove ? moved(before, row) : "";
    if (way) [line.line.dataset.moved, line.marked] = [way, this.#showing];
  }

  /** One timer for all rows of a showing: whoever rises over hundreds marks them all. @param {number} showing */
  #fadeLater(showing) {
    setTimeout(() => {
      for (const [, line] of this.#lines.all()) if (line.marked === showing) delete line.line.dataset.moved;
    }, MARKED);
  }
}

function heads() {
  const role = { role: "columnheader", scope: "col" };
  const head = (/** @type {(Node | string)[]} */ ...name) => el("th", { ...role, class: "number" }, ...name);
  return el("tr", { role: "row" }, head(t("board.rank")), el("th", role, t("board.team")), head(t("board.points")),
    head(el("abbr", { title: t("board.gain-means") }, t("board.gain"))));
}

/**
 * @param {Ranked} a
 * @param {Ranked} b
 */
const isSame = (a, b) => a.rank === b.rank && a.points === b.points && a.last_gain_ms === b.last_gain_ms && a.team === b.team;

/**
 * @param {Ranked} before
 * @param {Ranked} after
 */
function moved(before, after) {
  if (after.rank !== before.rank) return after.rank < before.rank ? "up" : "down";
  return after.points > before.points ? "gain" : "";
}

/** @returns {Line} */
function newLine() {
  const cells = [
    el("td", { role: "cell", class: "number rank" }),
    el("th", { role: "rowheader", scope: "row", class: "team", dir: "auto" }),
    el("td", { role: "cell", class: "number points" }),
    el("td", { role: "cell", class: "number gain" }),
  ];
  return { line: el("tr", { role: "row" }, ...cells), cells, row: null, marked: 0 };
}
