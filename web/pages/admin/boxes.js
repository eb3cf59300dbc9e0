/**
 * Mystery boxes: one for each difficulty, with its price, reward and limit; and how they were opened.
 */

import { Once } from "../../net/kept.js";
import { difficultyName } from "../../parts/contests.js";
import { wrongAt } from "../../parts/field.js";
import { html, nothing } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { edited } from "./conflict.js";
import { line, tick } from "./inputs.js";
import { Reading } from "./reading.js";

const DIFFICULTIES = ["EASY", "MEDIUM", "HARD"];

/** @typedef {{id: string, difficulty: string, price: number, reward: number, max_opens: number, enabled: boolean, version: number}} Box */
/** @typedef {{price: string, reward: string, max_opens: string, enabled: boolean, base: Box | undefined, isTyped: boolean,
 *   problem: import("../../net/api.js").Problem | null, saved: boolean}} Draft as it is typed, and what it began from */

/** A form for each box that there is or could be. */
export class Boxes {
  /** @type {Map<string, Draft>} by difficulty */
  #drafts = new Map();
  #once = new Once();

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    [this.place, this.path, this.mayEdit] = [place, `${place.path}/mystery-boxes`, place.rights.may("questions")];
    /** @type {Reading<Box>} */
    this.list = new Reading(async () => (await place.api.get(this.path)).data, place.paint);
  }

  open() {
    void this.list.refresh();
  }

  view() {
    return html`<section class="stack"><h2>${t("desk.boxes")}</h2><p class="quiet">${t("boxes.staff-lead")}</p>${this.list.problem}
      ${this.list.items === null ? nothing : html`<div class="boxes">${DIFFICULTIES.map((difficulty) => this.#one(difficulty, this.list.items?.find((box) => box.difficulty === difficulty)))}</div>`}</section>`;
  }

  /**
   * @param {string} difficulty
   * @param {Box | undefined} box
   */
  #one(difficulty, box) {
    const title = html`<h3>${t("boxes.box", { difficulty: difficultyName(difficulty) })}</h3>`;
    if (!this.mayEdit) return box ? html`<article class="card stack tight">${title}<p>${t("boxes.price")} ${box.price} · ${t("boxes.reward")} ${box.reward}</p></article>` : nothing;
    const draft = this.#draft(difficulty, box);
    const wrong = (/** @type {string} */ pointer) => wrongAt(draft.problem, pointer);
    const field = (/** @type {"price" | "reward" | "max_opens"} */ name, /** @type {string} */ label, min = 0) =>
      line({ id: `${name}-${difficulty}`, label, type: "number", required: true, min, value: draft[name], wrong: wrong(`/${name}`) }, (value) => this.#type(draft, name, value));
    const { problem } = draft;
    return html`<form class="card stack tight" @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event, difficulty, draft)}>
      <div class="row spread">${title}${box ? nothing : html`<span class="tag">${t("boxes.new")}</span>`}</div>
      ${field("price", t("boxes.price"))}${field("reward", t("boxes.reward"))}${field("max_opens", t("boxes.max-opens"), 1)}
      ${box ? tick({ id: `enabled-${difficulty}`, label: t("boxes.enabled"), value: draft.enabled }, (value) => this.#type(draft, "enabled", value)) : nothing}
      ${problem && problem.errors.length === 0 ? html`<p class="wrong" role="alert">${problem.title}. ${problem.detail}</p>` : nothing}
      <div class="actions"><button class="primary">${box ? t("save") : t("boxes.offer")}</button></div>${draft.saved ? html`<p class="good" role="status">✓ ${t("saved")}</p>` : nothing}</form>`;
  }

  /**
   * What is typed stays, with what it began from, also when the list is read again.
   * @param {string} difficulty
   * @param {Box | undefined} box
   */
  #draft(difficulty, box) {
    const known = this.#drafts.get(difficulty);
    if (known && (known.isTyped || known.base?.version === box?.version)) return known;
    return this.#begin(difficulty, box);
  }

  /**
   * @param {string} difficulty
   * @param {Box | undefined} base
   * @param {boolean} [saved]
   * @returns {Draft}
   */
  #begin(difficulty, base, saved = false) {
    const { price = 100, reward = 200, max_opens = 1, enabled = true } = base ?? {};
    const draft = { price: String(price), reward: String(reward), max_opens: String(max_opens), enabled, base, isTyped: false, problem: null, saved };
    this.#drafts.set(difficulty, draft);
    return draft;
  }

  /**
   * @param {Draft} draft
   * @param {"price" | "reward" | "max_opens" | "enabled"} name
   * @param {string | boolean} value
   */
  #type(draft, name, value) {
    Object.assign(draft, { [name]: value, saved: false, isTyped: true });
    this.place.paint();
  }

  /**
   * @param {SubmitEvent} event
   * @param {string} difficulty
   * @param {Draft} draft
   */
  async #save(event, difficulty, draft) {
    event.preventDefault();
    const { base } = draft;
    const body = { price: Number(draft.price), reward: Number(draft.reward), max_opens: Number(draft.max_opens) };
    try {
      this.#begin(difficulty, base ? await this.#edit(base, { ...body, enabled: draft.enabled }) : await this.#once.post(this.place.api, this.path, { difficulty, ...body }), true);
      await this.list.refresh();
    } catch (error) {
      draft.problem = asProblem(error);
      this.place.paint();
    }
  }

  /**
   * @param {Box} read
   * @param {Record<string, unknown>} body
   */
  #edit(read, body) {
    return edited({ api: this.place.api, method: "PATCH", path: `${this.path}/${read.id}`, body, read, again: () => this.#read(read.id) });
  }

  /** @param {string} id */
  async #read(id) {
    const { data } = await this.place.api.get(this.path);
    return data.find((/** @type {Box} */ box) => box.id === id) ?? {};
  }
}
