/**
 * The fields of a question: its kind, text, choices and what is right.
 */

import { wrongAt } from "../../parts/field.js";
import { html, live, nothing } from "../../parts/html.js";
import { letter } from "../../parts/shape.js";
import { t } from "../../texts/texts.js";
import { area, choice, line, tick } from "./inputs.js";
import { KINDS, hasOptions } from "./question-draft.js";

/** The interface takes so many options. */
const MOST = 10;

/** @typedef {import("./question-draft.js").Draft} Draft */

/**
 * @param {Draft} draft
 * @param {import("../../net/api.js").Problem | null} problem
 * @param {(change: Partial<Draft>) => void} type
 */
export function questionFields(draft, problem, type) {
  const wrong = (/** @type {string} */ pointer) => wrongAt(problem, pointer);
  return html`${choice({ id: "kind", label: t("editor.kind"), value: draft.kind, options: KINDS.map((kind) => [kind, t(`kind.${kind}`)]) }, (kind) => type({ kind: /** @type {Draft["kind"]} */ (kind) }))}
    ${area({ id: "text", label: t("editor.text"), hint: t("editor.markdown"), value: draft.text, rows: 6, maxlength: 10_000, wrong: wrong("/text") }, (text) => type({ text }))}
    ${hasOptions(draft.kind) ? options(draft, wrong, type) : answer(draft, wrong, type)}
    ${area({ id: "explanation", label: t("editor.explanation"), hint: t("editor.explanation-hint"), value: draft.explanation, rows: 2, maxlength: 10_000, wrong: wrong("/explanation") }, (explanation) => type({ explanation }))}
    ${line({ id: "external_id", label: t("editor.name"), hint: t("editor.name-hint"), value: draft.external_id, maxlength: 100, wrong: wrong("/external_id") }, (external_id) => type({ external_id }))}`;
}

/**
 * @param {Draft} draft
 * @param {(pointer: string) => string} wrong
 * @param {(change: Partial<Draft>) => void} type
 */
function options({ kind, options }, wrong, type) {
  const isSingle = kind === "single_choice";
  const set = (/** @type {number} */ place, /** @type {Partial<{text: string, right: boolean}>} */ change) => type({ options: options.map((option, at) =>
    (at === place ? { ...option, ...change } : isSingle && change.right ? { ...option, right: false } : option)) });
  return html`<fieldset class="stack tight"><legend>${isSingle ? t("editor.options-one") : t("editor.options-many")}</legend>
    ${wrong("/options") ? html`<p class="wrong">${wrong("/options")}</p>` : nothing}${wrong("/answer") ? html`<p class="wrong">${wrong("/answer")}</p>` : nothing}
    ${options.map((option, place) => html`<div class="option"><label class="row"><input type=${isSingle ? "radio" : "checkbox"} name="right" .checked=${live(option.right)} @change=${(/** @type {any} */ event) => set(place, { right: event.target.checked })}>
        <span class="unseen">${t("editor.right", { letter: letter(place) })}</span><b aria-hidden="true">${letter(place)}</b></label>
      <input id="option-${place}" aria-label=${t("editor.option", { letter: letter(place) })} maxlength="1000" autocomplete="off" .value=${live(option.text)} aria-invalid=${wrong(`/options/${place}`) ? "true" : nothing}
        @input=${(/** @type {any} */ event) => set(place, { text: event.target.value })}>
      <button type="button" class="plain" ?disabled=${options.length <= 2} aria-label=${t("editor.remove", { letter: letter(place) })} @click=${() => type({ options: options.filter((_, at) => at !== place) })}>✕</button></div>
      ${wrong(`/options/${place}`) ? html`<p class="wrong">${wrong(`/options/${place}`)}</p>` : nothing}`)}
    ${options.length < MOST ? html`<div><button type="button" @click=${() => type({ options: [...options, { text: "", right: false }] })}>${t("editor.add")}</button></div>` : nothing}</fieldset>`;
}

/**
 * @param {Draft} draft
 * @param {(pointer: string) => string} wrong
 * @param {(change: Partial<Draft>) => void} type
 */
function answer(draft, wrong, type) {
  if (draft.kind === "true_false") {
    return choice({ id: "answer", label: t("editor.answer"), value: draft.answer === "true" ? "true" : "false", wrong: wrong("/answer"), options: [["true", t("question.true")], ["false", t("question.false")]] }, (value) => type({ answer: value }));
  }
  const field = line({ id: "answer", label: t("editor.answer"), value: draft.answer, maxlength: 1000, wrong: wrong("/answer") }, (value) => type({ answer: value }));
  if (draft.kind === "numeric") return html`${field}${line({ id: "tolerance", label: t("editor.tolerance"), hint: t("editor.tolerance-hint"), value: draft.tolerance, maxlength: 40, wrong: wrong("/tolerance") }, (tolerance) => type({ tolerance }))}`;
  return html`${field}${area({ id: "aliases", label: t("editor.aliases"), hint: t("editor.aliases-hint"), value: draft.aliases, rows: 3, wrong: wrong("/aliases") }, (aliases) => type({ aliases }))}
    ${tick({ id: "case", label: t("editor.case"), value: draft.case_sensitive }, (case_sensitive) => type({ case_sensitive }))}`;
}
