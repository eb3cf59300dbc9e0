/**
 * The panels of the console that are read again and again.
 */

import { Problem } from "../../net/api.js";
import { counted, el, setText } from "../../parts/dom.js";

/** A card that shows what a request answers, and says so when it cannot. */
export class Panel {
  /**
   * @param {string} title
   * @param {() => Promise<any>} read
   * @param {(answer: any) => Node[]} show
   * @param {(problem: Problem) => void} refused is told of a token that is not valid (any more)
   */
  constructor(title, read, show, refused) {
    [this.read, this.render, this.refused] = [read, show, refused];
    this.content = el("div", {}, el("p", { class: "quiet" }, "Loading…"));
    this.trouble = el("p", { class: "bad" });
    this.trouble.hidden = true;
    this.card = el("section", { class: "card" }, el("h3", {}, title), this.content, this.trouble);
  }

  /** Keeps what was shown when it fails: old news beats none. */
  async refresh() {
    try {
      this.content.replaceChildren(...this.render(await this.read()));
      this.trouble.hidden = true;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) return this.refused(error);
      const id = error.requestId && ` Request ${error.requestId}.`;
      setText(this.trouble, `Could not be read: ${error.title}. ${error.detail}${id}`);
      this.trouble.hidden = false;
    }
  }
}

/**
 * Runs a task now and then, while somebody looks.
 * @param {number} ms
 * @param {() => unknown} task
 * @returns {() => void} stops it
 */
export function every(ms, task) {
  const timer = setInterval(() => document.visibilityState === "visible" && task(), ms);
  return () => clearInterval(timer);
}

/** @param {{state: string}[]} teams */
export function teamsText(teams) {
  const by = new Map();
  for (const { state } of teams) by.set(state, (by.get(state) ?? 0) + 1);
  const parts = [...by].map(([state, count]) => `${count.toLocaleString("en")} ${state}`);
  return [el("p", {}, el("strong", {}, counted(teams.length, "team")), parts.length ? `: ${parts.join(", ")}` : "")];
}

const DIFFICULTIES = ["EASY", "MEDIUM", "HARD"];

/**
 * Left and total for each pool and difficulty, the categories added up.
 * @param {{pool: string, difficulty: string, left: number, total: number}[]} pools
 */
export function poolsTable(pools) {
  if (pools.length === 0) return [el("p", { class: "quiet" }, "No question is in this contest yet.")];
  const sum = (/** @type {string} */ pool, /** @type {string} */ difficulty) => {
    const of = pools.filter((row) => row.pool === pool && row.difficulty === difficulty);
    return { left: of.reduce((n, row) => n + row.left, 0), total: of.reduce((n, row) => n + row.total, 0) };
  };
  const cell = ({ left = 0, total = 0 }) =>
    el("td", { class: `number ${total && !left ? "bad" : ""}` }, total ? `${left} of ${total}` : "–");
  const head = DIFFICULTIES.map((name) => el("th", { scope: "col", class: "number" }, name.toLowerCase()));
  const lines = [...new Set(pools.map((row) => row.pool))].map((pool) =>
    el("tr", {}, el("th", { scope: "row" }, pool), ...DIFFICULTIES.map((difficulty) => cell(sum(pool, difficulty)))));
  return [el("table", { class: "ranking" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Pool"), ...head)), el("tbody", {}, ...lines))];
}

/**
 * @param {{ok: boolean, checked_at: string, total: number, invariants: {id: string}[],
 *   breaches: {invariant: string, subject: string, detail: string}[]}} report
 */
export function checkReport(report) {
  const at = el("p", { class: "quiet" }, `Checked at ${new Date(report.checked_at).toLocaleTimeString()}.`);
  if (report.ok) return [el("p", { class: "good" }, `✓ All ${report.invariants.length} invariants hold.`), at];
  const lines = report.breaches.map((one) => el("li", {}, el("strong", {}, one.invariant), ` ${one.subject}: ${one.detail}`));
  return [el("p", { class: "bad" }, `✗ ${counted(report.total, "breach", "breaches")}`), el("ul", {}, ...lines), at];
}
