/**
 * The questions of a contest: what they are, how they look to a team, and the way out for a bad one.
 */

import { asked } from "../../parts/ask.js";
import { difficultyName } from "../../parts/contests.js";
import { html, nothing } from "../../parts/html.js";
import { inline, markdown } from "../../parts/markdown.js";
import { sign } from "../../parts/shape.js";
import { number, t } from "../../texts/texts.js";
import { download } from "./download.js";
import { Reading } from "./reading.js";

/** @typedef {{id: string, external_id: string, kind: string, text: string, options: string[], difficulty: string, category: string,
 *   points: number, pool: string, state: string, available: boolean, max_attempts: number}} Placed */

/** Lists and previews. */
export class Questions {
  #shown = "";

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} contest
   * @param {() => void} paint
   */
  constructor(api, contest, paint) {
    [this.api, this.path, this.paint] = [api, `/contests/${contest}/questions`, paint];
    /** @type {Reading<Placed>} */
    this.list = new Reading(() => api.all(this.path), paint);
  }

  open() {
    void this.list.refresh();
  }

  view() {
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.questions")}</h2>
      <span class="actions">${["json", "csv"].map((format) => html`<button @click=${() => this.#export(format)}>${t("questions.export", { format: format.toUpperCase() })}</button>`)}</span></div>
      ${this.list.view((items) => this.#table(items), t("questions.none"))}</section>`;
  }

  /** @param {string} format */
  #export(format) {
    void this.list.change(async () => download(await this.api.text(`${this.path}/export?format=${format}`), `questions.${format}`));
  }

  /** @param {Placed[]} items */
  #table(items) {
    return html`<p class="quiet">${t("questions.count", { n: items.length })}</p><div class="scroll"><table class="ranking"><thead><tr>
      <th scope="col">${t("questions.question")}</th><th scope="col">${t("draw.category")}</th><th scope="col">${t("questions.difficulty")}</th>
      <th scope="col" class="number">${t("board.points")}</th><th scope="col">${t("questions.state")}</th><th></th></tr></thead>
      <tbody>${items.map((item) => this.#line(item))}</tbody></table></div>`;
  }

  /** @param {Placed} item */
  #line(item) {
    const isShown = item.id === this.#shown;
    return html`<tr><th scope="row"><button class="plain text" aria-expanded=${isShown ? "true" : "false"} @click=${() => this.#show(isShown ? "" : item.id)}>${item.text.slice(0, 120)}</button></th>
      <td>${item.category}</td><td>${difficultyName(item.difficulty)}${item.pool === "mystery" ? html` · ${t("question.mystery")}` : nothing}</td>
      <td class="number">${number(item.points)}</td><td>${item.state}${item.state === "open" && !item.available ? html` · ${t("questions.taken")}` : nothing}</td>
      <td>${item.state === "withdrawn" ? nothing : html`<button class="danger" @click=${() => void this.#withdraw(item)}>${t("questions.withdraw")}</button>`}</td></tr>
      ${isShown ? html`<tr><td colspan="6">${preview(item)}</td></tr>` : nothing}`;
  }

  /** @param {string} id */
  #show(id) {
    this.#shown = id;
    this.paint();
  }

  /** @param {Placed} item */
  async #withdraw(item) {
    const reason = await asked({ title: t("questions.withdraw-title"), text: t("questions.withdraw-text"), label: t("reason"), yes: t("questions.withdraw") });
    if (reason) await this.list.change(() => this.api.post(`${this.path}/${item.id}/withdraw`, { reason }));
  }
}

/** As a team sees it. @param {Placed} item */
const preview = (item) => html`<div class="preview stack">${markdown(item.text)}
  <ul class="list">${item.options.map((option, index) => html`<li class="row">${sign(index)}<span dir="auto">${inline(option)}</span></li>`)}</ul></div>`;
