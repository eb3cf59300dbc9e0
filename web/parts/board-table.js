/**
 * The rows of the board as a table that is changed, never rebuilt.
 */

import { minutes } from "../net/clock.js";
import { number, t } from "../texts/texts.js";
import { el, setText } from "./dom.js";

/** More rows than this help nobody and make every move slow. */
const MOST = 500;

/** How long a moved row is marked, in ms; style.css fades it meanwhile. */
const MARKED = 2500;

/** @typedef {{line: HTMLTableRowElement, cells: HTMLElement[], rank: number, points: number, timer: number}} Line */

/** A table body that follows a ranking. */
export class BoardTable {
  /** @type {Map<string, Line>} */
  #lines = new Map();

  /**
   * @param {HTMLElement} body
   * @param {HTMLElement} note says that nobody is there, or that there are more
   * @param {number} [most]
   * @param {string} [own] the team whose row is marked
   */
  constructor(body, note, most = MOST, own = "") {
    [this.body, this.note, this.most, this.own] = [body, note, most, own];
  }

  /**
   * @param {import("../net/ranking.js").Ranked[]} rows
   * @param {boolean} mark whether moved rows are marked
   */
  show(rows, mark) {
    const shown = rows.slice(0, this.most);
    const stay = new Set(shown.map((row) => row.team_id));
    for (const [team, { line, timer }] of this.#lines) {
      if (stay.has(team)) continue;
      clearTimeout(timer);
      line.remove();
      this.#lines.delete(team);
    }
    shown.forEach((row, place) => this.#put(row, place, mark));
    this.#say(rows.length);
  }

  /**
   * @param {import("../net/ranking.js").Ranked} row
   * @param {number} place
   * @param {boolean} mark
   */
  #put(row, place, mark) {
    const known = this.#lines.get(row.team_id);
    const line = known ?? newLine();
    this.#lines.set(row.team_id, line);
    const [rank, team, points, gain] = line.cells;
    setText(rank, String(row.rank));
    setText(team, row.team);
    setText(points, number(row.points));
    setText(gain, row.last_gain_ms === null ? "–" : minutes(row.last_gain_ms));
    toggle(line.line, "own", row.team_id === this.own);
    toggle(line.line, "medal", row.rank <= 3);
    const way = known && mark ? moved(line, row) : "";
    if (way) highlight(line, way);
    [line.rank, line.points] = [row.rank, row.points];
    const there = this.body.children[place];
    if (there !== line.line) this.body.insertBefore(line.line, there ?? null);
  }

  /** @param {number} teams */
  #say(teams) {
    const more = teams - this.most;
    this.note.hidden = teams > 0 && more <= 0;
    setText(this.note, teams === 0 ? t("board.empty") : t("board.more", { n: Math.max(more, 0) }));
  }
}

/**
 * @param {HTMLElement} line
 * @param {string} name of the mark
 * @param {boolean} isSet
 */
function toggle(line, name, isSet) {
  if (isSet) line.dataset[name] = "";
  else delete line.dataset[name];
}

/**
 * @param {{rank: number, points: number}} before
 * @param {{rank: number, points: number}} after
 */
function moved(before, after) {
  if (after.rank !== before.rank) return after.rank < before.rank ? "up" : "down";
  return after.points > before.points ? "gain" : "";
}

/** @returns {Line} */
function newLine() {
  const cells = [
    el("td", { class: "number rank" }),
    el("th", { scope: "row", class: "team", dir: "auto" }),
    el("td", { class: "number points" }),
    el("td", { class: "number gain" }),
  ];
  return { line: el("tr", {}, ...cells), cells, rank: 0, points: 0, timer: 0 };
}

/**
 * @param {Line} line
 * @param {string} way
 */
function highlight(line, way) {
  clearTimeout(line.timer);
  line.line.dataset.moved = way;
  line.timer = setTimeout(() => delete line.line.dataset.moved, MARKED);
}
