/**
 * Gives or takes points by hand, with a reason. However bad the network is, it counts once.
 */

import { Problem, newKey } from "../../net/api.js";
import { signed, t } from "../../texts/texts.js";
import { el, setText } from "../../parts/dom.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

/** The form of one contest. */
export class AdjustForm {
  /** What was sent last without an answer: the same again must carry the same key. @type {{text: string, key: string} | null} */
  #open = null;

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} contest
   */
  constructor(api, contest) {
    this.api = api;
    this.path = `/contests/${contest}/adjustments`;
    this.team = el("select", { id: "team", required: true });
    this.amount = el("input", { id: "amount", type: "number", required: true, min: "1", max: "1000000000000", step: "1", inputmode: "numeric" });
    this.reason = el("input", { id: "reason", required: true, maxlength: "500", autocomplete: "off" });
    this.give = el("input", { type: "radio", name: "way", checked: true });
    this.submit = el("button", { class: "primary" }, t("adjust.post"));
    this.done = el("p", { role: "status", class: "good" });
    this.problem = el("div");
    this.form = this.#build();
    this.show([]);
  }

  #build() {
    const take = el("input", { type: "radio", name: "way" });
    const way = el("fieldset", {}, el("legend", { class: "unseen" }, t("adjust.way")),
      el("div", { class: "choices" }, el("label", {}, this.give, t("adjust.give")), el("label", {}, take, t("adjust.take"))));
    const field = (/** @type {HTMLElement} */ input, /** @type {string} */ label) =>
      el("div", {}, el("label", { for: input.id }, label), input);
    const form = el("form", { class: "fields" }, field(this.team, t("board.team")), way, field(this.amount, t("board.points")),
      field(this.reason, t("adjust.reason")), this.problem, el("div", { class: "actions" }, this.submit), this.done);
    form.onsubmit = (event) => {
      event.preventDefault();
      void this.#send();
    };
    return form;
  }

  /**
   * Offers these teams; whoever is chosen stays chosen.
   * @param {{id: string, name: string, state: string}[]} teams
   */
  show(teams) {
    const chosen = this.team.value;
    const named = teams.map(({ id, name, state }) => el("option", { value: id }, state === "active" ? name : `${name} (${t(`team.${state}`)})`));
    this.team.replaceChildren(el("option", { value: "" }, teams.length ? t("adjust.choose") : t("board.empty")), ...named);
    if (teams.some((team) => team.id === chosen)) this.team.value = chosen;
  }

  async #send() {
    const points = this.amount.valueAsNumber;
    const body = { team_id: this.team.value, amount: this.give.checked ? points : -points, reason: this.reason.value.trim() };
    const text = JSON.stringify(body);
    if (this.#open?.text !== text) this.#open = { text, key: newKey() };
    const name = this.team.selectedOptions[0]?.textContent ?? "";
    clearProblem(this.problem);
    setText(this.done, "");
    this.submit.disabled = true;
    try {
      const { amount, balance } = await this.api.postOnce(this.path, body, this.#open.key);
      setText(this.done, t("adjust.done", { name, amount: signed(amount), balance }));
      this.#open = null;
      this.amount.value = this.reason.value = "";
    } catch (error) {
      if (error instanceof Problem && !error.isOpen) this.#open = null;
      showProblem(this.problem, error);
    } finally {
      this.submit.disabled = false;
    }
  }
}
