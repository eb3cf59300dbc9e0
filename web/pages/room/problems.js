/**
 * What is asked in a room: one problem in front, all of them above it, and who was first.
 */

import { Answering } from "../../parts/answering.js";
import { loading } from "../../parts/frame.js";
import { html, keyed, nothing, repeat } from "../../parts/html.js";
import { verdictView } from "../../parts/verdict.js";
import { t } from "../../texts/texts.js";

/** @typedef {import("./room.js").Asked} Asked */

/** How one stands with a problem, as a mark. */
const MARKS = new Map([["solved", "✓"], ["exhausted", "✗"]]);

/** The problems of a room. */
export class Problems {
  #front = "";
  /** @type {Answering} */
  #answering;
  /** The question whose last answer was wrong and leaves a try. */
  #wrong = "";

  /**
   * @param {import("./room.js").Room} room
   * @param {() => void} paint
   * @param {() => void} add lets the owner add one
   */
  constructor(room, paint, add) {
    [this.room, this.paint, this.add] = [room, paint, add];
    this.#answering = new Answering(paint, (id, answer) => this.#send(id, answer));
  }

  /** @param {boolean} isOwner */
  view(isOwner) {
    const { problems } = this.room;
    if (!problems) return loading();
    const button = isOwner && this.room.isOpen ? html`<button id="add-problem" @click=${this.add}>+ ${t("room.add")}</button>` : nothing;
    const front = this.#held(problems);
    if (!front) return html`<div class="empty card"><h2>${t("room.nothing")}</h2><p>${isOwner ? t("room.nothing-own") : t("room.nothing-text")}</p>${button}</div>`;
    return html`${this.#all(problems, front, button)}${keyed(front.question_id, this.#shown(front))}`;
  }

  /** What was chosen; else what was just judged; else the first that can be answered. @param {Asked[]} problems */
  #held(problems) {
    const chosen = problems.find((one) => one.question_id === (this.room.verdict?.assignment_id ?? this.#front));
    return chosen ?? problems.find((one) => this.#isOpen(one)) ?? problems[0];
  }

  /** @param {Asked} one */
  #isOpen({ question_id }) {
    return ["assigned", "revealed"].includes(this.room.held.get(question_id)?.state ?? "assigned");
  }

  /**
   * @param {Asked[]} problems
   * @param {Asked} front
   * @param {unknown} button
   */
  #all(problems, front, button) {
    return html`<div class="chips" role="group" aria-label=${t("room.tab.problems")}>${repeat(problems, (one) => one.question_id, (one) => {
      const state = this.room.held.get(one.question_id)?.state ?? "";
      return html`<button type="button" class="chip" data-state=${state} aria-pressed=${one === front ? "true" : "false"} @click=${() => this.#show(one.question_id)}>
        ${MARKS.has(state) ? html`<span aria-hidden="true">${MARKS.get(state)}</span><span class="unseen">${t(`room.${state}`)}</span>` : nothing}
        <span dir="auto">${one.problem_id}</span></button>`;
    })}${button}</div>`;
  }

  /** @param {string} id */
  #show(id) {
    [this.#front, this.#wrong, this.room.verdict] = [id, "", null];
    this.paint();
  }

  /** @param {Asked} one */
  #shown(one) {
    const asked = { ...one, id: one.question_id };
    const { verdict } = this.room;
    if (verdict) return verdictView(verdict, () => this.#show(""));
    const held = this.room.held.get(one.question_id);
    if (!this.#isOpen(one) || !this.room.isOpen) {
      return html`<article class="card stack">${this.#facts(one)}<div class="asked" dir="auto">${this.#answering.text(asked)}</div>
        ${this.#isOpen(one) ? nothing : html`<p class="outcome" data-state=${held?.state}>${t(`room.${held?.state}`)}</p>`}</article>`;
    }
    const left = held?.attempts_left ?? one.max_attempts;
    return this.#answering.view(asked, {
      above: this.#facts(one),
      notice: this.#wrong === one.question_id ? html`<p class="notice">${t("question.wrong", { n: left })}</p>` : nothing,
      below: html`${this.room.isUnanswered ? html`<p class="notice" role="status">${t("question.unanswered")}</p>` : nothing}<p class="hint">${t("question.tries", { n: left })}</p>`,
      isBusy: this.room.isBusy,
      isPaused: this.room.isPaused,
    });
  }

  /** @param {Asked} one */
  #facts({ points, first_correct }) {
    const bonus = this.room.facts?.first_correct_bonus ?? 0;
    return html`<p class="facts">${first_correct ? html`<span class="tag first">★ ${t("room.first", { name: first_correct })}</span>`
      : bonus ? html`<span class="tag first">☆ ${t("room.bonus", { n: bonus })}</span>` : nothing}
      <strong class="worth">${t("question.worth", { n: points })}</strong></p>`;
  }

  /**
   * @param {string} id
   * @param {unknown} answer
   */
  #send(id, answer) {
    const one = this.room.problems?.find(({ question_id }) => question_id === id);
    this.#wrong = "";
    if (one) void this.room.answer(one.problem_id, answer);
  }

  /** A wrong answer that leaves a try keeps the problem open. @param {import("../../parts/verdict.js").Verdict} verdict */
  judged(verdict) {
    this.#answering.forget(verdict.assignment_id);
    this.#front = verdict.assignment_id;
    if (verdict.state !== "revealed") return;
    this.#wrong = verdict.assignment_id;
    this.room.verdict = null;
  }
}
