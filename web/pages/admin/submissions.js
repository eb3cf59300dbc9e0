/**
 * What teams have answered, the newest first; and the ways to put right what went wrong.
 */

import { html, nothing } from "../../parts/html.js";
import { words } from "../../parts/markdown.js";
import { asked } from "../../parts/ask.js";
import { signed, t, timeOfDay } from "../../texts/texts.js";
import { AdjustForm } from "./adjust.js";
import { choice } from "./inputs.js";
import { Pages, Reading } from "./reading.js";
import { figure, figures, table } from "./table.js";

/** @typedef {{id: string, question_id: string, question: string, team_id: string, team: string, attempt_no: number, answer: unknown, received_at: string, state: string, correct: boolean | null, points: number | null}} Submission */

/** The list, narrowed by team, question and verdict. */
export class Submissions {
  #wish = { team: "", question: "", correct: "" };
  /** The question that the list is narrowed to, as it reads. */
  #about = "";
  #shown = "";
  /** @type {AdjustForm | null} of the row that is open */
  #adjust = null;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    [this.place, this.mayJudge] = [place, place.rights.may("judge")];
    /** @type {Pages<Submission>} */
    this.list = new Pages(place.api, () => `${place.path}/submissions?${this.#query()}`, place.paint);
    /** @type {Reading<{id: string, name: string}>} */
    this.teams = new Reading(() => place.api.all(`${place.path}/teams`), place.paint);
  }

  open() {
    void this.list.refresh();
    void this.teams.refresh();
  }

  #query() {
    return new URLSearchParams([["newest", "true"], ...Object.entries(this.#wish).filter(([, value]) => value)]);
  }

  /**
   * @param {Partial<{team: string, question: string, correct: string}>} wish
   * @param {string} [about]
   */
  #narrow(wish, about = this.#about) {
    [this.#wish, this.#about, this.#shown] = [{ ...this.#wish, ...wish }, about, ""];
    void this.list.again();
  }

  view() {
    const teams = (this.teams.items ?? []).map(({ id, name }) => /** @type {[string, string]} */ ([id, name]));
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.submissions")}</h2><button @click=${() => void this.list.refresh()}>${t("list.again")}</button></div>
      <div class="row end">${choice({ id: "by-team", label: t("board.team"), value: this.#wish.team, options: [["", t("submissions.all")], ...teams] }, (team) => this.#narrow({ team }))}
        ${choice({ id: "by-verdict", label: t("submissions.verdict"), value: this.#wish.correct, options: [["", t("submissions.all")], ["true", t("submissions.right")], ["false", t("submissions.wrong")]] }, (correct) => this.#narrow({ correct }))}
        ${this.#wish.question ? html`<button @click=${() => this.#narrow({ question: "" }, "")}><span class="clip">${this.#about.slice(0, 40)}</span> ✕<span class="unseen">${t("submissions.any-question")}</span></button>` : nothing}</div>
      ${this.teams.problem}${this.list.view((items) => this.#table(items), t("submissions.none"))}</section>`;
  }

  /** @param {Submission[]} items */
  #table(items) {
    const columns = [t("audit.at"), t("board.team"), t("questions.question"), t("question.answer"), t("submissions.verdict"), figures(t("board.points"))];
    return table(columns, items.map((one) => this.#line(one)), "lines");
  }

  /** @param {Submission} one */
  #line(one) {
    const isShown = one.id === this.#shown;
    const verdict = one.state === "void" ? t("submissions.void") : one.correct ? `✓ ${t("submissions.right")}` : `✗ ${t("submissions.wrong")}`;
    const team = this.mayJudge ? html`<button class="plain text" aria-expanded=${isShown ? "true" : "false"} @click=${() => this.#show(isShown ? null : one)}>${one.team}</button>` : one.team;
    return html`<tr><td class="when">${timeOfDay(one.received_at)}</td><th scope="row" dir="auto">${team}</th>
      <td class="clip whole"><button class="plain text" dir="auto" @click=${() => this.#narrow({ question: one.question_id }, one.question)}>${words(one.question, 90)}</button></td>
      <td dir="auto" class="clip">${said(one.answer)} <span class="quiet small">${t("submissions.try", { n: one.attempt_no })}</span></td>
      <td class="when ${one.correct ? "good" : "bad"}">${verdict}</td>
      ${figure(t("board.points"), one.points === null ? "–" : signed(one.points))}</tr>
      ${isShown ? html`<tr><td colspan="6"><div class="stack preview"><h3>${t("adjust.title")}: <span dir="auto">${one.team}</span></h3>${this.#adjust?.form ?? nothing}
        <div class="actions"><button class="danger" @click=${() => void this.#withdraw(one)}>${t("submissions.withdraw")}</button></div></div></td></tr>` : nothing}`;
  }

  /** @param {Submission | null} one */
  #show(one) {
    this.#shown = one?.id ?? "";
    this.#adjust = one && new AdjustForm(this.place, { id: one.team_id, name: one.team });
    this.place.paint();
  }

  /** @param {Submission} one */
  async #withdraw(one) {
    const reason = await asked({ title: t("questions.withdraw-title"), text: `${one.question.slice(0, 200)} – ${t("questions.withdraw-text")}`, label: t("reason"), yes: t("questions.withdraw") });
    if (reason) await this.list.change(() => this.place.api.post(`${this.place.path}/questions/${one.question_id}/withdraw`, { reason }));
  }
}

/** An answer as it was sent: a letter, letters, a word, a number. @param {unknown} answer */
function said(answer) {
  if (Array.isArray(answer)) return answer.join(", ");
  return String(answer).slice(0, 120);
}
