/**
 * Writes a question, new or again, and places it; beside it stands how a team will see it.
 */

import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { asProblem, clearProblem, showProblem } from "../../parts/problem.js";
import { Once } from "../../net/kept.js";
import { t } from "../../texts/texts.js";
import { edited } from "./conflict.js";
import { preview } from "./preview.js";
import { bodyOf, draftOf, emptyDraft, hasOptions } from "./question-draft.js";
import { questionFields } from "./question-fields.js";
import { changeOf, newTerms, placementOf, termFields, termsOf } from "./terms.js";

/** One question at a time. */
export class QuestionEditor {
  /** What is in the bank; null while the question is new. @type {any} */
  #bank = null;
  #draft = emptyDraft();
  /** As it was when it was read: what did not change makes no new version. */
  #written = "";
  #terms = newTerms();
  /** @type {import("../../net/api.js").Problem | null} */
  #wrong = null;
  #problem = el("div");
  #isReading = false;
  #isSaving = false;
  #isSaved = false;
  #create = new Once();
  #place = new Once();

  /**
   * @param {import("./desk.js").Place} place
   * @param {() => void} back
   * @param {import("./questions.js").Placed} [placed] the one to edit
   * @param {{id: string}} [entry] of the bank, to be placed
   */
  constructor(place, back, placed, entry) {
    [this.place, this.back, this.placed] = [place, back, placed ?? null];
    const id = placed?.id ?? entry?.id;
    if (placed) this.#terms = termsOf(placed);
    if (id) void this.#read(id);
  }

  /** @param {string} id */
  async #read(id) {
    this.#isReading = true;
    try {
      this.#take(await this.place.api.get(`/questions/${id}`));
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.#isReading = false;
    this.place.paint();
  }

  /** @param {any} question */
  #take(question) {
    [this.#bank, this.#draft] = [question, draftOf(question)];
    this.#written = JSON.stringify(bodyOf(this.#draft));
  }

  /** Whether a team was given it: here it stays as it is, though the bank may get its next version. */
  get #isTaken() {
    return this.placed !== null && this.placed.state === "open" && !this.placed.available;
  }

  view() {
    if (this.#isReading) return loading();
    const { text, kind, options } = this.#draft;
    const shown = { kind, text, options: hasOptions(kind) ? options.map((option) => option.text) : [] };
    return html`<section class="card stack"><div class="row spread"><h2>${this.#bank ? t("editor.edit-title") : t("editor.new")}</h2><button @click=${this.back}>${t("editor.back")}</button></div>
      ${this.#problem}${this.#isTaken ? html`<p class="notice">${t("editor.taken")}</p>` : nothing}
      ${this.placed && this.#bank && this.placed.version !== this.#bank.version ? html`<p class="notice">${t("editor.other-version", { played: this.placed.version, bank: this.#bank.version })}</p>` : nothing}
      <form class="editor" @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event)} novalidate>
        <div class="stack">${questionFields(this.#draft, this.#wrong, (change) => this.#type("draft", change))}
          ${this.#isTaken ? nothing : html`<h3>${t("editor.place")}</h3>${termFields(this.#terms, this.#wrong, this.placed !== null, (change) => this.#type("terms", change))}`}
          <div class="row"><button class="primary" ?disabled=${this.#isSaving}>${this.#isTaken ? t("editor.save-bank") : this.placed ? t("save") : t("editor.save-place")}</button>
            ${this.#isSaved ? html`<span class="good" role="status">✓ ${t("saved")}</span>` : nothing}</div></div>
        <div class="stack seen"><h3>${t("editor.preview")}</h3>${preview(shown)}</div></form></section>`;
  }

  /**
   * @param {"draft" | "terms"} what
   * @param {object} change
   */
  #type(what, change) {
    if (what === "draft") this.#draft = { ...this.#draft, ...change };
    else this.#terms = { ...this.#terms, ...change };
    this.#isSaved = false;
    this.place.paint();
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    [this.#isSaving, this.#isSaved] = [true, false];
    clearProblem(this.#problem);
    this.place.paint();
    try {
      await this.#write();
      if (!this.#isTaken) await this.#put();
      [this.#wrong, this.#isSaved] = [null, true];
    } catch (error) {
      this.#wrong = asProblem(error);
      showProblem(this.#problem, error);
    }
    this.#isSaving = false;
    this.place.paint();
  }

  /** The question itself, if it differs from what the bank has. */
  async #write() {
    const { api } = this.place;
    const body = bodyOf(this.#draft);
    if (!this.#bank) this.#take(await this.#create.post(api, "/questions", body));
    else if (JSON.stringify(body) !== this.#written) {
      const path = `/questions/${this.#bank.id}`;
      this.#take(await edited({ api, method: "PUT", path, body, read: this.#bank, again: () => api.get(path) }));
    }
  }

  /** Its place in the contest. */
  async #put() {
    const { api, path } = this.place;
    const at = `${path}/questions`;
    if (!this.placed) {
      this.placed = await this.#place.post(api, at, { question_id: this.#bank.id, ...placementOf(this.#terms) });
      return;
    }
    const one = `${at}/${this.placed.id}`;
    const body = { ...changeOf(this.#terms), version: this.#bank.version };
    this.placed = await edited({ api, method: "PATCH", path: one, body, read: this.placed, again: () => api.get(one), counter: "edit_version" });
  }
}
