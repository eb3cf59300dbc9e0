/**
 * What a member can do in a room and what there is in it: read from the API, kept up by the socket, changed
 * by keyed requests. Views show it; nothing here knows a view.
 */

import { Problem } from "../../net/api.js";
import { Kept } from "../../net/kept.js";
import { Look } from "../../net/look.js";

/**
 * @typedef {{room_id: string, title: string, owner: string, members: number, max_members: number, private: boolean, state: string,
 *   first_correct_bonus: number, expires_at: string | null}} Facts
 * @typedef {{member_id: string, state: "here" | "left" | "removed"}} Membership
 * @typedef {{problem_id: string, question_id: string, kind: string, text: string, options: string[], points: number, max_attempts: number,
 *   first_correct: string | null}} Asked
 * @typedef {{state: string, attempts_left: number}} Held how one stands with a problem
 * @typedef {import("../../parts/verdict.js").Verdict} Verdict
 */

/** Everybody hears of what happens: each page looks at some instant within so many ms. */
const SOON = { problems: 600, stats: 5000 };

/** One room, as one member has it. */
export class Room {
  /** @type {Facts | null} null until it is read */
  facts = null;
  /** Who we are in it; null when we have never been. @type {Membership | null} */
  me = null;
  /** @type {Asked[] | null} null until they are read */
  problems = null;
  /** By question. @type {Map<string, Held>} */
  held = new Map();
  /** Whom the owner has muted. @type {Set<string>} */
  muted = new Set();
  /** Who is there at the moment. @type {Set<string>} */
  here = new Set();
  stats = { messages_sent: 0, submissions: 0 };
  /** @type {Verdict | null} the latest, until the next question */
  verdict = null;
  isBusy = false;
  /** Whether a reply is overdue; the answer is sent again. */
  isUnanswered = false;
  #facts = new Look(() => this.#readFacts(), (error) => this.tell.failed(error));
  #problems = new Look(() => this.#readProblems(), (error) => this.tell.failed(error));
  #stats = new Look(() => this.#readStats(), (error) => this.tell.failed(error));

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} code
   * @param {{changed: () => void, failed: (error: unknown) => void, judged: (verdict: Verdict) => void}} tell
   */
  constructor(api, code, tell) {
    [this.api, this.code, this.tell] = [api, code, tell];
    this.path = `/rooms/${encodeURIComponent(code)}`;
    this.kept = new Kept(`room.${code}`);
  }

  get isOpen() {
    return this.facts?.state === "running" || this.isPaused;
  }

  /** Staff may pause a room like any contest. */
  get isPaused() {
    return this.facts?.state === "paused";
  }

  get isIn() {
    return this.me?.state === "here";
  }

  get isMuted() {
    return this.me !== null && this.muted.has(this.me.member_id);
  }

  /** Reads what the room is, and who we are in it. */
  async enter() {
    [this.facts, this.me] = await Promise.all([this.api.get(this.path), this.#membership()]);
    this.tell.changed();
  }

  /** @returns {Promise<Membership | null>} */
  async #membership() {
    try {
      return await this.api.get(`${this.path}/membership`);
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 404) return null;
      throw problem;
    }
  }

  async join() {
    const { member_id, ...facts } = await this.api.post(`${this.path}/join`);
    [this.facts, this.me] = [facts, { member_id, state: "here" }];
    this.tell.changed();
  }

  /** @param {any} frame of the socket */
  heard(frame) {
    switch (frame.type) {
      case "welcome":
        this.#lookAgain();
        break;
      case "contest_update":
        this.#become({ state: frame.state });
        break;
      case "owner_changed":
        this.#become({ owner: frame.owner });
        break;
      case "problem_added":
        this.#problems.within(SOON.problems);
        break;
      case "first_correct":
        this.#first(frame);
        break;
      case "presence":
        this.here = new Set(frame.teams);
        break;
      case "chat_muted":
        this.muted.add(frame.team_id);
        break;
      case "chat_unmuted":
        this.muted.delete(frame.team_id);
        break;
      case "team_event":
        if (frame.event === "answer_judged") this.held.set(frame.payload.question_id, frame.payload);
        break;
      default:
        this.#stats.within(SOON.stats);
    }
    this.tell.changed();
  }

  /** @param {Partial<Facts>} change */
  #become(change) {
    if (this.facts) this.facts = { ...this.facts, ...change };
  }

  /** @param {{question_id: string, team: string}} frame */
  #first({ question_id, team }) {
    const one = this.problems?.find((problem) => problem.question_id === question_id);
    if (one) one.first_correct = team;
  }

  #lookAgain() {
    for (const look of [this.#facts, this.#problems, this.#stats]) void look.now();
  }

  async #readFacts() {
    const [facts, mutes] = await Promise.all([this.api.get(this.path), this.api.all(`${this.path}/mutes`)]);
    [this.facts, this.muted] = [facts, new Set(mutes.map((one) => one.team_id))];
    this.tell.changed();
  }

  async #readProblems() {
    const [problems, assignments] = await Promise.all([this.api.all(`${this.path}/problems`), this.api.all(`/contests/${this.code}/assignments`)]);
    this.problems = problems;
    for (const one of assignments) this.held.set(one.question_id, { state: one.state, attempts_left: one.max_attempts - one.attempts });
    this.tell.changed();
  }

  async #readStats() {
    this.stats = await this.api.get(`${this.path}/stats`);
    this.tell.changed();
  }

  /**
   * @param {string} problem_id
   * @param {unknown} answer
   */
  async answer(problem_id, answer) {
    if (this.isBusy) return;
    [this.isBusy, this.isUnanswered] = [true, false];
    this.tell.changed();
    try {
      const verdict = await this.kept.post(this.api, `${this.path}/submissions`, { problem_id, answer }, () => this.#overdue());
      this.#answered(verdict);
    } catch (error) {
      this.tell.failed(error);
      // What was refused tells that something is not as it was shown.
      this.#lookAgain();
    } finally {
      [this.isBusy, this.isUnanswered] = [false, false];
      this.tell.changed();
    }
  }

  #overdue() {
    this.isUnanswered = true;
    this.tell.changed();
  }

  /** @param {any} reply */
  #answered(reply) {
    const question = this.problems?.find((one) => one.problem_id === reply.problem_id)?.question_id ?? "";
    this.held.set(question, reply);
    this.verdict = { ...reply, assignment_id: question, isElsewhere: false };
    this.tell.judged(/** @type {Verdict} */ (this.verdict));
  }

  /** Goes on with an answer that was sent before the page was loaded again. */
  async goOn() {
    const open = /** @type {any} */ (this.kept.open);
    if (open) await this.answer(open.body.problem_id, open.body.answer);
  }

  /**
   * Something that is done at once, or refused.
   * @param {string} method
   * @param {string} [tail] of the path
   */
  async act(method, tail = "") {
    try {
      await this.api.send(method, `${this.path}${tail}`);
      return true;
    } catch (error) {
      this.tell.failed(error);
      return false;
    }
  }
}
