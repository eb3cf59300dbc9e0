/**
 * How the contest goes right now: one request every few seconds, never two at a time, and the age of
 * what is shown when it grows old.
 */

import { Problem } from "../../net/api.js";
import { minutes } from "../../net/clock.js";
import { difficultyName } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html, nothing, render } from "../../parts/html.js";
import { Plot } from "../../parts/plot.js";
import { number, t, timeOfDay } from "../../texts/texts.js";

/** The wait between a reply and the next request, in ms; after a failure it is longer. */
const PAUSE = 3000;
const AFTER_FAILURE = 6000;
/** What is older than this is said to be, in ms. */
const OLD = 10_000;

const DIFFICULTIES = ["EASY", "MEDIUM", "HARD"];
/** How many teams are named at first. */
const NAMED = 8;

/**
 * @typedef {{team_id: string, team: string, light: "amber" | "red", connected: boolean, last_act_at: string | null}} WatchedTeam
 * @typedef {{at: string, state: string, pools: {pool: string, difficulty: string, left: number, total: number}[], lights: Record<"green" | "amber" | "red" | "out", number>,
 *   teams: WatchedTeam[], answers: {begins_at: string, answers: number, correct: number}[], clarifications: {open: number, oldest_at: string | null},
 *   requests: {per_second: number, p50_ms: number, p95_ms: number}, sockets: number, watchers: number, outbox: number,
 *   invariants: {ok: boolean, checked_at: string, sound_since: string | null, breaches: Record<string, number>} | null}} Now
 */

/** Looks again and again, while somebody looks. */
export class Monitor {
  /** @type {Now | null} */
  #now = null;
  #readAt = 0;
  /** @type {Problem | null} why the last try failed */
  #problem = null;
  #timer = 0;
  /** When the next look begins. */
  #due = Infinity;
  #isBusy = false;
  #isOver = false;
  #isLong = false;
  #plot = new Plot({ title: t("monitor.answers"), across: t("monitor.minute"), axis: "time", shape: "bars", height: 150 });
  element = el("div", { class: "panels" });

