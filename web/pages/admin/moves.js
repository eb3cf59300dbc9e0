/**
 * The moves of a contest that its state allows, as buttons.
 */

import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";
import { t } from "../../texts/texts.js";

/** @typedef {{path: string, look: string}} Move */

/** @type {Record<string, Move>} */
const MOVES = {
  publish: { path: "publish", look: "primary" },
  start: { path: "start", look: "primary" },
  pause: { path: "pause", look: "" },
  resume: { path: "resume", look: "primary" },
  freeze: { path: "freeze", look: "" },
  end: { path: "end", look: "danger" },
  thaw: { path: "thaw", look: "primary" },
  finalize: { path: "finalize", look: "" },
};

/** @type {Record<string, Move[]>} */
const ALLOWED = {
  draft: [MOVES.publish],
  published: [MOVES.start],
  running: [MOVES.pause, MOVES.end],
  paused: [MOVES.resume, MOVES.end],
  ended: [MOVES.finalize],
};

/**
 * What the state allows, and what the board does.
 * @param {string} state
 * @param {string} board
 */
function allowed(state, board) {
  const moves = ALLOWED[state] ?? [];
  if (board === "live" && (state === "running" || state === "paused")) return [MOVES.freeze, ...moves];
  return board === "frozen" && (state === "ended" || state === "finalized") ? [MOVES.thaw, ...moves] : moves;
}

/**
 * @param {string} state
 * @param {string} board live, frozen or thawed
 * @param {string} contest its name, for the question
 * @param {(move: Move) => Promise<void>} go
 * @returns {HTMLElement[]}
 */
export function moveButtons(state, board, contest, go) {
  return allowed(state, board).map((move) => {
    const name = t(`move.${move.path}`);
    const button = el("button", { type: "button", class: move.look }, name);
    button.onclick = async () => {
      if (!(await confirmed({ title: `${name}: ${contest}`, text: t(`move-means.${move.path}`), yes: name }))) return;
      button.disabled = true;
      await go(move);
      button.disabled = false;
    };
    return button;
  });
}
