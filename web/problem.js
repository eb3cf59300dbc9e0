/**
 * Shows what went wrong: title, detail, every wrong value, and the request id to ask about.
 */

import { Problem } from "./api.js";
import { el } from "./dom.js";

/**
 * @param {HTMLElement} place
 * @param {unknown} error
 */
export function showProblem(place, error) {
  if (!(error instanceof Problem)) console.error(error);
  const problem = error instanceof Problem ? error : new Problem({ title: "This page has made a mistake", detail: String(error) });
  const lines = [el("strong", {}, problem.title)];
  if (problem.detail) lines.push(el("p", {}, problem.detail));
  if (problem.errors.length) {
    const wrong = problem.errors.map((one) => el("li", {}, one.pointer && el("code", {}, one.pointer), ` ${one.detail}`));
    lines.push(el("ul", {}, ...wrong));
  }
  if (problem.requestId) lines.push(el("p", { class: "quiet" }, "Request ", el("code", {}, problem.requestId)));
  const close = el("button", { type: "button", onclick: () => clearProblem(place) }, "Dismiss");
  place.replaceChildren(el("div", { class: "problem", role: "alert" }, el("div", {}, ...lines), close));
}

/** @param {HTMLElement} place */
export function clearProblem(place) {
  place.replaceChildren();
}
