/**
 * How a team gets a question: it draws one, of a difficulty and category if it likes, or picks one.
 */

import { difficultyName } from "../../parts/contests.js";
import { html, nothing } from "../../parts/html.js";
import { showProblem } from "../../parts/problem.js";
import { el } from "../../parts/dom.js";
import { number, t } from "../../texts/texts.js";

const DIFFICULTIES = ["EASY", "MEDIUM", "HARD"];

/** @typedef {{id: string, difficulty: string, category: string, points: number, available: boolean | null}} Offer */

/** Shows what is left, and what there is to pick from. */
export class DrawView {
  #category = "";
  /** @type {Offer[] | null} */
  #offers = null;
  #problem = el("div");

  /**
   * @param {import("./game.js").Game} game
   * @param {import("../../net/api.js").Api} api
   * @param {() => void} paint
   */
  constructor(game, api, paint) {
    [this.game, this.api, this.paint] = [game, api, paint];
  }

  view() {
    const regular = this.game.pools.filter((pool) => pool.pool === "regular");
    const categories = [...new Set(regular.map((pool) => pool.category))].sort();
    const matching = regular.filter((pool) => !this.#category || pool.category === this.#category);
    if (regular.every((pool) => pool.left === 0)) return html`<div class="empty"><h2>${t("draw.none")}</h2><p>${t("draw.none-text")}</p></div>`;
    return html`<div class="stack draw">
      <h1>${t("draw.title")}</h1>
      <p class="lead">${t("draw.lead")}</p>
      ${categories.length > 1 ? this.#categoryField(categories) : nothing}
      <div class="drawing">${DIFFICULTIES.map((difficulty) => this.#drawButton(difficulty, matching.filter((pool) => pool.difficulty === difficulty)))}</div>
      <button class="big" ?disabled=${Boolean(this.game.busy)} @click=${() => this.#draw({})}>${t("draw.any")}</button>
      <details class="picking" @toggle=${(/** @type {any} */ event) => event.target.open && void this.#readOffers()}>
        <summary>${t("draw.pick")}</summary>${this.#problem}${this.#picking()}
      </details>
    </div>`;
  }

  /** @param {string[]} categories */
  #categoryField(categories) {
    const chosen = (/** @type {any} */ event) => {
      this.#category = event.target.value;
      this.paint();
    };
    return html`<div class="field"><label for="category">${t("draw.category")}</label>
      <select id="category" .value=${this.#category} @change=${chosen}><option value="">${t("draw.any-category")}</option>
        ${categories.map((category) => html`<option value=${category}>${category}</option>`)}</select></div>`;
  }

  /**
   * @param {string} difficulty
   * @param {import("./game.js").Pool[]} pools
   */
  #drawButton(difficulty, pools) {
    if (pools.length === 0) return nothing;
    const isHidden = pools.some((pool) => pool.left === null);
    const left = pools.reduce((sum, pool) => sum + (pool.left ?? 0), 0);
    return html`<button class="deck" data-difficulty=${difficulty} ?disabled=${Boolean(this.game.busy) || (!isHidden && left === 0)} @click=${() => this.#draw({ difficulty })}>
      <strong>${difficultyName(difficulty)}</strong><span>${isHidden ? "" : t("draw.left", { n: left })}</span></button>`;
  }

  /** @param {{difficulty?: string}} wish */
  #draw(wish) {
    void this.game.draw(this.#category ? { ...wish, category: this.#category } : wish);
  }

  async #readOffers() {
    try {
      this.#offers = await this.api.all(`${this.game.path}/questions`);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.paint();
  }

  #picking() {
    if (!this.#offers) return html`<p class="loading" role="status">${t("loading")}</p>`;
    const categories = [...new Set(this.#offers.map((one) => one.category))].sort().filter((one) => !this.#category || one === this.#category);
    return categories.map((category) => html`<h3>${category}</h3><div class="picks">${this.#offers?.filter((one) => one.category === category).map((one) => this.#pick(one))}</div>`);
  }

  /** @param {Offer} offer */
  #pick({ id, points, difficulty, available }) {
    return html`<button type="button" class="pick" data-difficulty=${difficulty} ?disabled=${available === false || Boolean(this.game.busy)}
      @click=${() => this.game.draw({ question_id: id })}><span class="unseen">${difficultyName(difficulty)}</span>${number(points)}</button>`;
  }
}
