/**
 * A question that can be answered: by thumb, by the keys A to J and Enter, and once.
 */

import { hours } from "../../net/clock.js";
import { difficultyName } from "../../parts/contests.js";
import { html, keyed, nothing, repeat } from "../../parts/html.js";
import { markdown } from "../../parts/markdown.js";
import { letter, sign } from "../../parts/shape.js";
import { number, t } from "../../texts/texts.js";

/** Less than this is marked, in ms. */
const HURRY = 30_000;

/** The open questions of a team, one of them in front. */
export class QuestionView {
  #front = "";
  /** What was chosen or typed, by assignment. @type {Map<string, string[]>} */
  #answers = new Map();
  /** @type {Map<string, HTMLElement>} */
  #texts = new Map();
  /** What the last wrong answer says, while there are tries left. @type {import("./game.js").Verdict | null} */
  #wrong = null;

  /**
   * @param {import("./game.js").Game} game
   * @param {{paint: () => void, now: () => number, penalty: () => number}} around
   */
  constructor(game, around) {
    [this.game, this.around] = [game, around];
  }

  get #held() {
    const open = this.game.open ?? [];
    return open.find((one) => one.id === this.#front) ?? open[0];
  }

  view() {
    const held = this.#held;
    return html`${this.#others(held)}${keyed(held.id, held.question ? this.#asked(held, held.question) : this.#unseen(held))}`;
  }

  /** @param {import("./game.js").Assignment} held */
  #others(held) {
    const open = this.game.open ?? [];
    if (open.length < 2) return nothing;
    return html`<div class="chips" role="group" aria-label=${t("question.open")}>${repeat(open, (one) => one.id, (one, index) => html`
      <button type="button" aria-pressed=${one.id === held.id ? "true" : "false"} @click=${() => this.#show(one.id)}>${t("question.number", { n: index + 1 })}</button>`)}</div>`;
  }

