/**
 * The bank: every question that was ever written, to be placed in this contest.
 */

import { confirmed } from "../../parts/confirm.js";
import { html, nothing } from "../../parts/html.js";
import { t } from "../../texts/texts.js";
import { line } from "./inputs.js";
import { preview } from "./preview.js";
import { QuestionEditor } from "./question-editor.js";
import { Pages } from "./reading.js";

/** @typedef {{id: string, external_id: string, version: number, kind: string, text: string, options: string[]}} Entry */

const TYPING = 250;

/** Found by their text; placing one opens the editor with its terms. */
export class Bank {
  #text = "";
  #typing = 0;
  #shown = "";
  /** @type {QuestionEditor | null} */
  #editor = null;

  /**
   * @param {import("./desk.js").Place} place
   * @param {() => void} back
   */
  constructor(place, back) {
    [this.place, this.back] = [place, back];
    /** @type {Pages<Entry>} */
    this.list = new Pages(place.api, () => `/questions${this.#text.trim() && `?text=${encodeURIComponent(this.#text.trim())}`}`, place.paint);
    void this.list.refresh();
  }

  /** @param {string} text */
  #find(text) {
    this.#text = text;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.list.refresh(), TYPING);
  }

  view() {
    if (this.#editor) return this.#editor.view();
    return html`<section class="card stack"><div class="row spread"><h2>${t("bank.title")}</h2><button @click=${this.back}>${t("editor.back")}</button></div><p class="quiet">${t("bank.lead")}</p>
      ${line({ id: "find-question", label: t("bank.find"), type: "search", value: this.#text, maxlength: 200 }, (text) => this.#find(text))}
      ${this.list.view((items) => html`<ul class="list">${items.map((item) => this.#one(item))}</ul>`, this.#text ? t("questions.no-match") : t("bank.none"))}</section>`;
  }

  /** @param {Entry} item */
  #one(item) {
    const isShown = item.id === this.#shown;
    const show = () => {
      this.#shown = isShown ? "" : item.id;
      this.place.paint();
    };
    return html`<li><div class="row spread"><button class="plain text" dir="auto" aria-expanded=${isShown ? "true" : "false"} @click=${show}>${item.text.slice(0, 120)}</button>
      <button @click=${() => this.#place(item)}>${t("bank.place")}</button></div>
      ${isShown ? html`${preview(item)}<div class="actions"><button class="danger" @click=${() => void this.#retire(item)}>${t("bank.retire")}</button></div>` : nothing}</li>`;
  }

  /** @param {Entry} item */
  async #retire(item) {
    if (!(await confirmed({ title: t("bank.retire-title"), text: item.text.slice(0, 200), yes: t("bank.retire") }))) return;
    await this.list.change(() => this.place.api.send("DELETE", `/questions/${item.id}`));
  }

  /** @param {Entry} item */
  #place(item) {
    this.#editor = new QuestionEditor(this.place, this.back, undefined, item);
    this.place.paint();
  }
}
