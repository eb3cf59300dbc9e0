/**
 * Gives or takes points by hand, with a reason. However bad the network is, it counts once.
 */

import { Once } from "../../net/kept.js";
import { signed, t } from "../../texts/texts.js";
import { el, setText } from "../../parts/dom.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

/** The form of one contest. */
export class AdjustForm {
  #once = new Once();

  /**
   * @param {import("./desk.js").Place} place
   * @param {{id: string, name: string}} [only] when whose points is no question
   * @param {() => void} [posted]
   */
  constructor({ api, path }, only, posted) {
    [this.api, this.base, this.path, this.only, this.posted] = [api, path, `${path}/adjustments`, only, posted];
    const id = only ? `adjust-${only.id}-` : "";
    this.team = el("select", { id: "team", required: true });
    this.amount = el("input", { id: `${id}amount`, type: "number", required: true, min: "1", max: "1000000000000", step: "1", inputmode: "numeric" });
    this.reason = el("input", { id: `${id}reason`, required: true, maxlength: "500", autocomplete: "off" });
    this.give = el("input", { type: "radio", name: `${id}way`, checked: true });
    this.submit = el("button", { class: "primary" }, t("adjust.post"));
    this.done = el("p", { role: "status", class: "good" });
    this.problem = el("div");
    this.form = this.#build(`${id}way`);
    this.show([]);
  }

  /** @param {string} name */
  #build(name) {
    const take = el("input", { type: "radio", name });
    const way = el("fieldset", {}, el("legend", { class: "unseen" }, t("adjust.way")),
      el("div", { class: "choices" }, el("label", {}, this.give, t("adjust.give")), el("label", {}, take, t("adjust.take"))));
    const field = (/** @type {HTMLElement} */ input, /** @type {string} */ label) =>
      el("div", {}, el("label", { for: input.id }, label), input);
    const form = el("form", { class: "fields" }, ...(this.only ? [] : [field(this.team, t("board.team"))]), way, field(this.amount, t("board.points")),
      field(this.reason, t("adjust.reason")), this.problem, el("div", { class: "actions" }, this.submit), this.done);
    form.onsubmit = (event) => {
      event.preventDefault();
      void this.#send();
    };
    return form;
  }

  /** Offers the teams that there are now; when they cannot be read, those that it knows. */
  async load() {
    try {
      this.show(await this.api.all(`${this.base}/teams`));
    } catch (error) {
      showProblem(this.problem, error);
    }
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
    const body = { team_id: this.only?.id ?? this.team.value, amount: this.give.checked ? points : -points, reason: this.reason.value.trim() };
    const name = this.only?.name ?? this.team.selectedOptions[0]?.textContent ?? "";
    clearProblem(this.problem);
    setText(this.done, "");
    this.submit.disabled = true;
    try {
      const { amount, balance } = await this.#once.post(this.api, this.path, body);
      setText(this.done, t("adjust.done", { name, amount: signed(amount), balance }));
      this.amount.value = this.reason.value = "";
      this.posted?.();
    } catch (error) {
      showProblem(this.problem, error);
    } finally {
      this.submit.disabled = false;
    }
  }
}
