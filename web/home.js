/**
 * The start page: a code leads to its board, and the contests are listed.
 */

import { Api } from "./api.js";
import { asCode, boardPath, listContests, stateName } from "./contests.js";
import { byId, el } from "./dom.js";
import { showProblem } from "./problem.js";

const code = byId("code");
const list = byId("contests");

code.addEventListener("input", () => {
  const clean = asCode(code.value);
  if (clean !== code.value) code.value = clean;
});

code.form.addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
  event.preventDefault();
  location.assign(boardPath(code.value));
});

/** @param {import("./contests.js").Contest} contest */
function item(contest) {
  const state = el("span", { class: "state", "data-state": contest.state }, stateName(contest.state));
  const named = el("a", { href: boardPath(contest.code) }, contest.name);
  return el("li", { class: "row" }, named, el("code", {}, contest.code), state);
}

try {
  const first = await listContests(new Api(), list, byId("more"), item, (error) => showProblem(byId("problem"), error));
  if (first.length === 0) list.append(el("li", { class: "quiet" }, "No contest is public yet."));
} catch (error) {
  list.replaceChildren();
  showProblem(byId("problem"), error);
}
