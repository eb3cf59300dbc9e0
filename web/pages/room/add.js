/**
 * How an owner adds a problem: what is asked, what is right, and what it is worth.
 */

import { Once } from "../../net/kept.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { html, nothing, render } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

const KINDS = ["text", "numeric", "single_choice", "multiple_choice", "true_false"];
const CHOICES = ["single_choice", "multiple_choice"];

/** A dialog. */
export class AddProblem {
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;
  #once = new Once();
  #kind = KINDS[0];
  #isBusy = false;
  #dialog = el("dialog", { "aria-labelledby": "add-title" });

  /** @param {import("./room.js").Room} room */
  constructor(room) {
    this.room = room;
  }

  open() {
    document.body.append(this.#dialog);
    this.#dialog.addEventListener("close", () => this.#dialog.remove(), { once: true });
    this.#problem = null;
    // A form of its own each time: nothing of the problem before is left in it.
    render(nothing, this.#dialog);
    this.#paint();
    this.#dialog.showModal();
  }

  #paint() {
    const wrong = (/** @type {string} */ pointer) => wrongAt(this.#problem, pointer);
    const { problems } = this.room;
    render(html`<form class="stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)} novalidate>
      <h2 id="add-title">${t("room.add")}</h2>
      ${field({ id: "problem_id", label: t("room.add-name"), wrong: wrong("/problem_id"), required: true, value: `p${(problems?.length ?? 0) + 1}` })}
      <div class="field"><label for="kind">${t("room.add-kind")}</label><select id="kind" name="kind" .value=${this.#kind} @change=${(/** @type {any} */ event) => this.#become(event.target.value)}>
        ${KINDS.map((kind) => html`<option value=${kind}>${t(`kind.${kind}`)}</option>`)}</select></div>
      ${area("text", t("room.add-text"), wrong("/text"))}
      ${CHOICES.includes(this.#kind) ? area("options", t("room.add-options"), wrong("/options")) : nothing}
      ${this.#answer(wrong)}
      <div class="pair">${field({ id: "points", label: t("room.add-points"), wrong: wrong("/points"), inputmode: "numeric", value: "20" })}
        ${field({ id: "max_attempts", label: t("room.add-tries"), wrong: wrong("/max_attempts"), inputmode: "numeric", value: "1" })}</div>
      ${this.#problem && this.#problem.errors.length === 0 ? html`<p class="wrong" role="alert">${this.#problem.title}. ${this.#problem.detail}</p>` : nothing}
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t("cancel")}</button>
        <button class="primary" ?disabled=${this.#isBusy}>${t("room.add-do")}</button></div>
    </form>`, this.#dialog);
  }

  /** @param {string} kind */
  #become(kind) {
    this.#kind = kind;
    this.#paint();
  }

  /** What is right, as the kind asks for it. @param {(pointer: string) => string} wrong */
  #answer(wrong) {
    if (this.#kind === "true_false") {
      return html`<div class="field"><label for="answer">${t("room.add-answer")}</label><select id="answer" name="answer">
        <option value="true">${t("question.true")}</option><option value="false">${t("question.false")}</option></select></div>`;
    }
    const hint = CHOICES.includes(this.#kind) ? t(`room.add-answer.${this.#kind}`) : "";
    const answer = field({ id: "answer", label: t("room.add-answer"), hint, wrong: wrong("/answer"), maxlength: 1000 });
    if (this.#kind === "numeric") return html`${answer}${field({ id: "tolerance", label: t("room.add-tolerance"), wrong: wrong("/tolerance"), inputmode: "decimal", value: "0" })}`;
    if (this.#kind !== "text") return answer;
    return html`${answer}${area("aliases", t("room.add-aliases"), wrong("/aliases"))}
      <label class="row tick-box"><input type="checkbox" name="case_sensitive"> ${t("room.add-case")}</label>`;
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const body = problemOf(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    this.#isBusy = true;
    this.#paint();
    try {
      await this.#once.post(this.room.api, `${this.room.path}/problems`, body);
      this.#dialog.close();
    } catch (error) {
      this.#problem = asProblem(error);
    }
    this.#isBusy = false;
    this.#paint();
    this.#dialog.querySelector("[aria-invalid]")?.focus();
  }
}

/**
 * @param {string} id
 * @param {string} label
 * @param {string} wrong
 */
const area = (id, label, wrong) => html`<div class="field"><label for=${id}>${label}</label>
  <textarea id=${id} name=${id} rows="3" aria-invalid=${wrong ? "true" : nothing} aria-describedby=${wrong ? `${id}-wrong` : nothing}></textarea>
  ${wrong ? html`<p class="wrong" id="${id}-wrong">${wrong}</p>` : nothing}</div>`;

/** What was typed, as the API takes it. What is no number stays as it is, so that the server says so. @param {FormData} data */
function problemOf(data) {
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  const lines = (/** @type {string} */ name) => text(name).split("\n").map((line) => line.trim()).filter(Boolean);
  const whole = (/** @type {string} */ name) => (/^\d+$/.test(text(name)) ? Number(text(name)) : text(name));
  const kind = text("kind");
  const answers = { true_false: text("answer") === "true", single_choice: text("answer").toUpperCase(), multiple_choice: text("answer").toUpperCase().split(/[\s,;]+/).filter(Boolean) };
  return {
    problem_id: text("problem_id"),
    kind,
    text: text("text"),
    options: lines("options"),
    answer: answers[/** @type {"true_false"} */ (kind)] ?? text("answer"),
    aliases: lines("aliases"),
    tolerance: kind === "numeric" ? text("tolerance") || null : null,
    case_sensitive: data.has("case_sensitive"),
    points: whole("points"),
    max_attempts: whole("max_attempts"),
  };
}
