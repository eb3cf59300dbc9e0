/**
 * One contest as its socket tells it: ranking, clock and name, for any page that shows them.
 */

import { ContestClock } from "./clock.js";
import { Ranking } from "./ranking.js";
import { Connection } from "./socket.js";

/**
 * @typedef {object} View
 * @property {(ranking: Ranking, isChange: boolean) => void} board not a change: the whole board came anew
 * @property {(live: Live) => void} contest
 * @property {(status: import("./socket.js").Status) => void} status
 * @property {(frame: any) => void} [happened] every other frame, the welcome too
 */

/** Follows a contest until it is closed. */
export class Live {
  /**
   * @param {string} code id or code
   * @param {import("./api.js").Api} api
   * @param {View} view
   * @param {string[]} [streams] what the token opens besides
   * @param {{history?: number}} [more] what the hello says besides
   */
  constructor(code, api, view, streams = [], more = {}) {
    this.code = code;
    this.api = api;
    this.view = view;
    this.name = "";
    this.clock = new ContestClock();
    this.ranking = new Ranking();
    /** As it was read last. @type {import("../parts/contests.js").Contest | null} */
    this.contest = null;
    /** @type {"live" | "frozen" | "thawed" | null} null until it is known */
    this.board = null;
    this.isOver = false;
    const hello = { contest: code, streams: ["board", "contest", ...streams], ...more };
    this.connection = new Connection(hello, () => api.socketAuth(), (frame) => this.#take(frame), view.status);
  }

  /** When the server was heard last, in ms of this machine; 0 before the first time. */
  get heardAt() {
    return this.connection?.heardAt ?? 0;
  }

  close() {
    this.isOver = true;
    this.connection.close();
  }

  /** @param {any} frame */
  #take(frame) {
    if (frame.type === "welcome") {
      this.clock.welcome(frame);
      // Live or thawed again is told apart by whoever read the contest.
      if (frame.frozen) this.board = "frozen";
      this.view.contest(this);
      if (!frame.resumed || !this.contest) void this.#read();
      this.view.happened?.(frame);
    } else if (frame.type === "leaderboard_snapshot" || frame.type === "leaderboard_update") {
      this.ranking.apply(frame);
      this.view.board(this.ranking, frame.type === "leaderboard_update");
    } else {
      if (frame.type === "contest_update") this.#update(frame);
      this.view.happened?.(frame);
    }
  }

  /** @param {any} frame */
  #update(frame) {
    this.name = frame.name ?? this.name;
    this.board = frame.board ?? this.board;
    this.clock.update(frame);
    this.view.contest(this);
  }

  /** The welcome says where the contest stands, not how it is called or how long it is. */
  async #read() {
    try {
      const contest = await this.api.get(`/contests/${encodeURIComponent(this.code)}`);
      if (this.isOver) return;
      this.contest = contest;
      this.name = contest.name;
      this.board = contest.board;
      this.clock.plan(contest);
      this.view.contest(this);
    } catch {
      // A board without a name is still a board; the next connection asks again.
    }
  }
}
