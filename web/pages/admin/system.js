/**
 * How the server is: its parts, its clocks, and every invariant when somebody asks.
 */

import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { el } from "../../parts/dom.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { number, t, timeOfDay } from "../../texts/texts.js";
import { table } from "./table.js";

/** How often the parts are looked at, in ms. */
const EVERY = 10_000;

/**
 * @typedef {{status: string, version: string, database: string, schema: string | null, outbox: number | null, sockets: number, fanout: string, watched?: Record<string, number>, warnings: string[]}} Health
 * @typedef {{ok: boolean, checked_at: string, total: number, invariants: {id: string, meaning: string, breaches: number}[], breaches: {invariant: string, subject: string, detail: string}[]}} Check
 */

/** What an operator looks at. */
export class System {
  /** @type {Health | null} */
  #health = null;
  /** @type {Check | null} */
  #check = null;
  #isChecking = false;
  #problem = el("div");
  #isOpen = false;
  #timer = 0;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
  }

  open() {
    this.#isOpen = true;
    void this.#look();
  }

  close() {
    this.#isOpen = false;
    clearTimeout(this.#timer);
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      this.#health = await this.place.api.get("/health");
      clearProblem(this.#problem);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.place.paint();
    if (this.#isOpen) this.#timer = setTimeout(() => void this.#look(), EVERY);
  }

  async #checkAll() {
    this.#isChecking = true;
    this.place.paint();
    try {
      this.#check = await this.place.api.get(`${this.place.path}/check`);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.#isChecking = false;
    this.place.paint();
  }

  view() {
    return html`${this.#problem}<section class="card stack"><h2>${t("system.title")}</h2>${this.#health ? parts(this.#health, this.place.contest.id) : loading()}</section>
      <section class="card stack"><div class="row spread"><h2>${t("panel.invariants")}</h2><button ?disabled=${this.#isChecking} @click=${() => void this.#checkAll()}>${t("system.check")}</button></div>
        <p class="quiet">${t("system.check-means")}</p>${this.#isChecking ? loading() : this.#check ? checked(this.#check) : nothing}</section>`;
  }
}

/**
 * @param {Health} health
 * @param {string} contest
 */
function parts(health, contest) {
  const isWell = health.status === "ok";
  const fact = (/** @type {string} */ name, /** @type {string | number} */ value) => html`<div class="row spread"><dt>${t(`system.${name}`)}</dt><dd>${typeof value === "number" ? number(value) : value}</dd></div>`;
  return html`<p class=${isWell ? "good" : "bad"} role="status">${isWell ? "✓" : "✗"} ${health.status}</p>${health.warnings.map((one) => html`<p class="notice">${one}</p>`)}
    <dl>${fact("watchers", health.watched?.[contest] ?? 0)}${fact("sockets", health.sockets)}${fact("outbox", health.outbox ?? "–")}${fact("database", health.database)}
    ${fact("schema", health.schema ?? "–")}${fact("fanout", health.fanout)}${fact("version", health.version)}</dl>`;
}

/** @param {Check} check */
const checked = ({ ok, checked_at, total, invariants, breaches }) => html`<p class=${ok ? "good" : "bad"} role="status">${ok ? "✓" : "✗"} ${ok ? t("panel.hold", { n: invariants.length }) : t("panel.breaches", { n: total })}</p>
  <p class="quiet">${t("panel.checked", { at: timeOfDay(checked_at) })}</p>
  ${breaches.length ? html`<ul>${breaches.map((one) => html`<li><strong>${one.invariant}</strong> ${one.subject}: ${one.detail}</li>`)}</ul>` : nothing}
  ${table([], invariants.map((one) => html`<tr><th scope="row">${one.id}</th><td>${one.meaning}</td>
    <td class="number ${one.breaches ? "bad" : "good"}">${one.breaches ? number(one.breaches) : "✓"}</td></tr>`), "small")}`;
