/**
 * The panels of the console that are read again and again.
 */

import { Problem } from "../../net/api.js";
import { difficultyName } from "../../parts/contests.js";
import { el, setText } from "../../parts/dom.js";
import { number, t, timeOfDay } from "../../texts/texts.js";

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
    this.content = el("div", {}, el("p", { class: "quiet" }, t("loading")));
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
      const id = error.requestId && ` ${t("problem.request")} ${error.requestId}.`;
      setText(this.trouble, `${t("panel.unread")} ${error.title}. ${error.detail}${id}`);
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
  const parts = [...by].map(([state, count]) => `${number(count)} ${t(`team.${state}`)}`);
  return [el("p", {}, el("strong", {}, t("panel.teams", { n: teams.length })), parts.length ? `: ${parts.join(", ")}` : "")];
}

const DIFFICULTIES = ["EASY", "MEDIUM", "HARD"];

/**
 * Left and total for each pool and difficulty, the categories added up.
 * @param {{pool: string, difficulty: string, left: number, total: number}[]} pools
 */
export function poolsTable(pools) {
  if (pools.length === 0) return [el("p", { class: "quiet" }, t("questions.none"))];
  const sum = (/** @type {string} */ pool, /** @type {string} */ difficulty) => {
    const of = pools.filter((row) => row.pool === pool && row.difficulty === difficulty);
    return { left: of.reduce((n, row) => n + row.left, 0), total: of.reduce((n, row) => n + row.total, 0) };
  };
  const cell = ({ left = 0, total = 0 }) =>
    el("td", { class: `number ${total && !left ? "bad" : ""}` }, total ? t("panel.left-of", { left, total }) : "–");
  const head = DIFFICULTIES.map((name) => el("th", { scope: "col", class: "number" }, difficultyName(name)));
  const lines = [...new Set(pools.map((row) => row.pool))].map((pool) =>
    el("tr", {}, el("th", { scope: "row" }, t(`pool.${pool}`)), ...DIFFICULTIES.map((difficulty) => cell(sum(pool, difficulty)))));
  return [el("table", { class: "ranking" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("panel.pool")), ...head)), el("tbody", {}, ...lines))];
}

/**
 * @param {{ok: boolean, checked_at: string, total: number, invariants: {id: string}[],
 *   breaches: {invariant: string, subject: string, detail: string}[]}} report
 */
export function checkReport(report) {
  const at = el("p", { class: "quiet" }, t("panel.checked", { at: timeOfDay(report.checked_at) }));
  if (report.ok) return [el("p", { class: "good" }, `✓ ${t("panel.hold", { n: report.invariants.length })}`), at];
  const lines = report.breaches.map((one) => el("li", {}, el("strong", {}, one.invariant), ` ${one.subject}: ${one.detail}`));
  return [el("p", { class: "bad" }, `✗ ${t("panel.breaches", { n: report.total })}`), el("ul", {}, ...lines), at];
}

/**
 * How the server is, and who watches.
 * @param {{status: string, version: string, database: string, outbox: number | null, sockets: number, fanout: string, watchers: Record<string, number>}} health
 * @param {string} contest
 */
export function systemFacts(health, contest) {
  const look = health.status === "ok" ? "good" : "bad";
  const fact = (/** @type {string} */ name, /** @type {string | number} */ value) => el("div", { class: "row spread" }, el("dt", {}, t(`system.${name}`)), el("dd", {}, String(value)));
  return [el("p", { class: look }, `${health.status === "ok" ? "✓" : "✗"} ${health.status}`), el("dl", {}, fact("watchers", health.watchers[contest] ?? 0),
    fact("sockets", health.sockets), fact("outbox", health.outbox ?? "–"), fact("database", health.database), fact("fanout", health.fanout), fact("version", health.version))];
}
