/**
 * What a team can do and what it has: read from the API, kept up by the socket, changed by keyed
 * requests. Views show it; nothing here knows a view.
 */

import { Problem } from "../../net/api.js";
import { Kept } from "../../net/kept.js";
import { Look } from "../../net/look.js";

/**
 * @typedef {{kind: string, text: string, options: string[]}} Question
 * @typedef {{id: string, question_id: string, state: string, pool: string, difficulty: string, category: string, points: number,
 *   attempts: number, max_attempts: number, expires_at: string | null, question: Question | null}} Assignment
 * @typedef {import("../../parts/verdict.js").Verdict} Verdict
 * @typedef {{id: string, difficulty: string, price: number, reward: number, max_opens: number, enabled: boolean}} MysteryBox
 * @typedef {{pool: string, difficulty: string, category: string, left: number | null, total: number}} Pool
 * @typedef {{seq: number, kind: string, amount: number, balance_after: number, at: string, reason: string | null}} Entry
 */

/**
 * So long, in ms, after news of its own a team looks at the latest, and after news for the whole hall: what is on the screen
 * goes on meanwhile, and hundreds of devices must not ask at once.
 */
const OWN = 200;
const HALL = 4000;

/** Events of a team that change nothing in its game: `messages.js` hears them. */
const TALK = /^(announcement|clarification)_/;

/** The game of one team. */
export class Game {
  /** @type {any} */
  team = null;
  /** @type {Assignment[] | null} open ones; null until they are read */
  open = null;
  /** @type {MysteryBox[] | null} null until they are read */
  boxes = null;
  /** @type {Map<string, number>} how often each box was opened */
  opened = new Map();
  /** @type {Pool[]} */
  pools = [];
  /** @type {Entry[] | null} the newest first; null until they are read */
  entries = null;
  /** @type {Verdict | null} the latest, until the next question */
  verdict = null;
  /** What is being sent. */
  busy = "";
  /** Whether a reply is overdue; the request is sent again. */
  isUnanswered = false;
  /** What is looked at: only that is read besides the questions. */
  #part = "";

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} code
   * @param {{changed: () => void, failed: (error: unknown) => void, judged: (verdict: Verdict) => void}} tell
   */
  constructor(api, code, tell) {
    [this.api, this.tell] = [api, tell];
    this.path = `/contests/${code}`;
    this.kept = new Kept(`play.${code}`);
    this.look = new Look(() => this.#read(), tell.failed);
  }

  /** What the team should look at: the question that was revealed first. */
  get current() {
    return this.open?.[0] ?? null;
  }

  /** Somebody looks at this part of the game. @param {string} part */
  show(part) {
    this.#part = part;
    void this.look.now();
  }

  async #read() {
    const [team, open, pools] = await Promise.all([this.api.get(`${this.path}/own-team`), this.api.all(`${this.path}/assignments`, "open=true"),
      this.api.all(`${this.path}/pools`)]);
    [this.team, this.open, this.pools] = [team, open, pools];
    if (this.#part === "boxes") await this.#readBoxes();
    if (this.#part === "points") this.entries = (await this.api.all(`${this.path}/teams/${team.id}/ledger`)).reverse();
    this.tell.changed();
  }

  async #readBoxes() {
    const boxes = (await this.api.get(`${this.path}/mystery-boxes`)).data;
    const counts = boxes.map(async (/** @type {MysteryBox} */ { id }) => [id, (await this.api.all(`${this.path}/mystery-boxes/${id}/openings`)).length]);
    [this.opened, this.boxes] = [new Map(await Promise.all(counts)), boxes];
  }

  /** @param {any} frame of the socket */
  heard(frame) {
    if (frame.type === "team_event" && frame.event === "answer_judged") this.#judgedElsewhere(frame.payload);
    const isOwn = frame.type === "team_event" ? !TALK.test(frame.event) : this.team !== null && frame.team_id === this.team.id;
    // Whoever comes back has been told what it missed, unless that is too long ago.
    const isHall = frame.type === "contest_update" || (frame.type === "welcome" && !frame.resumed);
    if (isOwn || isHall) this.look.within(isOwn ? OWN : HALL);
  }

  /** The verdict of a question that another device of the team has answered. @param {any} judged */
  #judgedElsewhere(judged) {
    const isHere = this.kept.open?.path.includes(judged.assignment_id) || this.verdict?.assignment_id === judged.assignment_id;
    if (isHere || this.current?.id !== judged.assignment_id) return;
    this.#judged({ ...judged, rank: null, first_correct: false, isElsewhere: true });
  }

  /** @param {Verdict} verdict */
  #judged(verdict) {
    this.verdict = verdict;
    if (this.team) this.team.points = verdict.total_points;
    if (verdict.state !== "revealed" && this.open) this.open = this.open.filter((one) => one.id !== verdict.assignment_id);
    this.tell.judged(verdict);
  }

  /** @param {{question_id?: string, difficulty?: string, category?: string}} wish */
  async draw(wish) {
    const taken = await this.#do("draw", `${this.path}/assignments`, wish);
    if (taken) this.#took(taken);
  }

  /** @param {MysteryBox} box at the price that was shown */
  async openBox({ id, price }) {
    const opened = await this.#do("box", `${this.path}/mystery-boxes/${id}/openings`, { price });
    if (!opened) return;
    this.team.points = opened.balance;
    this.#took(opened.assignment);
  }

  /** @param {Assignment} assignment */
  #took(assignment) {
    this.verdict = null;
    this.open = [...(this.open ?? []).filter((one) => one.id !== assignment.id), assignment];
    this.tell.changed();
  }

  /**
   * @param {Assignment} assignment
   * @param {unknown} answer
   */
  async submit(assignment, answer) {
    await this.#submit(`${this.path}/assignments/${assignment.id}/submissions`, { answer }, assignment.id);
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @param {string} assignment_id
   */
  async #submit(path, body, assignment_id) {
    const verdict = await this.#do("submit", path, body);
    if (verdict) this.#judged({ ...verdict, assignment_id, isElsewhere: false });
  }

  /** Goes on with what was sent before the page was loaded again. */
  async goOn() {
    const open = this.kept.open;
    if (!open) return;
    const assignment = /assignments\/([^/]+)\/submissions$/.exec(open.path)?.[1];
    if (assignment) await this.#submit(open.path, open.body, assignment);
    else await this.#do("draw", open.path, open.body);
  }

  /**
   * Shows a question that is held unseen, or gives it back.
   * @param {Assignment} assignment
   * @param {"reveal" | "release"} what
   */
  async settle(assignment, what) {
    try {
      await this.api.post(`${this.path}/assignments/${assignment.id}/${what}`);
    } catch (error) {
      this.tell.failed(error);
    }
    await this.look.now();
  }

  /**
   * @param {string} busy
   * @param {string} path
   * @param {unknown} body
   */
  async #do(busy, path, body) {
    if (this.busy) return null;
    [this.busy, this.isUnanswered] = [busy, false];
    this.tell.changed();
    try {
      return await this.kept.post(this.api, path, body, () => {
        this.isUnanswered = true;
        this.tell.changed();
      });
    } catch (error) {
      this.tell.failed(error);
      // What was refused tells that something is not as it was shown.
      if (error instanceof Problem) void this.look.now();
      return null;
    } finally {
      [this.busy, this.isUnanswered] = ["", false];
      this.tell.changed();
    }
  }
}
