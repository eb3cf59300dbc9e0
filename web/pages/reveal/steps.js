/**
 * How a frozen board is opened, from the bottom: whoever is looked at gets its withheld results and
 * goes where it belongs; then the next one upwards. Every state is known beforehand, so that a step
 * can be taken back.
 */

import { ranked } from "../../net/ranking.js";

/** @typedef {import("../../net/ranking.js").Ranked} Ranked */
/** @typedef {{rows: Ranked[], now: string, open: Set<string>}} State `now` is the team that was opened, `open` are those still closed */

/**
 * @param {Ranked[]} frozen
 * @param {Ranked[]} final of the same teams
 * @returns {State[]} the first is the frozen board, the last the final one
 */
export function states(frozen, final) {
  const results = new Map(final.map((row) => [row.team_id, row]));
  const open = new Set(frozen.filter((row) => results.has(row.team_id)).map((row) => row.team_id));
  let rows = ranked(frozen.filter((row) => open.has(row.team_id)));
  const all = [{ rows, now: "", open: new Set(open) }];
  while (open.size) {
    const lowest = /** @type {Ranked} */ (rows.findLast((row) => open.has(row.team_id)));
    const result = /** @type {Ranked} */ (results.get(lowest.team_id));
    open.delete(lowest.team_id);
    if (isSame(lowest, result)) {
      // Nothing was withheld of it: it is settled without a step of its own.
      all[all.length - 1] = { ...all[all.length - 1], open: new Set(open) };
      continue;
    }
    rows = ranked(rows.map((row) => (row === lowest ? result : row)));
    all.push({ rows, now: lowest.team_id, open: new Set(open) });
  }
  return all;
}

/**
 * @param {Ranked} a
 * @param {Ranked} b
 */
const isSame = (a, b) => a.points === b.points && a.last_gain_ms === b.last_gain_ms && a.wrong === b.wrong;
