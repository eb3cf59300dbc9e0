/**
 * Contest time, by the server's clock: pauses are not in it.
 */

import { t } from "../texts/texts.js";

/** @param {string | null | undefined} text */
const ms = (text) => (text ? Date.parse(text) : null);

/**
 * @param {number} duration in ms
 * @returns {string} `mm:ss`, the minutes going on past 59
 */
export function minutes(duration) {
  const seconds = Math.max(0, Math.floor(duration / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/**
 * @param {number} duration in ms
 * @returns {string} `h:mm:ss`, or `mm:ss` below an hour
 */
export function hours(duration) {
  const whole = Math.floor(Math.max(0, duration) / 3_600_000);
  const rest = minutes(Math.max(0, duration) - whole * 3_600_000);
  return whole ? `${whole}:${rest}` : rest;
}

/** The clock of one contest. */
export class ContestClock {
  constructor() {
    this.state = "";
    /** @type {number | null} */
    this.startsAt = null;
    /** @type {number | null} */
    this.length = null;
    this.played = 0;
    this.playedAt = 0;
    /** Since when it stands still, once that is known. @type {number | null} */
    this.pausedAt = null;
    this.offset = 0;
    this.head = 0;
  }

  /** The server's time. */
  now() {
    return Date.now() + this.offset;
  }

  /**
   * The plan, as read from `/contests/{c}`. Where it stands is said by the welcome.
   * @param {import("../parts/contests.js").Contest} contest
   */
  plan(contest) {
    this.startsAt = ms(contest.starts_at);
    this.length = contest.duration_ms;
    this.pausedAt = ms(contest.paused_at) ?? this.pausedAt;
  }

  /** @param {{server_time: string, state: string, contest_time_ms: number, head: number}} frame */
  welcome(frame) {
    const at = Date.parse(frame.server_time);
    this.offset = at - Date.now();
    this.head = frame.head;
    this.#anchor(frame.state, frame.contest_time_ms, at);
  }

  /**
   * A `contest_update`. One that the welcome already knew is history.
   * @param {{seq: number, at: string, state: string, starts_at?: string | null, ends_at?: string | null,
   *   ended_at?: string | null, paused_at?: string | null}} frame
   */
  update(frame) {
    if (frame.seq <= this.head) return;
    const [at, until] = [Date.parse(frame.at), ms(frame.ends_at)];
    this.startsAt = ms(frame.starts_at);
    this.#follow(frame, at);
    this.pausedAt = ms(frame.paused_at);
    const stands = this.pausedAt ?? at;
    if (until === null) this.length = null;
    else if (this.goesOn) this.length = this.playedUntil(stands) + until - stands;
  }

  /** Whether it has begun and is not over. */
  get goesOn() {
    return this.state === "running" || this.state === "paused";
  }

  /**
   * @param {{state: string, starts_at?: string | null, ended_at?: string | null, paused_at?: string | null}} frame
   * @param {number} at
   */
  #follow(frame, at) {
    if (frame.state === "running" && this.state === "running") return;
    if (frame.state === "running" && this.state !== "paused") this.#anchor("running", 0, ms(frame.starts_at) ?? at);
    else {
      const until = ms(frame.paused_at) ?? ms(frame.ended_at) ?? at;
      this.#anchor(frame.state, this.playedUntil(until), at);
    }
  }

  /**
   * @param {string} state
   * @param {number} played
   * @param {number} at
   */
  #anchor(state, played, at) {
    this.state = state;
    this.played = played;
    this.playedAt = at;
  }

  /**
   * Contest time at an instant.
   * @param {number} at
   */
  playedUntil(at) {
    return this.state === "running" ? Math.max(0, this.played + at - this.playedAt) : this.played;
  }

  /**
   * Contest time at which what is planned for an instant comes. A pause moves such an instant only when it ends: until then it is
   * counted from where the pause began. Null while that is not known.
   * @param {number} at
   */
  comes(at) {
    if (this.state === "running") return this.playedUntil(at);
    return this.state === "paused" && this.pausedAt !== null ? this.played + at - this.pausedAt : null;
  }

  /** What to show, and what it means. */
  face() {
    const now = this.now();
    if (this.state === "published" || this.state === "draft") {
      const wait = this.startsAt === null ? 0 : this.startsAt - now;
      return wait > 0 ? { time: hours(wait), label: t("clock.until-start") } : { time: "", label: "" };
    }
    if (this.state === "" || this.state === "cancelled") return { time: "", label: "" };
    const played = this.playedUntil(now);
    if (this.goesOn && this.length !== null) return { time: hours(this.length - played), label: t("clock.left") };
    return { time: hours(played), label: t("clock.played") };
  }
}
