/**
 * What teams ask, and the answers.
 */

import { newKey } from "../../net/api.js";
import { html, nothing } from "../../parts/html.js";
import { t, timeOfDay } from "../../texts/texts.js";
import { Reading } from "./reading.js";

/** @typedef {{id: string, team: string, asked_by: string | null, text: string, asked_at: string, state: string, answers: {answer_no: number, text: string, announcement: number | null}[]}} Clarification */

/** Open ones first. */
export class Clarifications {
  /** @type {Map<string, string>} a key for each form */
  #keys = new Map();

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} contest
   * @param {() => void} paint
   */
  constructor(api, contest, paint) {
    [this.api, this.path] = [api, `/contests/${contest}/clarifications`];
    /** @type {Reading<Clarification>} */
    this.list = new Reading(async () => {
      const all = /** @type {Clarification[]} */ (await api.all(this.path));
      return [...all.filter((one) => one.state === "open"), ...all.filter((one) => one.state !== "open")];
    }, paint);
  }

  open() {
    void this.list.refresh();
  }

  view() {
    return html`<section class="stack tight"><h2>${t("desk.clarifications")}</h2>${this.list.view((items) => items.map((one) => this.#one(one)), t("clarify.none"))}</section>`;
  }

  /** @param {Clarification} one */
  #one(one) {
    return html`<article class="card stack tight"><div class="row spread"><strong dir="auto">${one.team}</strong><span class="quiet small">${timeOfDay(one.asked_at)}</span></div>
      <p dir="auto">${one.text}</p>${one.answers.map((answer) => html`<p class="answer" dir="auto">${answer.text}${answer.announcement === null ? nothing : html` <span class="tag">${t("clarify.to-all")}</span>`}</p>`)}
      ${one.state === "open" ? this.#form(one) : nothing}</article>`;
  }

  /** @param {Clarification} one */
  #form(one) {
    return html`<form class="stack tight" @submit=${(/** @type {SubmitEvent} */ event) => void this.#answer(event, one)}>
      <div class="field"><label for="answer-${one.id}">${t("clarify.answer")}</label><textarea id="answer-${one.id}" name="text" rows="2" required maxlength="5000"></textarea></div>
      <div class="field"><label for="asked-${one.id}">${t("clarify.asked")}</label><p class="hint" id="hint-${one.id}">${t("clarify.asked-hint")}</p>
        <input id="asked-${one.id}" name="asked" maxlength="200" autocomplete="off" aria-describedby="hint-${one.id}"></div>
      <div class="actions"><button class="primary" name="to" value="asker">${t("clarify.to-asker")}</button><button name="to" value="all">${t("clarify.to-all-do")}</button></div></form>`;
  }

  /**
   * @param {SubmitEvent} event
   * @param {Clarification} one
   */
  async #answer(event, one) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const to = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? "asker";
    const body = { text: data.get("text"), to, ...(to === "all" ? { asked: data.get("asked") } : {}) };
    const key = this.#keys.get(one.id) ?? newKey();
    this.#keys.set(one.id, key);
    await this.list.change(() => this.api.postOnce(`${this.path}/${one.id}/answers`, body, key));
    this.#keys.delete(one.id);
  }
}
