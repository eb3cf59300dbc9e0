/**
 * The rules of a contest: what it is called, how long it is, what points there are, who plays apart.
 */

import { confirmed } from "../../parts/confirm.js";
import { html, nothing } from "../../parts/html.js";
import { markdown } from "../../parts/markdown.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { edited } from "./conflict.js";
import { area, choice, line, tick } from "./inputs.js";

const MINUTE = 60_000;

/** @typedef {Record<string, any>} Rules as the interface has them */
/** @typedef {"whole" | "minutes" | "text"} Kind */

/** @type {[string, string, Kind, boolean][]} member, field, how it is typed, and whether it is fixed once the contest has begun */
const FIELDS = [
  ["duration_ms", "minutes", "minutes", false], ["freeze_before_end_ms", "freeze", "minutes", false], ["hold_ms", "hold", "minutes", false], ["opening_points", "opening", "whole", true],
  ["credit_limit", "credit", "whole", true], ["wrong_penalty", "penalty", "whole", true], ["first_correct_bonus", "bonus", "whole", true], ["max_members", "members", "whole", true],
  ["max_open_assignments", "open", "whole", false], ["time_zone", "zone", "text", false],
];

/** Those that may be empty: then there is none of it. */
const MAY_BE_NONE = ["duration_ms", "freeze_before_end_ms"];

