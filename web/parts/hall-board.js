/**
 * The board for a hall: big rows that glide to their new places.
 */

import { hasMedal } from "../net/ranking.js";
import { number, signed } from "../texts/texts.js";
import { el, setText } from "./dom.js";
import { Lines } from "./lines.js";

/** How long a row glides, in ms. */
const GLIDE = 550;
/** How long what was gained is shown, in ms. */
const GAIN = 4000;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @typedef {{line: HTMLElement, rank: HTMLElement, team: HTMLElement, gain: HTMLElement, points: HTMLElement, has: number,
 *   timer: number, glide: Animation | null}} Line */
/** @typedef {import("../net/ranking.js").Ranked} Ranked */

/** A list of rows. */
export class HallBoard {
  element = el("ol", { class: "hall" });
  #lines = new Lines(this.element, newLine);

  /**
   * @param {Ranked[]} rows those to be seen now
   * @param {boolean} isMove whether what changed is shown as a move
   * @param {(row: Ranked) => string} [mark] a word for the style of a row
   */
  show(rows, isMove, mark = () => "") {
    const before = isMove && !still.matches ? this.#places() : null;
    this.#lines.show(rows, (line, row, isNew) => fill(line, row, isMove && !isNew, mark(row)));
    if (before) this.#glide(before);
  }

  #places() {
    return new Map([...this.#lines.all()].map(([team, { line }]) => [team, line.getBoundingClientRect().top]));
  }

  /**
   * From where each row was seen, perhaps on its way, to where it is. All are measured before the first
   * begins to move: measuring in between would lay out the page once for each.
   * @param {Map<string, number>} before
   */
  #glide(before) {
    for (const [, { glide }] of this.#lines.all()) glide?.cancel();
    const now = this.#places();
    for (const [team, line] of this.#lines.all()) {
      const was = before.get(team);
      const way = was === undefined ? 0 : was - /** @type {number} */ (now.get(team));
      if (was === undefined) line.glide = line.line.animate([{ opacity: 0 }, { opacity: 1 }], { duration: GLIDE });
      else if (way) line.glide = line.line.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: GLIDE, easing: "cubic-bezier(0.2, 0.8, 0.2, 1)" });
    }
  }
}

/**
 * @param {Line} line
 * @param {Ranked} row
 * @param {boolean} isMove
 * @param {string} mark
 */
function fill(line, row, isMove, mark) {
  setText(line.rank, number(row.rank));
  setText(line.team, row.team);
  setText(line.points, number(row.points));
  line.line.dataset.medal = hasMedal(row) ? String(row.rank) : "";
  line.line.dataset.mark = mark;
  if (isMove && row.points !== line.has) showGain(line, row.points - line.has);
  line.has = row.points;
}

/** @returns {Line} */
function newLine() {
  const [rank, team, gain, points] = [el("b", { class: "rank" }), el("span", { class: "team", dir: "auto" }), el("span", { class: "gain" }), el("b", { class: "points" })];
  return { line: el("li", {}, rank, team, gain, points), rank, team, gain, points, has: 0, timer: 0, glide: null };
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
