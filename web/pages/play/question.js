/**
 * The questions that a team holds: what they are worth, how long they wait, and how they are answered, once.
 */

import { hours } from "../../net/clock.js";
import { Answering } from "../../parts/answering.js";
import { difficultyName } from "../../parts/contests.js";
import { html, keyed, nothing, repeat } from "../../parts/html.js";
import { number, t } from "../../texts/texts.js";

/** Less than this is marked, in ms. */
const HURRY = 30_000;

/** The open questions of a team, one of them in front. */
export class QuestionView {
  #front = "";
  /** @type {Answering} */
  #answering;
  /** When the time of a question is over, in contest time. @type {Map<string, number>} */
  #ends = new Map();
  /** What the last wrong answer says, while there are tries left. @type {import("./game.js").Verdict | null} */
  #wrong = null;

  /**
   * @param {import("./game.js").Game} game
   * @param {{paint: () => void, clock: () => import("../../net/clock.js").ContestClock, penalty: () => number}} around
   */
  constructor(game, around) {
    [this.game, this.around] = [game, around];
    this.#answering = new Answering(around.paint, (id, answer) => this.#send(id, answer));
  }

  get #held() {
    const open = this.game.open ?? [];
    return open.find((one) => one.id === this.#front) ?? open[0];
  }

  view() {
    const held = this.#held;
    return html`${this.#others(held)}${keyed(held.id, held.question ? this.#asked(held, held.question) : this.#unseen(held))}`;
  }

  /** @param {import("./game.js").Assignment} held */
  #others(held) {
    const open = this.game.open ?? [];
    if (open.length < 2) return nothing;
    return html`<div class="chips" role="group" aria-label=${t("question.open")}>${repeat(open, (one) => one.id, (one, index) => html`
      <button type="button" aria-pressed=${one.id === held.id ? "true" : "false"} @click=${() => this.#show(one.id)}>${t("question.number", { n: index + 1 })}</button>`)}</div>`;
  }

  /** @param {string} id */
  #show(id) {
    this.#front = id;
    this.around.paint();
  }

  /** @param {import("./game.js").Assignment} held */
  #unseen(held) {
    return html`<div class="card stack">${this.#facts(held)}<h2>${t("question.unseen")}</h2>
      <button class="primary big" @click=${() => this.game.settle(held, "reveal")}>${t("question.reveal")}</button>
      <button @click=${() => this.game.settle(held, "release")}>${t("question.release")}</button></div>`;
  }

  /**
   * @param {import("./game.js").Assignment} held
   * @param {import("./game.js").Question} question
   */
  #asked(held, question) {
    const isBusy = this.game.busy === "submit";
    const left = this.#left(held);
    const isOver = left !== null && left <= 0;
    const wrong = this.#wrong?.assignment_id === held.id ? this.#wrong : null;
    return this.#answering.view({ id: held.id, ...question }, {
      above: this.#facts(held),
      notice: wrong ? html`<p class="notice">${t("question.wrong", { n: wrong.attempts_left })}</p>` : nothing,
      below: html`${this.game.isUnanswered ? html`<p class="notice" role="status">${t("question.unanswered")}</p>` : nothing}
        ${isOver ? html`<p class="notice">${t("question.over")}</p>` : nothing}
        <p class="hint">${this.#stake(held)}</p>`,
      isBusy,
      isOver,
      isPaused: this.around.clock().state === "paused",
    });
  }

  /** @param {import("./game.js").Assignment} held */
  #facts(held) {
    const left = this.#left(held);
    return html`<p class="facts"><span class="tag" data-difficulty=${held.difficulty}>${difficultyName(held.difficulty)}</span>
      ${held.pool === "mystery" ? html`<span class="tag">${t("question.mystery")}</span>` : nothing}
      <span class="quiet">${held.category}</span>
      ${left === null ? nothing : html`<span class="clock" role="timer" data-hurry=${left < HURRY}>${hours(left)}</span>`}
      <strong class="worth">${t("question.worth", { n: held.points })}</strong></p>`;
  }

  /**
   * How long there is to answer, in ms; null if there is no limit, or none that can be told. A pause stops it, while `expires_at`
   * is moved only when the pause ends, so it is kept as contest time.
   * @param {import("./game.js").Assignment} held
   */
  #left({ id, expires_at }) {
    const [clock, of] = [this.around.clock(), `${id} ${expires_at}`];
    const end = this.#ends.get(of) ?? (expires_at ? clock.comes(Date.parse(expires_at)) : null);
    if (end === null) return null;
    this.#ends.set(of, end);
    return end - clock.playedUntil(clock.now());
  }

  /** @param {import("./game.js").Assignment} held */
  #stake(held) {
    const penalty = this.around.penalty();
    const tries = t("question.tries", { n: held.max_attempts - held.attempts });
    return penalty > 0 ? `${tries} ${t("question.penalty", { points: number(penalty) })}` : tries;
  }

  /**
   * @param {string} id
   * @param {unknown} answer
   */
  #send(id, answer) {
    const held = this.game.open?.find((one) => one.id === id);
    this.#wrong = null;
    if (held) void this.game.submit(held, answer);
  }

  /** A wrong answer that leaves a try keeps the question open. @param {import("./game.js").Verdict} verdict */
  judged(verdict) {
    this.#answering.forget(verdict.assignment_id);
    if (verdict.state !== "revealed") return;
    this.#wrong = verdict;
    this.game.verdict = null;
  }
}
