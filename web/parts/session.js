/**
 * The teams that this device plays in: one for each contest, kept until it is left.
 */

/** @typedef {{token: string, team_id: string, team: string, contest: string, code: string}} Session */

const KEPT = "podium.teams";

/** @returns {Session[]} the latest first */
export function sessions() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

/** @param {string} code */
export const sessionOf = (code) => sessions().find((one) => one.code === code) ?? null;

/** @param {Session} session */
export function remember(session) {
  const others = sessions().filter((one) => one.code !== session.code);
  localStorage.setItem(KEPT, JSON.stringify([session, ...others].slice(0, 20)));
}

/** @param {string} code */
export function forget(code) {
  localStorage.setItem(KEPT, JSON.stringify(sessions().filter((one) => one.code !== code)));
}
