/**
 * Speaks to `/api/v1`: JSON in and out, refusals as problems, retries that cannot count twice.
 */

import { t } from "../texts/texts.js";

/** How long a file may take, in ms. */
const LONG = 600_000;
/** How often a keyed request is sent before its outcome is reported as unknown. */
const TRIES = 5;

/** A request that did not succeed, with what there is to show about it. */
export class Problem extends Error {
  /**
   * @param {{title: string, type?: string, status?: number, detail?: string, request_id?: string, wait?: number,
   *   errors?: {pointer: string, detail: string}[]}} said
   */
  constructor(said) {
    super(said.title);
    this.title = said.title;
    this.type = said.type ?? "";
    /** 0 when no reply came. */
    this.status = said.status ?? 0;
    this.detail = said.detail ?? "";
    this.requestId = said.request_id ?? "";
    this.errors = said.errors ?? [];
    /** How long the server wants us to wait, in ms. */
    this.wait = said.wait ?? 0;
  }

  /** Whether the same request may fare better in a moment. */
  get isPassing() {
    return [0, 429, 502, 503, 504].includes(this.status) || this.type.endsWith("/request-in-progress");
  }

  /** Whether nobody can say if the request had an effect. */
  get isOpen() {
    return this.isPassing || this.status >= 500;
  }
}

/** @param {Response} response */
function unexpected(response) {
  const request_id = response.headers.get("X-Request-Id") ?? "";
  const wait = 1000 * Number(response.headers.get("Retry-After") ?? 0);
  return { title: t("problem.unexpected"), status: response.status, request_id, wait };
}

/** @param {Response} response */
async function problemOf(response) {
  const said = await response.json().catch(() => ({}));
  return new Problem({ ...unexpected(response), ...said });
}

/** A new idempotency key. `randomUUID` is missing where a page came over plain HTTP from another machine. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {number} ms @returns {Promise<void>} */
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** @param {Response} response @returns {Promise<any>} */
async function answer(response) {
  if (response.status === 204) return null;
  return response.json().catch(() => Promise.reject(new Problem(unexpected(response))));
}

/**
 * @param {string | null} token
 * @param {string} path below `/api/v1`
 * @param {{method: string, headers: Record<string, string>, body?: string, patience: number}} request
 */
async function ask(token, path, { method, headers, body, patience }) {
  const known = token ? { ...headers, Authorization: `Bearer ${token}` } : headers;
  try {
    return await fetch(`/api/v1${path}`, { method, headers: known, body, signal: AbortSignal.timeout(patience) });
  } catch {
    throw new Problem({ title: t("problem.unreached"), detail: t("problem.unreached-text") });
  }
}

/** A client of the API, with or without a token. */
export class Api {
  /** @param {string | null} [token] */
  constructor(token = null) {
    this.token = token;
  }

  /** Who is asking. @returns {Promise<string | null>} */
  async bearer() {
    return this.token;
  }

  /**
   * Another token in the place of one that was refused, if there is one.
   * @param {string} _refused
   * @returns {Promise<string | null>}
   */
  async instead(_refused) {
    return null;
  }

  /** What opens a socket. @returns {Promise<string | null>} */
  async socketAuth() {
    return this.token;
  }

  /**
   * @param {string} method
   * @param {string} path below `/api/v1`
   * @param {string} [body]
   * @param {string} [type] of the body
   * @param {{key?: string, version?: number, patience?: number}} [more] `key` makes it safe to send again, `version` is
   *   the one that was read, and `patience` how long all of the reply may take, in ms
   */
  async #fetch(method, path, body, type = "application/json", { key = "", version, patience = 15_000 } = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: "application/json" };
    if (key) headers["Idempotency-Key"] = key;
    if (version !== undefined) headers["If-Match"] = `"${version}"`;
    if (body !== undefined) headers["Content-Type"] = type;
    const [request, token] = [{ method, headers, body, patience }, await this.bearer()];
    let response = await ask(token, path, request);
    const other = response.status === 401 && token ? await this.instead(token) : null;
    if (other) response = await ask(other, path, request);
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  /**
   * @param {string} method
   * @param {string} path below `/api/v1`
   * @param {unknown} [body]
   * @param {string} [key] makes it safe to send again
   * @returns {Promise<any>}
   */
  async send(method, path, body, key) {
    return answer(await this.#fetch(method, path, body === undefined ? undefined : JSON.stringify(body), undefined, { key }));
  }

  /**
   * Changes something that still has to be as it was read.
   * @param {"PUT" | "PATCH"} method
   * @param {string} path
   * @param {unknown} body
   * @param {number} [version] of what was read, where the interface asks for one
   */
  async edit(method, path, body, version) {
    return answer(await this.#fetch(method, path, JSON.stringify(body), undefined, { version }));
  }

  /**
   * Sends a file as it is.
   * @param {string} path
   * @param {string} text
   * @param {string} type
   */
  async file(path, text, type) {
    return answer(await this.#fetch("POST", path, text, type, { patience: LONG }));
  }

  /**
   * Reads a file, however long it is.
   * @param {string} path
   * @param {(bytes: number) => void} [told] how many have come, now and then
   * @returns {Promise<Blob>}
   */
  async download(path, told) {
    const response = await this.#fetch("GET", path, undefined, undefined, { patience: LONG });
    const [reader, parts] = [response.body?.getReader(), /** @type {BlobPart[]} */ ([])];
    for (let bytes = 0; reader; ) {
      const { done, value } = await reader.read().catch(() => Promise.reject(new Problem({ title: t("problem.unreached"), detail: t("problem.unreached-text") })));
      if (done) break;
      parts.push(value);
      told?.((bytes += value.length));
    }
    return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  }

  /** @param {string} path */
  get(path) {
    return this.send("GET", path);
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   */
  post(path, body) {
    return this.send("POST", path, body);
  }

  /**
   * Sends until a reply comes; the key sees to it that the effect happens once.
   * @param {string} path
   * @param {unknown} body
   * @param {string} key
   */
  async postOnce(path, body, key) {
    for (let tried = 1; ; tried += 1) {
      try {
        return await this.send("POST", path, body, key);
      } catch (problem) {
        const again = problem instanceof Problem && problem.isPassing && tried < TRIES;
        if (!again) throw problem;
        await pause(Math.max(problem.wait, 2 ** tried * 200 * (0.5 + Math.random())));
      }
    }
  }

  /**
   * Reads every page of a list.
   * @param {string} path
   * @param {string} [query] narrows it
   * @returns {Promise<any[]>}
   */
  async all(path, query = "") {
    const found = [];
    let next = query && `&${query}`;
    do {
      const page = await this.get(`${path}?limit=200${next}`);
      found.push(...page.data);
      next = page.next_cursor ? `${query && `&${query}`}&cursor=${encodeURIComponent(page.next_cursor)}` : "";
    } while (next);
    return found;
  }
}
