/**
 * One team: who is in it, how it comes in, every change of its points, and what staff may do.
 */

import { asked } from "../../parts/ask.js";
import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { Once } from "../../net/kept.js";
import { number, signed, t } from "../../texts/texts.js";
import { AdjustForm } from "./adjust.js";
import { statement } from "./report-team.js";
import { TeamForm } from "./team-form.js";
import { whole } from "./whole.js";

/**
 * @typedef {{id: string, name: string, email: string, state: string, disqualified_for: string | null, hidden: boolean, division: string | null, join_code: string, max_members: number,
 *   members: {name: string, captain: boolean}[], points: number, extra_time_ms: number}} Team
 * @typedef {import("./report-team.js").Line} Entry
 */

/** What is behind a row of the list. */
export class TeamPanel {
  /** @type {Team | null} */
  #team = null;
  /** @type {Entry[]} */
  #entries = [];
  /** A token that was just made; it is shown this once. */
  #token = "";
  #problem = el("div");
  #once = new Once();
  /** @type {AdjustForm | null} */
  #adjust = null;
  /** @type {TeamForm | null} */
  #form = null;

  /**
   * @param {import("./desk.js").Place} place
   * @param {string} id
   * @param {() => void} changed the list is to be read again
   */
  constructor(place, id, changed) {
    [this.place, this.id, this.path, this.changed] = [place, id, `${place.path}/teams/${id}`, changed];
    void this.#read();
  }

  async #read() {
    try {
      const [team, statement] = await Promise.all([this.place.api.get(this.path), whole(this.place.api, `${this.place.path}/reports/teams/${this.id}`)]);
      [this.#team, this.#entries] = [team, statement.data];
      const { rights } = this.place;
      if (rights.may("judge")) this.#adjust ??= new AdjustForm(this.place, team, () => void this.#read());
      if (rights.may("operate")) this.#form ??= new TeamForm(this.place, team, () => this.#done());
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.place.paint();
  }

  #done() {
    this.changed();
    return this.#read();
  }

  /** @param {() => Promise<unknown>} act */
  async #do(act) {
    clearProblem(this.#problem);
    try {
      await act();
      await this.#done();
    } catch (error) {
      showProblem(this.#problem, error);
      this.place.paint();
    }
  }

  view() {
    if (!this.#team) return html`${this.#problem}${this.#problem.childElementCount ? nothing : loading()}`;
    const team = this.#team;
    return html`<div class="preview stack">${this.#problem}${this.#token ? html`<p class="notice" role="status">${t("teams.token-made", { team: team.name })}<br><code>${this.#token}</code></p>` : nothing}
      ${team.disqualified_for ? html`<p class="notice">${t("play.disqualified", { reason: team.disqualified_for })}</p>` : nothing}
      <dl><div class="row spread"><dt>${t("board.points")}</dt><dd>${number(team.points)}</dd></div><div class="row spread"><dt>${t("teams.join-code")}</dt><dd><code>${team.join_code}</code></dd></div>
        <div class="row spread"><dt>${t("teams.members")} (${team.members.length}/${team.max_members})</dt><dd dir="auto">${team.members.map(({ name, captain }) => `${name}${captain ? " ★" : ""}`).join(", ")}</dd></div></dl>
      ${this.#acts(team)}${this.#form?.view() ?? nothing}${this.#adjust ? html`<details><summary>${t("adjust.title")}</summary>${this.#adjust.form}</details>` : nothing}
      <details><summary>${t("teams.statement")}</summary>${this.#statement()}</details></div>`;
  }

  /** @param {Team} team */
  #acts(team) {
    const { rights } = this.place;
    const isOut = team.state === "disqualified";
    if (team.state === "withdrawn") return nothing;
    return html`<div class="actions">${rights.may("operate") ? html`<button @click=${() => void this.#newToken(team)}>${t("teams.token")}</button>
      <button class="danger" @click=${() => void this.#remove(team)}>${this.#hasBegun ? t("teams.withdraw") : t("teams.delete")}</button>` : nothing}
      ${rights.may("judge") ? html`<button class=${isOut ? "" : "danger"} @click=${() => void this.#judge(team, isOut ? "reinstate" : "disqualify")}>${isOut ? t("teams.reinstate") : t("teams.disqualify")}</button>` : nothing}</div>`;
  }

  /** @param {Team} team */
  async #newToken(team) {
    if (!(await confirmed({ title: t("teams.token-title", { team: team.name }), text: t("teams.token-text"), yes: t("teams.token") }))) return;
    await this.#do(async () => {
      this.#token = (await this.place.api.post(`${this.path}/token`)).token;
    });
  }

  get #hasBegun() {
    return !["draft", "published"].includes(this.place.contest.state);
  }

  /** Before the start nothing is left of it; later it withdraws, and its books stay. @param {Team} team */
  async #remove(team) {
    const isDeleted = !this.#hasBegun;
    const [title, text, yes] = isDeleted ? [t("teams.delete-title", { team: team.name }), t("teams.delete-text"), t("teams.delete")]
      : [t("teams.withdraw-title", { team: team.name }), t("teams.withdraw-text"), t("teams.withdraw")];
    if (!(await confirmed({ title, text, yes }))) return;
    clearProblem(this.#problem);
    try {
      await this.place.api.send(isDeleted ? "DELETE" : "POST", isDeleted ? this.path : `${this.path}/withdraw`);
      this.changed();
      if (!isDeleted) await this.#read();
    } catch (error) {
      showProblem(this.#problem, error);
      this.place.paint();
    }
  }

  /**
   * @param {Team} team
   * @param {"disqualify" | "reinstate"} what
   */
  async #judge(team, what) {
    const reason = await asked({ title: `${t(`teams.${what}`)}: ${team.name}`, text: t(`teams.${what}-text`), label: t("reason"), yes: t(`teams.${what}`) });
    if (reason) await this.#do(() => this.place.api.post(`${this.path}/${what}`, { reason }));
  }

  #statement() {
    const reversed = new Set(this.#entries.map((entry) => entry.reverses));
    const back = (/** @type {Entry} */ entry) => (entry.kind === "adjustment" && !reversed.has(entry.seq) && this.place.rights.may("judge")
      ? html`<button @click=${() => void this.#reverse(entry)}>${t("entry.take-back")}</button>` : nothing);
    return statement(this.#entries.toReversed(), back);
  }

  /** @param {Entry} entry */
  async #reverse(entry) {
    const reason = await asked({ title: t("entry.take-back-title", { amount: signed(entry.amount) }), text: entry.reason ?? "", label: t("reason"), yes: t("entry.take-back") });
    if (reason) await this.#do(() => this.#once.post(this.place.api, `${this.path}/ledger/${entry.seq}/reversal`, { reason }));
  }
}
