/**
 * The moves of a contest that its state allows, as buttons.
 */

import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";

/** @typedef {{path: string, name: string, text: string, look: string}} Move */

/** @type {Record<string, Move>} */
const MOVES = {
  publish: { path: "publish", name: "Publish", look: "primary", text: "Everybody can see it, and teams may register." },
  start: { path: "start", name: "Start", look: "primary", text: "The clock runs from now on, and teams can take questions." },
  pause: { path: "pause", name: "Pause", look: "", text: "Contest time stands still, and no answer is taken until you resume." },
  resume: { path: "resume", name: "Resume", look: "primary", text: "Contest time goes on; the end has moved by the length of the pause." },
  freeze: { path: "freeze", name: "Freeze", look: "", text: "The public board stands still until it is thawed after the end. Here you see on." },
  end: { path: "end", name: "End", look: "danger", text: "No answer is taken any more. An ended contest cannot go on." },
  thaw: { path: "thaw", name: "Thaw", look: "primary", text: "Everybody sees the results." },
  finalize: { path: "finalize", name: "Finalize", look: "", text: "The results are final: points are not corrected any more." },
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
    const button = el("button", { type: "button", class: move.look }, move.name);
    button.onclick = async () => {
      if (!(await confirmed({ title: `${move.name} “${contest}”?`, text: move.text, yes: move.name }))) return;
      button.disabled = true;
      await go(move);
      button.disabled = false;
    };
    return button;
  });
}
