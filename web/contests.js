/**
 * What all pages say about contests.
 */

/**
 * @typedef {object} Contest
 * @property {string} id
 * @property {string} code
 * @property {string} name
 * @property {string} state
 * @property {"live" | "frozen" | "thawed"} board
 * @property {boolean} is_current
 * @property {string | null} starts_at
 * @property {string | null} ends_at
 * @property {number | null} duration_ms
 * @property {number} contest_time_ms
 */

const STATES = new Map([
  ["draft", "Draft"],
  ["published", "Not started yet"],
  ["running", "Running"],
  ["paused", "Paused"],
  ["ended", "Ended"],
  ["finalized", "Final"],
  ["archived", "Archived"],
  ["cancelled", "Cancelled"],
]);

/** @param {string} state */
export const stateName = (state) => STATES.get(state) ?? state;

/** @param {string} code */
export const boardPath = (code) => `/board/${encodeURIComponent(code)}`;

/**
 * What was typed or pasted, as a code: upper case, nothing but letters and digits.
 * @param {string} typed
 */
export const asCode = (typed) => typed.toUpperCase().replace(/[^A-Z0-9]/g, "");

/**
 * Appends pages of the contest list behind a "more" button.
 * @param {{get: (path: string) => Promise<any>}} api
 * @param {HTMLElement} list
 * @param {HTMLButtonElement} more
 * @param {(contest: Contest) => HTMLElement} item
 * @param {(error: unknown) => void} failed
 * @returns {Promise<Contest[]>} the first page
 */
export async function listContests(api, list, more, item, failed) {
  const load = async (cursor = "") => {
    const page = await api.get(`/contests?limit=20${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    list.append(...page.data.map(item));
    more.hidden = !page.next_cursor;
    more.onclick = () => load(page.next_cursor).catch(failed);
    return page.data;
  };
  list.replaceChildren();
  return load();
}
