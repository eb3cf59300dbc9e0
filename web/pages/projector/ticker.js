/**
 * The latest news, a line each.
 */

import { signed, t } from "../../texts/texts.js";

/** So many are kept. */
const MOST = 6;

/** @typedef {{id: number, team: string, what: string, way: "up" | "down" | ""}} News */

/** Hears frames, and keeps what a hall cares for. */
export class Ticker {
  /** The newest first. @type {News[]} */
  news = [];
  /** What each team had, to tell what it gained. @type {Map<string, number>} */
  #had = new Map();

  /** @param {any} frame */
  heard(frame) {
    if (frame.type === "score_update") this.#scored(frame);
    else if (frame.type === "team_joined") this.#say(frame.seq, frame.team, t("projector.joined"), "");
    else if (frame.type === "first_correct") this.#say(frame.seq, frame.team, t("verdict.first"), "up");
  }

  /** @param {any} frame */
  #scored({ seq, team_id, team, points }) {
    const gain = points - (this.#had.get(team_id) ?? points);
    this.#had.set(team_id, points);
    if (gain) this.#say(seq, team, signed(gain), gain > 0 ? "up" : "down");
  }

  /** What each has at first. @param {{team_id: string, points: number}[]} rows */
  begin(rows) {
    for (const { team_id, points } of rows) if (!this.#had.has(team_id)) this.#had.set(team_id, points);
  }

  /**
   * @param {number} id
   * @param {string} team
   * @param {string} what
   * @param {News["way"]} way
   */
  #say(id, team, what, way) {
    this.news = [{ id, team, what, way }, ...this.news.filter((one) => one.id !== id)].slice(0, MOST);
  }
}
