/**
 * What teams ask, and the answers.
 */

import { Once } from "../../net/kept.js";
import { html, nothing } from "../../parts/html.js";
import { t, timeOfDay } from "../../texts/texts.js";
import { Reading } from "./reading.js";

/** @typedef {{id: string, team: string, asked_by: string | null, text: string, asked_at: string, state: string, answers: {answer_no: number, text: string, announcement: number | null}[]}} Clarification */

/** Open ones first. */
export class Clarifications {
  /** The one of the form that was sent last: nobody sends two at once. */
  #once = new Once();

  /** @param {import("./desk.js").Place} place */
  constructor({ api, path, rights, paint }) {
    [this.api, this.path, this.mayAnswer] = [api, `${path}/clarifications`, rights.may("announce")];
    /** @type {Reading<Clarification>} */
    this.list = new Reading(async () => {
      const all = /** @type {Clarification[]} */ (await api.all(this.path));
      return [...all.filter((one) => one.state === "open"), ...all.filter((one) => one.state !== "open")];
    }, paint);
  }

  open() {
    void this.list.refresh();
  }

  /** @param {any} frame */
  heard(frame) {
    if (frame.event === "clarification_received" || frame.event === "staff_acted") this.list.soon();
  }

  view() {
    return html`<section class="stack tight"><h2>${t("desk.clarifications")}</h2>${this.list.view((items) => items.map((one) => this.#one(one)), t("clarify.none"))}</section>`;
  }

  /** @param {Clarification} one */
  #one(one) {
    return html`<article class="card stack tight"><div class="row spread"><strong dir="auto">${one.team}</strong><span class="quiet small">${timeOfDay(one.asked_at)}</span></div>
      <p dir="auto">${one.text}</p>${one.answers.map((answer) => html`<p class="answer" dir="auto">${answer.text}${answer.announcement === null ? nothing : html` <span class="tag">${t("clarify.to-all")}</span>`}</p>`)}
      ${one.state === "open" && this.mayAnswer ? this.#form(one) : nothing}</article>`;
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
    await this.list.change(() => this.#once.post(this.api, `${this.path}/${one.id}/answers`, body));
  }
}
