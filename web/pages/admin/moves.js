/**
 * The moves of a contest that its state allows and its reader may make, as buttons.
 */

import { asked } from "../../parts/ask.js";
import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";
import { t } from "../../texts/texts.js";

/** @typedef {"publish" | "start" | "start-at" | "pause" | "resume" | "freeze" | "end" | "thaw" | "finalize" | "reopen" | "archive" | "cancel"} Name */
/** @typedef {{look?: string, right?: import("./rights.js").Right, asks?: "reason" | "at"}} Move `asks`: what it needs besides a yes */

/** @type {Record<Name, Move>} */
const MOVES = {
  publish: { look: "primary" }, start: { look: "primary" }, "start-at": { asks: "at" }, pause: {}, resume: { look: "primary" }, freeze: {}, end: { look: "danger" }, thaw: { look: "primary" },
  finalize: { right: "judge" }, reopen: { right: "manage", asks: "reason" }, archive: { right: "manage" }, cancel: { right: "manage", look: "danger" },
};

/** @type {Record<string, Name[]>} */
const ALLOWED = {
  draft: ["publish", "cancel"],
  published: ["start", "start-at", "cancel"],
  running: ["pause", "end"],
  paused: ["resume", "end"],
  ended: ["finalize"],
  finalized: ["reopen", "archive"],
};

/**
 * What the state allows, and what the board does.
 * @param {string} state
 * @param {string} board live, frozen or thawed
 * @returns {Name[]}
 */
function allowed(state, board) {
  const moves = ALLOWED[state] ?? [];
  if (board === "live" && (state === "running" || state === "paused")) return ["freeze", ...moves];
  return board === "frozen" && (state === "ended" || state === "finalized") ? ["thaw", ...moves] : moves;
}

/**
 * @param {{state: string, board: string, name: string, rights: import("./rights.js").Rights}} contest
 * @param {(path: string, body?: unknown) => Promise<void>} go
 * @returns {HTMLElement[]}
 */
export function moveButtons({ state, board, name: contest, rights }, go) {
  return allowed(state, board).filter((move) => rights.may(MOVES[move].right ?? "operate")).map((move) => {
    const name = t(`move.${move}`);
    const button = el("button", { type: "button", class: MOVES[move].look ?? "" }, name);
    button.onclick = async () => {
      const sent = await meant(move, `${name}: ${contest}`, name);
      if (!sent) return;
      button.disabled = true;
      await go(move === "start-at" ? "start" : move, sent.body);
      button.disabled = false;
    };
    return button;
  });
}

/**
 * Asks whether it is meant, and for what it needs.
 * @param {Name} move
 * @param {string} title
 * @param {string} yes
 * @returns {Promise<{body?: unknown} | null>} null when it is not
 */
async function meant(move, title, yes) {
  const text = t(`move-means.${move}`);
  const { asks } = MOVES[move];
  if (!asks) return (await confirmed({ title, text, yes })) ? { body: move === "start" ? {} : undefined } : null;
  const said = await asked({ title, text, yes, label: asks === "at" ? t("move.at") : t("reason"), type: asks === "at" ? "datetime-local" : "text" });
  if (!said) return null;
  return { body: asks === "at" ? { at: new Date(said).toISOString() } : { reason: said } };
}
