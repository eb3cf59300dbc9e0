/**
 * The tokens by which programs act for an account.
 */

import { confirmed } from "../../parts/confirm.js";
import { field, wrongAt } from "../../parts/field.js";
import { html, nothing, repeat } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { dayOf, t } from "../../texts/texts.js";

/** @typedef {{id: string, label: string, scope: string, expires_at: string}} ApiToken */

const SCOPES = ["read", "questions", "judging", "operating", "all"];

/** Those that are good, and a form for one more. */
export class Tokens {
  /** @type {ApiToken[]} */
  #tokens = [];
  /** The one that was just made: it is shown this once. */
  #made = "";
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {{paint: () => void, failed: (error: unknown) => void}} around
   */
  constructor(api, around) {
    [this.api, this.around] = [api, around];
  }

  async read() {
    this.#tokens = await this.api.all("/auth/api-tokens");
  }

  /** @param {boolean} isStaff whether there is anything that a scope could open besides reading */
  view(isStaff) {
    const wrong = (/** @type {string} */ pointer) => wrongAt(this.#problem, pointer);
    return html`<section class="card stack" aria-labelledby="tokens-title"><h2 id="tokens-title">${t("tokens.title")}</h2><p class="hint">${t("tokens.means")}</p>
      ${this.#made ? html`<p class="notice" role="status">${t("tokens.made")}<br><code id="made">${this.#made}</code></p>` : nothing}
      ${this.#tokens.length ? html`<ul class="list">${repeat(this.#tokens, (one) => one.id, (one) => this.#one(one))}</ul>` : nothing}
      <details ?open=${this.#problem !== null}><summary>${t("tokens.new")}</summary>
      <form class="stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)} novalidate>
        ${field({ id: "label", label: t("tokens.label"), wrong: wrong("/label") })}
        <div class="field"><label for="scope">${t("tokens.scope")}</label><select id="scope" name="scope">
          ${SCOPES.filter((scope) => isStaff || ["read", "all"].includes(scope)).map((scope) => html`<option value=${scope}>${t(`scope.${scope}`)}</option>`)}</select></div>
        ${field({ id: "days", label: t("tokens.days"), wrong: wrong("/expires_in_days"), inputmode: "numeric", value: "30" })}
        <button>${t("tokens.make")}</button></form></details></section>`;
  }

  /** @param {ApiToken} one */
  #one = (one) => html`<li class="token"><p><strong dir="auto">${one.label}</strong><br><span class="quiet small">${t(`scope.${one.scope}`)} · ${t("tokens.until", { day: dayOf(one.expires_at) })}</span></p>
    <button type="button" class="danger" aria-label="${t("tokens.revoke")}: ${one.label}" @click=${() => void this.#revoke(one)}>${t("tokens.revoke")}</button></li>`;

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = new FormData(form);
    const days = String(data.get("days")).trim();
    const body = { label: String(data.get("label")).trim(), scope: data.get("scope"), expires_in_days: /^\d+$/.test(days) ? Number(days) : days };
    await this.#do(async () => {
      this.#made = (await this.api.post("/auth/api-tokens", body)).token;
      form.reset();
    });
  }

  /** @param {ApiToken} one */
  async #revoke({ id, label }) {
    if (await confirmed({ title: t("tokens.revoke-title", { label }), text: t("tokens.revoke-text"), yes: t("tokens.revoke") })) {
      await this.#do(() => this.api.send("DELETE", `/auth/api-tokens/${id}`));
    }
  }

  /** @param {() => Promise<void>} act */
  async #do(act) {
    [this.#problem, this.#made] = [null, ""];
    try {
      await act();
      await this.read();
    } catch (error) {
      const problem = asProblem(error);
      if (problem.errors.length) this.#problem = problem;
      else this.around.failed(problem);
    }
    this.around.paint();
  }
}
