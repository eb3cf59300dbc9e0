/**
 * The form that answers a question: by thumb, or by the keys A to J and Enter.
 */

import { html, nothing } from "./html.js";
import { inline, markdown } from "./markdown.js";
import { letter, sign } from "./shape.js";
import { t } from "../texts/texts.js";

/**
 * @typedef {{id: string, kind: string, text: string, options: string[]}} Asked
 * @typedef {import("./frame.js").View} View
 */

/** Answers that are being made; each question keeps its own while another one is looked at. */
export class Answering {
  /** What was chosen or typed. @type {Map<string, string[]>} */
  #chosen = new Map();
  /** @type {Map<string, HTMLElement>} */
  #texts = new Map();

  /**
   * @param {() => void} paint
   * @param {(id: string, answer: unknown) => void} send
   */
  constructor(paint, send) {
    [this.paint, this.send] = [paint, send];
  }

  /**
   * @param {Asked} asked
   * @param {{above: View, notice?: View, below: View, isBusy: boolean, isOver?: boolean, isPaused?: boolean}} around in a pause
   *   one may choose, but not send
   */
  view(asked, { above, notice = nothing, below, isBusy, isOver = false, isPaused = false }) {
    const isShut = isBusy || isOver;
    return html`<form class="stack question" id="answering" @submit=${(/** @type {Event} */ event) => this.#submit(event, asked)}>
      ${above}
      <div class="asked" dir="auto">${this.text(asked)}</div>
      ${notice}
      <fieldset ?disabled=${isShut}><legend class="unseen">${t("question.answer")}</legend>${this.#answering(asked)}</fieldset>
      <div class="send">
        <button class="primary big wide" ?disabled=${isShut || isPaused || this.#of(asked).length === 0}>${isBusy ? t("question.sending") : t("question.send")}</button>
        ${below}
      </div>
    </form>`;
  }

  /** Made once: a question does not change while it is held. @param {Asked} asked */
  text({ id, text }) {
    return this.#made(id, () => markdown(text));
  }

  /** @param {string} key @param {() => HTMLElement} make */
  #made(key, make) {
    const known = this.#texts.get(key) ?? make();
    this.#texts.set(key, known);
    return known;
  }

  /** Begins anew. @param {string} id */
  forget(id) {
    this.#chosen.delete(id);
  }

  /** @param {Asked} asked */
  #answering(asked) {
    if (asked.kind === "true_false") return this.#choices(asked, "radio", [t("question.true"), t("question.false")]);
    if (asked.kind === "single_choice") return this.#choices(asked, "radio", asked.options);
    if (asked.kind === "multiple_choice") return html`<p class="hint">${t("question.all-that-apply")}</p>${this.#choices(asked, "checkbox", asked.options)}`;
    const isNumber = asked.kind === "numeric";
    return html`<div class="field"><label for="typed">${isNumber ? t("question.your-number") : t("question.your-answer")}</label>
      <input id="typed" class="typed" autocomplete="off" spellcheck="false" maxlength="1000" inputmode=${isNumber ? "decimal" : "text"} .value=${this.#of(asked)[0] ?? ""}
        @input=${(/** @type {any} */ event) => this.#set(asked, event.target.value.trim() ? [event.target.value] : [])}></div>`;
  }

  /**
   * @param {Asked} asked
   * @param {"radio" | "checkbox"} type
   * @param {string[]} options
   */
  #choices(asked, type, options) {
    const chosen = this.#of(asked);
    return html`<div class="choices">${options.map((option, index) => html`<label class="choice" data-chosen=${chosen.includes(letter(index))}>
      <input class="unseen" type=${type} name="answer" value=${letter(index)} .checked=${chosen.includes(letter(index))} @change=${() => this.#choose(asked, type, letter(index))}>
      ${sign(index)}<span class="option" dir="auto">${this.#made(`${asked.id} ${index}`, () => inline(option))}</span><span class="tick" aria-hidden="true">✓</span></label>`)}</div>`;
  }

  /**
   * @param {Asked} asked
   * @param {string} type
   * @param {string} choice
   */
  #choose(asked, type, choice) {
    const chosen = this.#of(asked);
    if (type === "radio") return this.#set(asked, [choice]);
    return this.#set(asked, chosen.includes(choice) ? chosen.filter((one) => one !== choice) : [...chosen, choice].sort());
  }

  /** @param {Asked} asked */
  #of({ id }) {
    return this.#chosen.get(id) ?? [];
  }

  /**
   * @param {Asked} asked
   * @param {string[]} answer
   */
  #set({ id }, answer) {
    this.#chosen.set(id, answer);
    this.paint();
  }

  /** The answer in the form that the kind of question asks for. @param {Asked} asked */
  #answer(asked) {
    const chosen = this.#of(asked);
    switch (asked.kind) {
      case "multiple_choice":
        return chosen;
      case "true_false":
        return chosen[0] === "A";
      default:
        return chosen[0].trim();
    }
  }

  /**
   * @param {Event} event
   * @param {Asked} asked
   */
  #submit(event, asked) {
    event.preventDefault();
    if (this.#of(asked).length > 0) this.send(asked.id, this.#answer(asked));
  }
}

/** Keys for whoever has a keyboard: a letter chooses, Enter sends. @param {KeyboardEvent} event */
export function answerByKey(event) {
  const form = /** @type {HTMLFormElement | null} */ (document.getElementById("answering"));
  if (!form?.checkVisibility() || isForSomethingElse(event)) return;
  const input = form.querySelector(`input[value="${CSS.escape(event.key.toUpperCase())}"]`);
  if (input instanceof HTMLInputElement) {
    event.preventDefault();
    input.focus();
    input.click();
  } else if (event.key === "Enter" && !(event.target instanceof Element && event.target.closest("button, a, summary"))) {
    event.preventDefault();
    form.requestSubmit();
  }
}

/** @param {KeyboardEvent} event */
function isForSomethingElse({ target, ctrlKey, metaKey, altKey }) {
  const isTyping = target instanceof Element && target.matches("input:not([type=radio], [type=checkbox]), select, textarea");
  return isTyping || ctrlKey || metaKey || altKey || document.querySelector("dialog[open]") !== null;
}
