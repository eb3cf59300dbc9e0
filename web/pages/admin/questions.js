/**
 * The questions of a contest: what they are, how they look to a team, and what staff does with them.
 */

import { asked } from "../../parts/ask.js";
import { difficultyName } from "../../parts/contests.js";
import { html, nothing } from "../../parts/html.js";
import { words } from "../../parts/markdown.js";
import { number, t } from "../../texts/texts.js";
import { Bank } from "./bank.js";
import { choice, line } from "./inputs.js";
import { preview } from "./preview.js";
import { QuestionEditor } from "./question-editor.js";
import { Pages } from "./reading.js";
import { figure, figures, table } from "./table.js";

/** @typedef {{id: string, external_id: string, version: number, kind: string, text: string, options: string[], difficulty: string, category: string, points: number, exclusive: boolean,
 *   pool: string, state: string, available: boolean, max_attempts: number, time_limit_ms: number | null, edit_version: number}} Placed */

/** @typedef {[string, string][]} Options */

/** The list; the editor and the bank take its place while they are open. */
export class Questions {
  #shown = "";
  #wish = { difficulty: "", pool: "", state: "", category: "" };
  /** @type {QuestionEditor | Bank | null} */
  #open = null;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    [this.place, this.path, this.mayWrite] = [place, `${place.path}/questions`, place.rights.may("questions")];
    /** @type {Pages<Placed>} */
    this.list = new Pages(place.api, () => `${this.path}?${new URLSearchParams(Object.entries(this.#wish).filter(([, value]) => value.trim()))}`, place.paint);
  }

  open() {
    void this.list.refresh();
  }

  /** @param {any} frame */
  heard(frame) {
    if (["question_placed", "question_changed", "questions_imported", "question_withdrawn"].includes(frame.event)) this.list.soon();
  }

  view() {
    if (this.#open) return this.#open.view();
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.questions")}</h2>${this.mayWrite ? html`<span class="actions">
        <button class="primary" @click=${() => this.#edit()}>${t("editor.new")}</button><button @click=${() => this.#bank()}>${t("bank.title")}</button></span>` : nothing}</div>
      ${this.#narrow()}${this.list.view((items) => this.#table(items), Object.values(this.#wish).some(Boolean) ? t("questions.no-match") : t("questions.none"))}</section>`;
  }

  #narrow() {
    const set = (/** @type {string} */ name) => (/** @type {string} */ value) => {
      this.#wish = { ...this.#wish, [name]: value };
      void this.list.again();
    };
    const any = /** @type {[string, string]} */ (["", t("submissions.all")]);
    const pick = (/** @type {"difficulty" | "pool" | "state"} */ name, /** @type {string} */ label, /** @type {Options} */ options) => choice({ id: `only-${name}`, label, value: this.#wish[name], options: [any, ...options] }, set(name));
    const category = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      set("category")(/** @type {HTMLInputElement} */ (document.getElementById("only-category")).value.trim());
    };
    return html`<form class="row end" @submit=${category}>${pick("difficulty", t("questions.difficulty"), ["EASY", "MEDIUM", "HARD"].map((one) => [one, difficultyName(one)]))}
      ${pick("pool", t("panel.pool"), ["regular", "mystery"].map((one) => [one, t(`pool.${one}`)]))}${pick("state", t("questions.state"), ["draft", "open", "locked", "withdrawn"].map((one) => [one, t(`placed.${one}`)]))}
      ${line({ id: "only-category", label: t("draw.category"), value: this.#wish.category, maxlength: 100 }, (value) => (this.#wish.category = value))}<button>${t("list.filter")}</button></form>`;
  }

  /** @param {Placed[]} items */
  #table(items) {
    const columns = [t("questions.question"), t("draw.category"), t("questions.difficulty"), figures(t("board.points")), t("questions.state")];
    return table(columns, items.map((item) => this.#line(item)), "lines");
  }

  /** @param {Placed} item */
  #line(item) {
    const isShown = item.id === this.#shown;
    const isTaken = item.state === "open" && !item.available;
    return html`<tr><th scope="row" class="clip"><button class="plain text" dir="auto" aria-expanded=${isShown ? "true" : "false"}
        @click=${() => this.#show(isShown ? "" : item.id)}>${words(item.text, 120)}</button></th>
      <td dir="auto">${item.category}</td><td>${difficultyName(item.difficulty)}${item.pool === "mystery" ? html` · ${t("question.mystery")}` : nothing}</td>
      ${figure(t("board.points"), number(item.points))}
      <td>${t(`placed.${item.state}`)}${isTaken ? html` · ${t("questions.taken")}` : nothing}</td></tr>
      ${isShown ? html`<tr><td colspan="5">${preview(item)}${this.#acts(item)}</td></tr>` : nothing}`;
  }

  /** @param {Placed} item */
  #acts(item) {
    if (item.state === "withdrawn") return nothing;
    const to = item.state === "open" ? "locked" : "open";
    return html`<div class="actions">${this.mayWrite ? html`<button @click=${() => this.#edit(item)}>${t("editor.edit")}</button>
        <button @click=${() => void this.#set(item, to)}>${to === "open" ? t("placed.do-open") : t("placed.do-lock")}</button>` : nothing}
      ${this.place.rights.may("judge") ? html`<button class="danger" @click=${() => void this.#withdraw(item)}>${t("questions.withdraw")}</button>` : nothing}</div>`;
  }

  /** @param {string} id */
  #show(id) {
    this.#shown = id;
    this.place.paint();
  }

  #back() {
    this.#open = null;
    void this.list.refresh();
  }

  /** @param {Placed} [item] a new one when left out */
  #edit(item) {
    this.#open = new QuestionEditor(this.place, () => this.#back(), item);
    this.place.paint();
  }

  #bank() {
    this.#open = new Bank(this.place, () => this.#back());
    this.place.paint();
  }

  /**
   * @param {Placed} item
   * @param {string} state
   */
  async #set(item, state) {
    await this.list.change(() => this.place.api.edit("PATCH", `${this.path}/${item.id}`, { state }, item.edit_version));
  }

  /** @param {Placed} item */
  async #withdraw(item) {
    const reason = await asked({ title: t("questions.withdraw-title"), text: t("questions.withdraw-text"), label: t("reason"), yes: t("questions.withdraw") });
    if (reason) await this.list.change(() => this.place.api.post(`${this.path}/${item.id}/withdraw`, { reason }));
  }
}
