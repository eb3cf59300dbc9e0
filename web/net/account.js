/**
 * The account that is signed in in this browser, for all of its tabs, until it signs out.
 *
 * A refresh token is good for one exchange, and ends the session when it comes a second time; so one tab at a
 * time exchanges it. Tokens are exchanged when they are needed, not by the clock: a page that is left in the
 * middle of an exchange has lost its session.
 */

import { Api, Problem, pause } from "./api.js";
import { change } from "./vault.js";

/** Who is signed in: no secret. What a tab writes here, the others are told. */
const NAMED = "podium.account";

/** An access token is exchanged when it is good for less than this, in ms. */
const AHEAD = 60_000;

/** An exchange is given up before that, in ms: then its tab is gone, and another one may try. */
const LEASE = 20_000;

/**
 * @typedef {{id: string, name: string}} Account
 * @typedef {{id: string, access: string, refresh: string, until: number, busyUntil: number}} Kept times by the clock of this machine
 * @typedef {{access_token: string, refresh_token: string, expires_in: number}} Tokens
 */

/** Whoever is signed in. @returns {Account | null} */
export function account() {
  try {
    return JSON.parse(localStorage.getItem(NAMED) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} id
 * @param {Tokens} tokens
 * @returns {Kept}
 */
const kept = (id, { access_token, refresh_token, expires_in }) => ({ id, access: access_token, refresh: refresh_token, until: Date.now() + 1000 * expires_in, busyUntil: 0 });

async function forget() {
  await change(() => null);
  localStorage.removeItem(NAMED);
}

/**
 * The next tokens, by whichever tab is first. Whoever cannot go on is signed out.
 * @param {Kept} spent what is not good any more; known by its refresh token, since access tokens of one second are equal
 * @returns {Promise<Kept | null>}
 */
async function renewed(spent) {
  for (;;) {
    let isMine = false;
    const now = await change((found) => {
      isMine = found?.refresh === spent.refresh && found.busyUntil < Date.now();
      return found && isMine ? { ...found, busyUntil: Date.now() + LEASE } : found;
    });
    if (now?.refresh !== spent.refresh) return now;
    if (isMine) return exchanged(now);
    await pause(50);
  }
}

/** @param {Kept} old @returns {Promise<Kept | null>} */
async function exchanged(old) {
  // Not when somebody has signed out meanwhile.
  const put = (/** @type {Kept | null} */ next) => change((found) => (found?.refresh === old.refresh ? next : found));
  try {
    const next = kept(old.id, await new Api().post("/auth/token", { grant_type: "refresh_token", refresh_token: old.refresh }));
    await put(next);
    return next;
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 401)) {
      await put({ ...old, busyUntil: 0 });
      throw problem;
    }
    await put(null);
    localStorage.removeItem(NAMED);
    return null;
  }
}

/** A client of the API that asks as whoever is signed in now, and as nobody else later. */
export class AccountApi extends Api {
  #owner = account()?.id;
  /** @type {Kept | null} */
  #now = null;

  async bearer() {
    this.#now ??= await change((found) => found);
    if (this.#now && this.#now.until - Date.now() < AHEAD) this.#now = await renewed(this.#now);
    return this.#token();
  }

  /** @param {string} refused */
  async instead(refused) {
    if (this.#now?.access === refused) this.#now = await renewed(this.#now);
    return this.#token();
  }

  #token() {
    return this.#now?.id === this.#owner ? (this.#now?.access ?? null) : null;
  }

  /** An access token opens no socket, but a ticket. */
  async socketAuth() {
    return (await this.post("/ws-tickets")).ticket;
  }
}

/**
 * @param {string} username
 * @param {string} password
 */
export async function signIn(username, password) {
  const tokens = await new Api().post("/auth/token", { username, password });
  const { id, name } = await new Api(tokens.access_token).get("/auth/me");
  await change(() => kept(id, tokens));
  localStorage.setItem(NAMED, JSON.stringify({ id, name }));
}

/** Ends the session on the server and here. @param {"sign-out" | "sign-out-everywhere"} how */
export async function signOut(how) {
  try {
    await new AccountApi().post(`/auth/${how}`);
  } catch (problem) {
    // Whoever was out already is out.
    if (!(problem instanceof Problem && problem.status === 401)) throw problem;
  }
  await forget();
}

/** Tells when somebody else, or nobody, is signed in: in another tab. @param {() => void} tell */
export function whenAccountChanges(tell) {
  const before = account()?.id;
  window.addEventListener("storage", ({ key }) => {
    if ((key === NAMED || key === null) && account()?.id !== before) tell();
  });
}

/** Where to sign in, and come back from. */
export const signInPath = () => `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`;

/**
 * Where somebody wanted to go: an address of ours, or the start page. Looking at the text is not enough:
 * `//host`, `/\host` and `/.//host` are other hosts, too.
 * @param {string | null} wanted
 */
export function ownAddress(wanted) {
  const home = new URL("/", location.origin);
  try {
    const url = new URL(wanted ?? "/", location.origin);
    return url.protocol === home.protocol && url.origin === home.origin && url.pathname !== "/sign-in" ? url.href : home.href;
  } catch {
    return home.href;
  }
}
