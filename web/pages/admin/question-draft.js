/**
 * A question as it is typed, and as the interface has it.
 */

/** @typedef {"single_choice" | "multiple_choice" | "true_false" | "text" | "numeric"} Kind */

/** @type {Kind[]} */
export const KINDS = ["single_choice", "multiple_choice", "true_false", "text", "numeric"];

/** @param {string} kind */
export const hasOptions = (kind) => kind === "single_choice" || kind === "multiple_choice";

/** @param {number} place from 0 */
const letter = (place) => String.fromCharCode(65 + place);

/**
 * @typedef {object} Draft
 * @property {string} external_id
 * @property {Kind} kind
 * @property {string} text
 * @property {{text: string, right: boolean}[]} options
 * @property {string} answer of a text or a number; `true` or `false`
 * @property {string} aliases one in each line
 * @property {string} tolerance
 * @property {boolean} case_sensitive
 * @property {string} explanation
 */

/** @returns {Draft} */
export const emptyDraft = () => ({ external_id: "", kind: "single_choice", text: "", options: [{ text: "", right: true }, { text: "", right: false }], answer: "", aliases: "", tolerance: "",
  case_sensitive: false, explanation: "" });

/**
 * As it was read, with its answer.
 * @param {any} question
 * @returns {Draft}
 */
export function draftOf(question) {
  const right = [question.answer].flat().map(String);
  const options = question.options.map((/** @type {string} */ text, /** @type {number} */ place) => ({ text, right: right.includes(letter(place)) }));
  return { external_id: question.external_id === question.id ? "" : question.external_id, kind: question.kind, text: question.text, options: options.length ? options : emptyDraft().options,
    answer: hasOptions(question.kind) ? "" : String(question.answer), aliases: question.aliases.join("\n"), tolerance: question.tolerance === null ? "" : String(question.tolerance),
    case_sensitive: question.case_sensitive, explanation: question.explanation };
}

/**
 * As the interface takes it.
 * @param {Draft} draft
 */
export function bodyOf(draft) {
  const { kind, text, explanation } = draft;
  const name = draft.external_id.trim() && { external_id: draft.external_id.trim() };
  return { ...name, kind, text, explanation, ...answerOf(draft) };
}

/** @param {Draft} draft */
function answerOf({ kind, options, answer, aliases, tolerance, case_sensitive }) {
  const right = options.flatMap((option, place) => (option.right ? [letter(place)] : []));
  const typed = Number(answer.trim().replace(",", "."));
  switch (kind) {
    case "single_choice":
      return { options: options.map((option) => option.text), answer: right[0] ?? "" };
    case "multiple_choice":
      return { options: options.map((option) => option.text), answer: right };
    case "true_false":
      return { answer: answer === "true" };
    case "numeric":
      // What is no number is for the server to say.
      return { answer: answer.trim() && Number.isFinite(typed) ? typed : answer, ...(tolerance.trim() && { tolerance: Number(tolerance.trim().replace(",", ".")) }) };
    default:
      return { answer, aliases: aliases.split("\n").map((one) => one.trim()).filter(Boolean), case_sensitive };
  }
}
