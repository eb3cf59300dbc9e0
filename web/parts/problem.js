/**
 * Shows what went wrong: title, detail, every wrong value, and the request id to ask about.
 */

import { Problem } from "../net/api.js";
import { t } from "../texts/texts.js";
import { el } from "./dom.js";

/**
 * Whatever was thrown, as a problem. What is none of the server's is a mistake of the page.
 * @param {unknown} error
 */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem({ title: t("problem.page"), detail: String(error) });
}

/**
 * @param {HTMLElement} place
 * @param {unknown} error
 */
export function showProblem(place, error) {
  const problem = asProblem(error);
  const lines = [el("strong", {}, problem.title)];
  if (problem.detail) lines.push(el("p", {}, problem.detail));
  if (problem.errors.length) {
    const wrong = problem.errors.map((one) => el("li", {}, one.pointer && el("code", {}, one.pointer), ` ${one.detail}`));
    lines.push(el("ul", {}, ...wrong));
  }
  if (problem.requestId) lines.push(el("p", { class: "small" }, `${t("problem.request")} `, el("code", {}, problem.requestId)));
  const close = el("button", { type: "button", onclick: () => clearProblem(place) }, t("dismiss"));
  place.replaceChildren(el("div", { class: "problem", role: "alert" }, el("div", {}, ...lines), close));
}

/** @param {HTMLElement} place */
export function clearProblem(place) {
  place.replaceChildren();
}