/** Only what differs is sent, so what is fixed is not touched. */
export class Settings {
  /** @type {Rules | null} as it was read */
  #read = null;
  /** @type {Record<string, any>} as it is typed */
  #typed = {};
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;
  #isSaved = false;
  /** Those that contests are played of. @type {{id: string, title: string, self_reported: boolean}[]} */
  #games = [];

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
  }

  open() {
    if (this.#changes().length === 0) void this.#again();
  }

  async #again() {
    try {
      const [rules, games] = await Promise.all([this.place.api.get(this.place.path), this.place.api.all("/games")]);
      this.#games = games.filter((/** @type {{self_reported: boolean}} */ game) => !game.self_reported);
      this.#take(rules);
    } catch (error) {
      this.#problem = asProblem(error);
    }
    this.place.paint();
  }

  /** @param {Rules} rules */
  #take(rules) {
    Object.assign(this.place.contest, rules);
    this.#read = rules;
    this.#typed = { name: rules.name, description: rules.description, registration_open: rules.registration_open, divisions: rules.divisions.join(", "), game_id: rules.game_id ?? "",
      ...Object.fromEntries(FIELDS.map(([member, , kind]) => [member, shown(rules[member], kind)])) };
  }

  /** The members that differ from what was read. @returns {[string, unknown][]} */
  #changes() {
    const read = this.#read;
    if (!read) return [];
    return Object.entries(this.#body()).filter(([member, value]) => JSON.stringify(value) !== JSON.stringify(read[member]));
  }

  #body() {
    const { name, description, registration_open, divisions, game_id } = this.#typed;
    return { name: name.trim(), description, registration_open, game_id: game_id || null, divisions: divisions.split(",").map((/** @type {string} */ one) => one.trim()).filter(Boolean),
      ...Object.fromEntries(FIELDS.map(([member, , kind]) => [member, sent(this.#typed[member], kind)])) };
  }

  /**
   * @param {string} member
   * @param {unknown} value
   */
  #type(member, value) {
    this.#typed[member] = value;
    this.#isSaved = false;
    this.place.paint();
  }

  view() {
    const read = this.#read;
    if (!read) return html`<section class="card"><h2>${t("desk.settings")}</h2>${this.#problem ? html`<p class="wrong" role="alert">${this.#problem.title}. ${this.#problem.detail}</p>` : nothing}</section>`;
    const wrong = (/** @type {string} */ member) => this.#problem?.errors.find((one) => one.pointer.startsWith(`/${member}`))?.detail ?? "";
    const hasBegun = !["draft", "published"].includes(read.state);
    const fields = FIELDS.filter(([, , , isFixed]) => !(isFixed && hasBegun));
    return html`<form class="card stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event)} novalidate><h2>${t("desk.settings")}</h2>
      ${hasBegun ? html`<p class="quiet">${t("settings.begun")}</p>` : nothing}
      ${line({ id: "set-name", label: t("create.name"), value: this.#typed.name, maxlength: 200, required: true, wrong: wrong("name") }, (value) => this.#type("name", value))}
      <div class="columns">${fields.map(([member, field, kind]) => line({ id: `set-${field}`, label: t(`settings.${field}`), hint: MAY_BE_NONE.includes(member) ? t("settings.empty") : "", value: this.#typed[member],
        type: kind === "text" ? "text" : "number", step: kind === "minutes" ? "any" : "1", min: 0, wrong: wrong(member) }, (value) => this.#type(member, value)))}
        ${line({ id: "set-divisions", label: t("create.divisions"), hint: t("create.divisions-hint"), value: this.#typed.divisions, maxlength: 3000, wrong: wrong("divisions") }, (value) => this.#type("divisions", value))}
        ${this.#games.length ? choice({ id: "set-game", label: t("settings.game_id"), value: this.#typed.game_id, wrong: wrong("game_id"), options: [["", t("settings.no-game")],
          ...this.#games.map(({ id, title }) => /** @type {[string, string]} */ ([id, title]))] }, (value) => this.#type("game_id", value)) : nothing}</div>
      ${tick({ id: "set-registration", label: t("settings.registration_open"), value: this.#typed.registration_open }, (value) => this.#type("registration_open", value))}
      ${area({ id: "set-description", label: t("settings.description"), hint: t("editor.markdown"), value: this.#typed.description, rows: 4, maxlength: 10_000, wrong: wrong("description") }, (value) => this.#type("description", value))}
      ${this.#typed.description.trim() ? html`<div class="preview">${markdown(this.#typed.description)}</div>` : nothing}
      ${this.#problem && this.#problem.errors.length === 0 ? html`<p class="wrong" role="alert">${this.#problem.title}. ${this.#problem.detail}</p>` : nothing}
      <div class="row"><button class="primary" ?disabled=${this.#changes().length === 0}>${t("save")}</button>${this.#isSaved ? html`<span class="good" role="status">✓ ${t("saved")}</span>` : nothing}</div></form>
      ${this.#current(read)}`;
  }

  /** @param {Rules} read */
  #current(read) {
    return html`<section class="card stack"><h2>${t("settings.current-title")}</h2><p class="quiet">${t("settings.current-means")}</p>${read.is_current ? html`<p class="good">✓ ${t("settings.is-current")}</p>`
      : html`<div><button @click=${() => void this.#makeCurrent()}>${t("settings.make-current")}</button></div>`}</section>`;
  }

  async #makeCurrent() {
    if (!(await confirmed({ title: t("settings.make-current"), text: t("settings.current-means"), yes: t("settings.make-current") }))) return;
    await this.#do(() => this.place.api.post(`${this.place.path}/make-current`));
  }

  /**
   * A value for people.
   * @param {string} member
   * @param {any} value
   */
  #said(member, value) {
    if (member === "game_id") return this.#games.find((game) => game.id === value)?.title ?? "–";
    return said(member, value);
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    const read = this.#read;
    const body = Object.fromEntries(this.#changes());
    const what = Object.entries(body).map(([member, value]) => `${nameOf(member)}: ${this.#said(member, read?.[member])} → ${this.#said(member, value)}`);
    if (!read || !(await confirmed({ title: t("settings.confirm"), text: what.join("; ").slice(0, 600), yes: t("save") }))) return;
    const { api, path } = this.place;
    await this.#do(() => edited({ api, method: "PATCH", path, body, read, again: () => api.get(path) }));
  }

  /** @param {() => Promise<Rules>} act */
  async #do(act) {
    try {
      this.#take(await act());
      [this.#problem, this.#isSaved] = [null, true];
    } catch (error) {
      this.#problem = asProblem(error);
    }
    this.place.paint();
  }
}

/** @param {string} member */
function nameOf(member) {
  const [, field] = FIELDS.find(([known]) => known === member) ?? [];
  return field ? t(`settings.${field}`) : member === "name" ? t("create.name") : member === "divisions" ? t("create.divisions") : t(`settings.${member}`);
}

/**
 * A value for people.
 * @param {string} member
 * @param {any} value
 */
function said(member, value) {
  const [, , kind = "text"] = FIELDS.find(([known]) => known === member) ?? [];
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  return (Array.isArray(value) ? value.join(", ") : shown(value ?? null, kind)).slice(0, 120) || "–";
}

/**
 * @param {any} value
 * @param {Kind} kind
 */
const shown = (value, kind) => (value === null ? "" : kind === "minutes" ? String(value / MINUTE) : String(value));

/**
 * @param {string} typed
 * @param {Kind} kind
 */
function sent(typed, kind) {
  if (kind === "text") return typed.trim();
  if (!typed.trim()) return null;
  return kind === "minutes" ? Math.round(Number(typed) * MINUTE) : Number(typed);
}
