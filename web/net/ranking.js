/**
 * The order of a board. Frames carry changed rows only, so that everybody ranks for themselves.
 */

/**
 * @typedef {object} Row
 * @property {string} team_id
 * @property {string} team
 * @property {number} points
 * @property {number | null} last_gain_ms
 * @property {number} wrong
 * @property {string} [division]
 */

/** @typedef {Row & {rank: number}} Ranked */

/**
 * More points first, then the earlier last gain (never comes last), then fewer wrong answers.
 * @param {Row} a
 * @param {Row} b
 */
function byRank(a, b) {
  const gain = (/** @type {Row} */ row) => row.last_gain_ms ?? Infinity;
  if (a.points !== b.points) return b.points - a.points;
  if (gain(a) !== gain(b)) return gain(a) < gain(b) ? -1 : 1;
  return a.wrong - b.wrong;
}

/**
 * Inside a shared rank by name, then by id.
 * @param {Row} a
 * @param {Row} b
 */
function byRow(a, b) {
  const plain = (/** @type {string} */ x, /** @type {string} */ y) => (x < y ? -1 : Number(x > y));
  return byRank(a, b) || plain(a.team, b.team) || plain(a.team_id, b.team_id);
}

/**
 * Sorted, with ranks: 1, 2, 2, 4.
 * @param {Iterable<Row>} rows
 * @returns {Ranked[]}
 */
export function ranked(rows) {
  /** @type {Ranked[]} */
  const sorted = [];
  for (const row of [...rows].sort(byRow)) {
    const before = sorted.at(-1);
    const rank = before && byRank(before, row) === 0 ? before.rank : sorted.length + 1;
    sorted.push({ ...row, rank });
  }
  return sorted;
}

/** Whether it is among the first three, and has answered its way there: at the start everybody is. @param {Ranked} row */
export const hasMedal = (row) => row.rank <= 3 && row.last_gain_ms !== null;

/** The rows of a board, kept up by its frames. */
export class Ranking {
  /** @type {Map<string, Row>} */
  #rows = new Map();

  get size() {
    return this.#rows.size;
  }

  /**
   * @param {{type: string, rows: Row[], removed?: string[]}} frame a snapshot or an update
   */
  apply(frame) {
    if (frame.type === "leaderboard_snapshot") this.#rows.clear();
    for (const row of frame.rows) this.#rows.set(row.team_id, row);
    for (const team of frame.removed ?? []) this.#rows.delete(team);
  }

  /** @param {string} [division] ranks of its own; of everybody when empty */
  ranked(division = "") {
    const rows = [...this.#rows.values()];
    return ranked(division ? rows.filter((row) => row.division === division) : rows);
  }
}
