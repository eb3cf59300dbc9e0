/**
 * What all pages say about contests.
 */

import { t } from "../texts/texts.js";

/**
 * @typedef {object} Contest
 * @property {string} id
 * @property {string} code
 * @property {string} name
 * @property {string} description
 * @property {string} state
 * @property {"live" | "frozen" | "thawed"} board
 * @property {boolean} is_current
 * @property {string | null} starts_at
 * @property {string | null} paused_at
 * @property {string | null} ends_at
 * @property {number | null} duration_ms
 * @property {number} contest_time_ms
 * @property {number} opening_points
 * @property {number} wrong_penalty
 * @property {number} max_members
 * @property {number} max_open_assignments
 * @property {boolean} registration_open
 * @property {string[]} divisions
 * @property {number} version
 */

/** @param {string} state */
export const stateName = (state) => t(`state.${state}`);

/** @param {string} difficulty */
export const difficultyName = (difficulty) => t(`difficulty.${difficulty}`);

/** @param {string} code */
export const boardPath = (code) => `/board/${encodeURIComponent(code)}`;

/** The code in the address of this page. */
export const codeOfPage = () => asCode(decodeURIComponent(location.pathname.split("/").at(-1) ?? ""));

/**
 * What was typed or pasted, as a code: upper case, nothing but letters and digits. Of a whole
 * address the last part counts.
 * @param {string} typed
 */
export function asCode(typed) {
  const last = typed.includes("/") ? (typed.replace(/[?#].*$/, "").split("/").filter(Boolean).at(-1) ?? "") : typed;
  return last.toUpperCase().replace(/[^A-Z0-9]/g, "");
}

/**
 * A page of the contests, the newest first.
 * @param {{get: (path: string) => Promise<any>}} api
 * @param {string} cursor empty for the first page
 * @returns {Promise<{data: Contest[], next_cursor: string | null}>}
 */
export const contestPage = (api, cursor) => api.get(`/contests?limit=20${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);

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
    const page = await contestPage(api, cursor);
    list.append(...page.data.map(item));
    more.hidden = !page.next_cursor;
    more.onclick = () => load(page.next_cursor ?? "").catch(failed);
    return page.data;
  };
  list.replaceChildren();
  return load();
}
