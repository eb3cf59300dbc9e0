/**
 * How the best came to their points, as a plot beside the board. The board is right without it: what could not be
 * read leaves what is drawn.
 */

import { Look } from "../net/look.js";
import { t } from "../texts/texts.js";
import { el, setText } from "./dom.js";
import { Plot } from "./plot.js";

/** So long after a change it is read at the latest, in ms: it need not be as quick as the board. */
const CHANGED = 4000;

/** What the server tells may be so old, in ms: read sooner after a change, it is read once more. */
const OLD = 1000;

/** @typedef {{team: string, scores: {at_ms: number, points: number}[]}} TeamHistory */

/** Follows the best ten while somebody looks. */
export class History {
  #plot = new Plot({ title: t("history.title"), across: t("history.across"), axis: "contest-time", shape: "steps", height: 280 });
  #look = new Look(() => this.#read(), () => {});
  #division = "";
  #isSeen = false;
  #changedAt = 0;
  #note = el("p", { class: "quiet" }, t("loading"));
  element = el("div", {}, this.#plot.element, this.#note);

  /**
   * @param {import("../net/api.js").Api} api
   * @param {string} code
   * @param {() => number} now contest time in ms
   */
  constructor(api, code, now) {
    [this.api, this.path, this.now] = [api, `/contests/${encodeURIComponent(code)}/leaderboard/history?top=10`, now];
    this.#plot.element.hidden = true;
  }

  /** Something on the board has changed. */
  changed() {
    this.#changedAt = Date.now();
    if (this.#isSeen) this.#look.within(CHANGED);
  }

  /** Whether somebody looks. @param {boolean} isSeen */
  see(isSeen) {
    this.#isSeen = isSeen;
    if (isSeen) void this.#look.now();
  }

  /** Whose history it is; everybody's when empty. @param {string} division */
  of(division) {
    this.#division = division;
    if (this.#isSeen) void this.#look.now();
  }

  async #read() {
    if (Date.now() - this.#changedAt <= OLD) this.#look.within(CHANGED);
    const asked = this.#division;
    /** @type {{data: TeamHistory[]}} */
    const { data } = await this.api.get(`${this.path}${asked && `&division=${encodeURIComponent(asked)}`}`);
    if (asked !== this.#division) return;
    const [x, figures] = lines(data, this.now());
    const isEmpty = x.length < 2;
    [this.#plot.element.hidden, this.#note.hidden] = [isEmpty, !isEmpty];
    setText(this.#note, t("history.none"));
    this.#plot.show(data.map(({ team }) => team), x, figures);
  }
}

/**
 * Every instant at which somebody's score changed, and what each had then: until the next change it has the same.
 * @param {TeamHistory[]} teams
 * @param {number} now up to which the lines go on
 * @returns {[number[], (number | null)[][]]}
 */
export function lines(teams, now) {
  const changes = teams.flatMap(({ scores }) => scores.map(({ at_ms }) => at_ms));
  const x = [...new Set([...changes, Math.max(now, ...changes)])].sort((a, b) => a - b);
  return [x, teams.map(({ scores }) => {
    let next = 0;
    return x.map((at) => {
      while (next < scores.length && scores[next].at_ms <= at) next += 1;
      return next ? scores[next - 1].points : null;
    });
  })];
}
