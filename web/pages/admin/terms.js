/**
 * A question's place in a contest: what it is worth there, and how it is reached.
 */

import { difficultyName } from "../../parts/contests.js";
import { wrongAt } from "../../parts/field.js";
import { html, nothing } from "../../parts/html.js";
import { t } from "../../texts/texts.js";
import { choice, line, tick } from "./inputs.js";

/** @typedef {{difficulty: string, category: string, points: string, exclusive: boolean, pool: string, max_attempts: string, seconds: string, state: string}} Terms as they are typed */

/** @returns {Terms} */
export const newTerms = () => ({ difficulty: "EASY", category: "", points: "100", exclusive: true, pool: "regular", max_attempts: "1", seconds: "", state: "open" });

/**
 * @param {import("./questions.js").Placed} placed
 * @returns {Terms}
 */
export const termsOf = ({ difficulty, category, points, exclusive, pool, max_attempts, time_limit_ms, state }) => ({ difficulty, category, points: String(points), exclusive, pool,
  max_attempts: String(max_attempts), seconds: time_limit_ms === null ? "" : String(time_limit_ms / 1000), state });

/** What may be changed later too. @param {Terms} terms */
export const changeOf = ({ difficulty, category, points, max_attempts, seconds }) => ({ difficulty, category, points: Number(points), max_attempts: Number(max_attempts),
  time_limit_ms: seconds.trim() ? Math.round(Number(seconds) * 1000) : null });

/** All of it, for a question that is not there yet. @param {Terms} terms */
export const placementOf = (terms) => ({ ...changeOf(terms), exclusive: terms.exclusive, pool: terms.pool, state: terms.state });

/**
 * @param {Terms} terms
 * @param {import("../../net/api.js").Problem | null} problem
 * @param {boolean} isPlaced then some of it is fixed
 * @param {(change: Partial<Terms>) => void} type
 */
export function termFields(terms, problem, isPlaced, type) {
  const wrong = (/** @type {string} */ pointer) => wrongAt(problem, pointer);
  return html`<div class="columns">${choice({ id: "difficulty", label: t("questions.difficulty"), value: terms.difficulty, options: ["EASY", "MEDIUM", "HARD"].map((one) => [one, difficultyName(one)]) }, (difficulty) => type({ difficulty }))}
    ${line({ id: "category", label: t("draw.category"), value: terms.category, maxlength: 100, required: true, wrong: wrong("/category") }, (category) => type({ category }))}
    ${line({ id: "points", label: t("board.points"), type: "number", min: 0, value: terms.points, required: true, wrong: wrong("/points") }, (points) => type({ points }))}
    ${line({ id: "max_attempts", label: t("editor.attempts"), type: "number", min: 1, max: 100, value: terms.max_attempts, wrong: wrong("/max_attempts") }, (max_attempts) => type({ max_attempts }))}
    ${line({ id: "seconds", label: t("editor.seconds"), hint: t("editor.seconds-hint"), type: "number", min: 1, step: "any", value: terms.seconds, wrong: wrong("/time_limit_ms") }, (seconds) => type({ seconds }))}
    ${isPlaced ? nothing : html`${choice({ id: "pool", label: t("panel.pool"), value: terms.pool, options: [["regular", t("pool.regular")], ["mystery", t("pool.mystery")]] }, (pool) => type({ pool }))}
    ${choice({ id: "state", label: t("questions.state"), value: terms.state, options: ["open", "draft", "locked"].map((one) => [one, t(`placed.${one}`)]) }, (state) => type({ state }))}`}</div>
    ${isPlaced ? nothing : tick({ id: "exclusive", label: t("editor.exclusive"), value: terms.exclusive }, (exclusive) => type({ exclusive }))}`;
}
