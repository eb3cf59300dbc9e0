/**
 * The one connection of a page: says hello, follows numbers, comes back by itself.
 */

import { Problem } from "./api.js";

/**
 * @typedef {{kind: "connecting" | "live" | "stale"} | {kind: "waiting" | "offline", until: number}
 *   | {kind: "refused", code: string, detail: string}} Status
 */

/** Silence after which the line counts as dead: two missed pings of 15 s, and some. */
const SILENCE = 40_000;
/** How long a welcome may take. */
const PATIENCE = 10_000;
/** The wait before the first try to come back, and the longest one, in ms. */
const SHORTEST = 500;
const LONGEST = 15_000;

const BOARD_FRAMES = ["leaderboard_snapshot", "leaderboard_update"];

/** Which unbroken chain of `prev` a frame belongs to. */
const QUEUES = new Map([
  ["score_update", "scores"],
  ["contest_update", "contest"],
  ["team_joined", "contest"],
  ["team_left", "contest"],
  ["team_renamed", "contest"],
  ["team_moved", "contest"],
  ["first_correct", "contest"],
  ["owner_changed", "contest"],
  ["problem_added", "contest"],
  ["announcement", "announcements"],
  ["announcement_withdrawn", "announcements"],
  ["team_event", "team"],
  ["staff_event", "staff"],
  ["chat", "chat"],
  ["chat_deleted", "chat"],
  ["chat_muted", "chat"],
  ["chat_unmuted", "chat"],
]);

/** Frames that are in no chain: the newest one holds. */
const LOOSE = ["chat_history", "presence"];

/** A socket that resumes where it broke off. */
export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {{seq: number, board: number | null} | null} */
  #has = null;
  /** @type {Record<string, number>} */
  #last = {};
  #failures = 0;
  #timer = 0;
  #silence = 0;
  #over = false;
  /** When anything came last, in ms; 0 before the first time. */
  heardAt = 0;

  /**
   * @param {{contest: string, streams?: string[], history?: number}} hello
   * @param {() => Promise<string | null>} auth is asked each time, because a ticket opens one socket only
   * @param {(frame: any) => void} onFrame
   * @param {(status: Status) => void} onStatus
   */
  constructor(hello, auth, onFrame, onStatus) {
    this.hello = { type: "hello", protocol: 1, streams: ["board", "contest"], ...hello };
    this.auth = auth;
    this.onFrame = onFrame;
    this.onStatus = onStatus;
    this.hurry = () => this.#hurry();
    window.addEventListener("online", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.#open();
  }

  /** Ends it for good. */
  close() {
    this.#over = true;
    window.removeEventListener("online", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    this.#drop();
  }

  #hurry() {
    if (!this.#over && !this.#socket && document.visibilityState === "visible") this.#open();
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open() {
    this.#drop();
    this.onStatus({ kind: "connecting" });
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/ws`);
    this.#socket = socket;
    const mine = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (this.#socket === socket) handle(event);
    };
    socket.onopen = mine(() => void this.#greet(socket));
    socket.onmessage = mine((event) => this.#take(JSON.parse(event.data)));
    socket.onclose = mine(() => this.#wait());
    this.#listen(PATIENCE);
  }

  /** @param {WebSocket} socket */
  async #greet(socket) {
    try {
      const auth = await this.auth();
      if (this.#socket === socket) socket.send(JSON.stringify({ ...this.hello, ...(auth && { auth }), ...(this.#has && { resume: this.#has }) }));
    } catch (problem) {
      if (this.#socket !== socket) return;
      // Whoever is not signed in any more need not come back.
      if (problem instanceof Problem && problem.status === 401) this.#end("unauthorized", problem.title);
      else this.#wait();
    }
  }

  #listen(patience = SILENCE) {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#wait(), patience);
  }

  /** @param {number} [asked] how long the server wants us to wait */
  #wait(asked) {
    this.#drop();
    this.#failures += 1;
    const backoff = Math.min(LONGEST, SHORTEST * 2 ** (this.#failures - 1)) * (0.5 + Math.random() / 2);
    const delay = Math.max(asked ?? 0, backoff);
    this.onStatus({ kind: navigator.onLine ? "waiting" : "offline", until: Date.now() + delay });
    this.#timer = setTimeout(() => this.#open(), delay);
  }

  /** Something is missing: begin anew with a snapshot. */
  #resync() {
    this.#has = null;
    this.#wait();
    return false;
  }

  /** @param {any} frame */
  #take(frame) {
    this.#listen();
    this.heardAt = Date.now();
    if (frame.type === "ping") {
      this.#socket?.send('{"type":"pong"}');
      this.#reached(frame.head);
    } else if (frame.type === "bye") this.#bye(frame);
    else if (frame.type === "degraded") this.onStatus({ kind: frame.degraded ? "stale" : "live" });
    else if (frame.type === "welcome") this.#welcome(frame);
    else if (this.#isNext(frame)) this.onFrame(frame);
  }

  /** @param {any} frame */
  #welcome(frame) {
    this.#failures = 0;
    this.#last = frame.last ?? {};
    if (!frame.resumed) this.#has = { seq: frame.head, board: null };
    this.onFrame(frame);
    this.onStatus({ kind: "live" });
  }

  /** @param {any} frame */
  #bye(frame) {
    if (frame.reconnect_after_ms !== undefined) return this.#wait(frame.reconnect_after_ms);
    this.#end(frame.code, frame.detail ?? "");
  }

  /**
   * @param {string} code
   * @param {string} detail
   */
  #end(code, detail) {
    this.close();
    this.onStatus({ kind: "refused", code, detail });
  }

  /**
   * Whether a numbered frame is to be applied: not an old one, and none is missing before it.
   * @param {any} frame
   */
  #isNext(frame) {
    const queue = QUEUES.get(frame.type);
    if (queue) {
      if (frame.seq <= (this.#last[queue] ?? 0)) return false;
      if (frame.prev !== (this.#last[queue] ?? frame.prev)) return this.#resync();
      this.#last[queue] = frame.seq;
    } else if (this.#has && BOARD_FRAMES.includes(frame.type)) {
      const board = this.#has.board;
      if (frame.type === "leaderboard_update" && (board === null || frame.prev > board)) return this.#resync();
      if (board !== null && frame.seq < board) return false;
      this.#has.board = frame.seq;
    } else return LOOSE.includes(frame.type);
    this.#reached(frame.seq);
    return true;
  }

  /** @param {number} seq */
  #reached(seq) {
    if (this.#has && seq > this.#has.seq) this.#has.seq = seq;
  }
}