  /** @param {string} id */
  #show(id) {
    this.#front = id;
    this.around.paint();
  }

  /** @param {import("./game.js").Assignment} held */
  #unseen(held) {
    return html`<div class="card stack">${this.#facts(held)}<h2>${t("question.unseen")}</h2>
      <button class="primary big" @click=${() => this.game.settle(held, "reveal")}>${t("question.reveal")}</button>
      <button @click=${() => this.game.settle(held, "release")}>${t("question.release")}</button></div>`;
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {import("./game.js").Question} question
   */
  #asked(held, question) {
    const isBusy = this.game.busy === "submit";
    const isOver = held.expires_at !== null && Date.parse(held.expires_at) <= this.around.now();
    const wrong = this.#wrong?.assignment_id === held.id ? this.#wrong : null;
    return html`<form class="stack question" id="answering" @submit=${(/** @type {Event} */ event) => this.#submit(event)}>
      ${this.#facts(held)}
      <div class="asked" dir="auto">${this.#text(held.id, question.text)}</div>
      ${wrong ? html`<p class="notice">${t("question.wrong", { n: wrong.attempts_left })}</p>` : nothing}
      <fieldset ?disabled=${isBusy || isOver}><legend class="unseen">${t("question.answer")}</legend>${this.#answering(held, question)}</fieldset>
      <div class="send">
        <button class="primary big wide" ?disabled=${isBusy || isOver || !this.#isComplete(held)}>${isBusy ? t("question.sending") : t("question.send")}</button>
        ${this.game.isUnanswered ? html`<p class="notice" role="status">${t("question.unanswered")}</p>` : nothing}
        ${isOver ? html`<p class="notice">${t("question.over")}</p>` : nothing}
        <p class="hint">${this.#stake(held)}</p>
      </div>
    </form>`;
  }

  /** @param {import("./game.js").Assignment} held */
  #facts(held) {
    const left = held.expires_at === null ? null : Date.parse(held.expires_at) - this.around.now();
    return html`<p class="facts"><span class="tag" data-difficulty=${held.difficulty}>${difficultyName(held.difficulty)}</span>
      ${held.pool === "mystery" ? html`<span class="tag">${t("question.mystery")}</span>` : nothing}
      <span class="quiet">${held.category}</span>
      ${left === null ? nothing : html`<span class="clock" role="timer" data-hurry=${left < HURRY}>${hours(left)}</span>`}
      <strong class="worth">${t("question.worth", { n: held.points })}</strong></p>`;
  }

  /** @param {import("./game.js").Assignment} held */
  #stake(held) {
    const penalty = this.around.penalty();
    const tries = t("question.tries", { n: held.max_attempts - held.attempts });
    return penalty > 0 ? `${tries} ${t("question.penalty", { points: number(penalty) })}` : tries;
  }

  /** Made once: a question does not change while it is held. @param {string} id @param {string} text */
  #text(id, text) {
    const known = this.#texts.get(id) ?? markdown(text);
    this.#texts.set(id, known);
    return known;
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {import("./game.js").Question} question
   */
  #answering(held, question) {
    if (question.kind === "true_false") return this.#choices(held, "radio", [t("question.true"), t("question.false")]);
    if (question.kind === "single_choice") return this.#choices(held, "radio", question.options);
    if (question.kind === "multiple_choice") return html`<p class="hint">${t("question.all-that-apply")}</p>${this.#choices(held, "checkbox", question.options)}`;
    const isNumber = question.kind === "numeric";
    return html`<div class="field"><label for="typed">${isNumber ? t("question.your-number") : t("question.your-answer")}</label>
      <input id="typed" class="typed" autocomplete="off" spellcheck="false" maxlength="1000" inputmode=${isNumber ? "decimal" : "text"} .value=${this.#of(held)[0] ?? ""}
        @input=${(/** @type {any} */ event) => this.#set(held, event.target.value.trim() ? [event.target.value] : [])}></div>`;
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {"radio" | "checkbox"} type
   * @param {string[]} options
   */
  #choices(held, type, options) {
    const chosen = this.#of(held);
    return html`<div class="choices">${options.map((option, index) => html`<label class="choice" data-chosen=${chosen.includes(letter(index))}>
      <input class="unseen" type=${type} name="answer" value=${letter(index)} .checked=${chosen.includes(letter(index))} @change=${() => this.#choose(held, type, letter(index), true)}>
      ${sign(index)}<span class="option" dir="auto">${option}</span><span class="tick" aria-hidden="true">✓</span></label>`)}</div>`;
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {string} type
   * @param {string} choice
   * @param {boolean} isToggle
   */
  #choose(held, type, choice, isToggle) {
    const chosen = this.#of(held);
    if (type === "radio") return this.#set(held, [choice]);
    const without = chosen.filter((one) => one !== choice);
    return this.#set(held, isToggle && chosen.includes(choice) ? without : [...without, choice].sort());
  }

  /** @param {import("./game.js").Assignment} held */
  #of(held) {
    return this.#answers.get(held.id) ?? [];
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {string[]} answer
   */
  #set(held, answer) {
    this.#answers.set(held.id, answer);
    this.around.paint();
  }

  /** @param {import("./game.js").Assignment} held */
  #isComplete(held) {
    return this.#of(held).length > 0;
  }

  /** The answer in the form that the kind of question asks for. @param {import("./game.js").Assignment} held */
  #answer(held) {
    const chosen = this.#of(held);
    switch (held.question?.kind) {
      case "multiple_choice":
        return chosen;
      case "true_false":
        return chosen[0] === "A";
      case "numeric":
        return chosen[0].trim().replace(/\s/g, "").replace(/,(\d*)$/, ".$1");
      default:
        return chosen[0].trim();
    }
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    const held = this.#held;
    this.#wrong = null;
    if (held && this.#isComplete(held)) void this.game.submit(held, this.#answer(held));
  }

  /** A wrong answer that leaves a try keeps the question open. @param {import("./game.js").Verdict} verdict */
  judged(verdict) {
    if (verdict.state !== "revealed") return this.#answers.delete(verdict.assignment_id);
    this.#wrong = verdict;
    this.game.verdict = null;
    return this.#answers.set(verdict.assignment_id, []);
  }

  /** Keys for whoever has a keyboard: a letter chooses, Enter sends. @param {KeyboardEvent} event */
  pressed(event) {
    const held = this.#held;
    const isTyping = event.target instanceof HTMLInputElement && !["radio", "checkbox"].includes(event.target.type);
    if (!held?.question || isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const form = /** @type {HTMLFormElement | null} */ (document.getElementById("answering"));
    const input = form?.querySelector(`input[value="${CSS.escape(event.key.toUpperCase())}"]`);
    if (input instanceof HTMLInputElement) {
      event.preventDefault();
      input.focus();
      input.click();
    } else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement) && !(event.target instanceof HTMLAnchorElement)) {
      event.preventDefault();
      form?.requestSubmit();
    }
  }
}