  /**
   * @param {import("./desk.js").Place} place
   * @param {(problem: Problem) => void} refused the token does not hold any more
   */
  constructor({ api, path }, refused) {
    [this.api, this.path, this.refused] = [api, `${path}/monitor`, refused];
    this.seen = () => document.visibilityState === "visible" && this.soon(0);
    document.addEventListener("visibilitychange", this.seen);
    this.ticking = setInterval(() => this.#paint(), 1000);
    this.#paint();
    this.soon(0);
  }

  close() {
    this.#isOver = true;
    document.removeEventListener("visibilitychange", this.seen);
    clearTimeout(this.#timer);
    clearInterval(this.ticking);
    this.#plot.close();
  }

  /** Looks in so many ms, unless it does earlier anyway: news that never stop would put it off for ever. */
  soon(wait = 500) {
    const due = Date.now() + wait;
    if (this.#isBusy || this.#isOver || due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look() {
    this.#due = Infinity;
    // Nobody looks: the page asks again when somebody does.
    if (document.visibilityState !== "visible") return;
    this.#isBusy = true;
    try {
      const now = await this.api.get(this.path);
      if (this.#isOver) return;
      [this.#now, this.#readAt, this.#problem] = [now, Date.now(), null];
      this.#plot.show([t("report.answers"), t("report.correct")], this.#figures("begins_at"), [this.#figures("answers"), this.#figures("correct")]);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) return this.refused(error);
      this.#problem = error;
    } finally {
      this.#isBusy = false;
    }
    this.#paint();
    this.soon(Math.max(this.#problem ? AFTER_FAILURE : PAUSE, this.#problem?.wait ?? 0));
  }

  /** @param {"begins_at" | "answers" | "correct"} name */
  #figures(name) {
    return (this.#now?.answers ?? []).map((minute) => (name === "begins_at" ? Date.parse(minute.begins_at) : minute[name]));
  }

  #paint() {
    if (!this.#isOver) render(this.#now ? this.#view(this.#now) : html`<section class="card">${this.#problem ? this.#trouble() : loading()}</section>`, this.element);
  }

  /** @param {Now} now */
  #view(now) {
    const age = Date.now() - this.#readAt;
    return html`${this.#problem || age > OLD ? html`<section class="card notice" role="status">${t("monitor.old", { seconds: Math.round(age / 1000) })} ${this.#trouble()}</section>` : nothing}
      ${this.#teams(now)}${pools(now)}${answers(now, this.#plot)}${clarifications(now)}${server(now)}${invariants(now)}`;
  }

  #trouble() {
    return this.#problem ? html`${t("panel.unread")} ${this.#problem.title}. ${this.#problem.detail}` : nothing;
  }

  /** @param {Now} now */
  #teams({ at, lights, teams }) {
    const shown = teams.slice(0, this.#isLong ? teams.length : NAMED);
    const light = (/** @type {"green" | "amber" | "red"} */ name) => html`<div class="light" data-light=${name}><dt>${t(`light.${name}`)}</dt><dd>${number(lights[name])}</dd></div>`;
    const more = () => {
      this.#isLong = !this.#isLong;
      this.#paint();
    };
    return html`<section class="card"><h3>${t("desk.teams")}</h3><dl class="lights">${light("green")}${light("amber")}${light("red")}</dl>
      <p class="quiet small">${t("light.means")}${lights.out ? html` ${t("light.out", { n: lights.out })}` : nothing}</p>
      ${shown.length ? html`<ul class="list small">${shown.map((team) => watched(team, at))}</ul>` : nothing}
      ${teams.length > NAMED ? html`<button aria-expanded=${this.#isLong ? "true" : "false"} @click=${more}>${this.#isLong ? t("monitor.fewer") : t("monitor.all", { n: teams.length })}</button>` : nothing}</section>`;
  }
}

/**
 * @param {WatchedTeam} one
 * @param {string} at
 */
const watched = ({ team, light, connected, last_act_at }, at) => html`<li class="row spread">
  <span class="watched"><span class="dot" data-light=${light}></span><span dir="auto">${team}</span></span>
  <span class="quiet">${connected ? t("monitor.connected") : t("monitor.away")}${last_act_at
    ? html`, ${t("monitor.ago", { time: minutes(Date.parse(at) - Date.parse(last_act_at)) })}` : nothing}</span></li>`;

/** @param {Now} now */
function pools({ pools }) {
  const cell = (/** @type {string} */ pool, /** @type {string} */ difficulty) => {
    const found = pools.find((row) => row.pool === pool && row.difficulty === difficulty);
    return html`<td class="number ${found && !found.left ? "bad" : ""}">${found ? t("panel.left-of", found) : "–"}</td>`;
  };
  return html`<section class="card"><h3>${t("panel.left")}</h3>${pools.length === 0 ? html`<p class="quiet">${t("questions.none")}</p>` : html`<table class="ranking"><thead><tr><th scope="col">${t("panel.pool")}</th>
    ${DIFFICULTIES.map((name) => html`<th scope="col" class="number">${difficultyName(name)}</th>`)}</tr></thead><tbody>${[...new Set(pools.map((row) => row.pool))].map((pool) => html`<tr>
    <th scope="row">${t(`pool.${pool}`)}</th>${DIFFICULTIES.map((difficulty) => cell(pool, difficulty))}</tr>`)}</tbody></table>`}</section>`;
}

/**
 * @param {Now} now
 * @param {Plot} plot
 */
function answers({ answers }, plot) {
  const last = answers.at(-1);
  return html`<section class="card"><h3>${t("report.answers")}</h3><p>${t("monitor.last-minute", { n: last?.answers ?? 0, correct: last?.correct ?? 0 })}</p>${plot.element}</section>`;
}

/** @param {Now} now */
const clarifications = ({ at, clarifications: { open, oldest_at } }) => html`<section class="card"><h3>${t("desk.clarifications")}</h3>
  ${open === 0 ? html`<p class="good">✓ ${t("monitor.none-waits")}</p>` : html`<p class="bad">${t("monitor.waits", { n: open })}</p>
  <p class="quiet">${t("monitor.oldest", { time: minutes(Date.parse(at) - Date.parse(oldest_at ?? at)) })}</p>`}</section>`;

/** One figure after the point where it is small. @param {number} ms */
const inMs = (ms) => (ms < 10 ? ms.toFixed(1) : number(ms));

/** @param {Now} now */
function server({ requests, sockets, watchers, outbox }) {
  const fact = (/** @type {string} */ name, /** @type {string} */ value) => html`<div class="row spread"><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section class="card"><h3>${t("monitor.server")}</h3><dl>${fact(t("monitor.p95"), `${inMs(requests.p95_ms)} ms`)}${fact(t("monitor.per-second"), number(requests.per_second))}
    ${fact(t("system.watchers"), number(watchers))}${fact(t("system.sockets"), number(sockets))}${fact(t("system.outbox"), number(outbox))}</dl></section>`;
}

/** @param {Now} now */
function invariants({ invariants }) {
  if (!invariants) return html`<section class="card"><h3>${t("panel.invariants")}</h3><p class="quiet">${t("monitor.unchecked")}</p></section>`;
  const { ok, checked_at, sound_since, breaches } = invariants;
  return html`<section class="card"><h3>${t("panel.invariants")}</h3>${ok ? html`<p class="good">✓ ${t("monitor.sound", { since: day(sound_since ?? checked_at) })}</p>`
    : html`<p class="bad">✗ ${t("monitor.broken", { what: Object.keys(breaches).join(", ") })}</p>`}<p class="quiet">${t("panel.checked", { at: timeOfDay(checked_at) })}</p></section>`;
}

/** @param {string} instant */
const day = (instant) => `${new Date(instant).toLocaleDateString(document.documentElement.lang)} ${timeOfDay(instant)}`;
