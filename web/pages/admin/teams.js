/**
 * The teams of a contest, as staff sees them.
 */

import { asked } from "../../parts/ask.js";
import { confirmed } from "../../parts/confirm.js";
import { html, nothing } from "../../parts/html.js";
import { t } from "../../texts/texts.js";
import { Reading } from "./reading.js";

/** @typedef {{id: string, name: string, state: string, members: number, division: string | null, hidden: boolean}} Team */

/** Lists, and what staff does with one team. */
export class Teams {
  /** A token that was just made, and whose. @type {{team: string, token: string} | null} */
  #made = null;

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {import("../../parts/contests.js").Contest} contest
   * @param {() => void} paint
   */
  constructor(api, contest, paint) {
    [this.api, this.contest, this.path] = [api, contest, `/contests/${contest.id}/teams`];
    /** @type {Reading<Team>} */
    this.list = new Reading(() => api.all(this.path), paint);
  }

  open() {
    void this.list.refresh();
  }

  view() {
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.teams")}</h2>
      <a class="button" href="/lobby/${this.contest.code}">${t("teams.lobby")}</a></div>
      ${this.#made ? html`<p class="notice" role="status">${t("teams.token-made", { team: this.#made.team })}<br><code>${this.#made.token}</code></p>` : nothing}
      ${this.list.view((items) => html`<div class="scroll"><table class="ranking"><thead><tr><th scope="col">${t("board.team")}</th><th scope="col" class="number">${t("teams.members")}</th>
        <th scope="col">${t("join.division")}</th><th scope="col">${t("questions.state")}</th><th></th></tr></thead><tbody>${items.map((team) => this.#line(team))}</tbody></table></div>`, t("board.empty"))}</section>`;
  }

  /** @param {Team} team */
  #line(team) {
    return html`<tr><th scope="row" dir="auto">${team.name}</th><td class="number">${team.members}</td><td>${team.division ?? "–"}</td>
      <td>${t(`team.${team.state}`)}${team.hidden ? html` · ${t("teams.hidden")}` : nothing}</td>
      <td><span class="actions">${this.#acts(team)}</span></td></tr>`;
  }

  /** @param {Team} team */
  #acts(team) {
    if (team.state === "withdrawn") return nothing;
    const out = team.state === "disqualified";
    return html`<button @click=${() => void this.#token(team)}>${t("teams.token")}</button>
      <button class=${out ? "" : "danger"} @click=${() => void this.#judge(team, out ? "reinstate" : "disqualify")}>${out ? t("teams.reinstate") : t("teams.disqualify")}</button>`;
  }

  /** @param {Team} team */
  async #token(team) {
    if (!(await confirmed({ title: t("teams.token-title", { team: team.name }), text: t("teams.token-text"), yes: t("teams.token") }))) return;
    await this.list.change(async () => {
      this.#made = { team: team.name, token: (await this.api.post(`${this.path}/${team.id}/token`)).token };
    });
  }

  /**
   * @param {Team} team
   * @param {"disqualify" | "reinstate"} what
   */
  async #judge(team, what) {
    const reason = await asked({ title: `${t(`teams.${what}`)}: ${team.name}`, text: t(`teams.${what}-text`), label: t("reason"), yes: t(`teams.${what}`) });
    if (reason) await this.list.change(() => this.api.post(`${this.path}/${team.id}/${what}`, { reason }));
  }
}
