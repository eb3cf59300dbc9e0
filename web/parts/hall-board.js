/**
 * The board for a hall: big rows that glide to their new places.
 */

import { number, signed } from "../texts/texts.js";
import { el, setText } from "./dom.js";

/** How long a row glides, in ms. */
const GLIDE = 550;
/** How long what was gained is shown, in ms. */
const GAIN = 4000;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{line: HTMLElement, rank: HTMLElement, team: HTMLElement, gain: HTMLElement, points: HTMLElement, has: number, timer: number}} Line */
/** @typedef {import("../net/ranking.js").Ranked} Ranked */

/** A list of rows. */
export class HallBoard {
  /** @type {Map<string, Line>} */
  #lines = new Map();
  element = el("ol", { class: "hall" });

  /**
   * @param {Ranked[]} rows those to be seen now
   * @param {boolean} isMove whether what changed is shown as a move
   * @param {(row: Ranked) => string} [mark] a word for the style of a row
   */
  show(rows, isMove, mark = () => "") {
    const before = isMove && !still.matches ? this.#places() : null;
    const stay = new Set(rows.map((row) => row.team_id));
    for (const [team, { line, timer }] of this.#lines) {
      if (stay.has(team)) continue;
      clearTimeout(timer);
      line.remove();
      this.#lines.delete(team);
    }
    rows.forEach((row, place) => this.#put(row, place, isMove, mark(row)));
    if (before) this.#glide(before);
  }

  #places() {
    return new Map([...this.#lines].map(([team, { line }]) => [team, line.getBoundingClientRect().top]));
  }

  /** From where each row was to where it is. @param {Map<string, number>} before */
  #glide(before) {
    for (const [team, { line }] of this.#lines) {
      const was = before.get(team);
      const moved = was === undefined ? 0 : was - line.getBoundingClientRect().top;
      if (was === undefined) line.animate([{ opacity: 0 }, { opacity: 1 }], { duration: GLIDE });
      else if (moved) line.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], { duration: GLIDE, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
    }
  }

  /**
   * @param {Ranked} row
   * @param {number} place
   * @param {boolean} isMove
   * @param {string} mark
   */
  #put(row, place, isMove, mark) {
    const known = this.#lines.get(row.team_id);
    const line = known ?? newLine();
    this.#lines.set(row.team_id, line);
    setText(line.rank, number(row.rank));
    setText(line.team, row.team);
    setText(line.points, number(row.points));
    line.line.dataset.medal = row.rank <= 3 ? String(row.rank) : "";
    line.line.dataset.mark = mark;
    if (known && isMove && row.points !== line.has) showGain(line, row.points - line.has);
    line.has = row.points;
    const there = this.element.children[place];
    if (there !== line.line) this.element.insertBefore(line.line, there ?? null);
  }
}

/** @returns {Line} */
function newLine() {
  const [rank, team, gain, points] = [el("b", { class: "rank" }), el("span", { class: "team", dir: "auto" }), el("span", { class: "gain" }), el("b", { class: "points" })];
  return { line: el("li", {}, rank, team, gain, points), rank, team, gain, points, has: 0, timer: 0 };
}

/**
 * @param {Line} line
 * @param {number} gain
 */
function showGain(line, gain) {
  clearTimeout(line.timer);
  setText(line.gain, signed(gain));
  line.gain.dataset.way = gain > 0 ? "up" : "down";
  line.timer = setTimeout(() => setText(line.gain, ""), GAIN);
}
