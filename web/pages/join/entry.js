/**
 * The three ways in, as forms. What was wrong stands beside the value it is about.
 */

import { Api, Problem } from "../../net/api.js";
import { Kept } from "../../net/kept.js";
import { field, wrongAt } from "../../parts/field.js";
import { html, nothing } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/** @typedef {"new" | "join" | "back"} Way */

/** Refusals that are about one value, though they are none of its form. */
const ABOUT = new Map([
  ["team-name-taken", "/name"],
  ["team-name-lookalike", "/name"],
  ["team-full", "/join_code"],
  ["not-authenticated", "/token"],
]);

/** Forms for whoever is not in yet. */
export class Entry {
  /** @type {Way} */
  #way = "new";
  #members = 1;
  #isBusy = false;
  /** @type {Problem | null} */
  #problem = null;

  /**
   * @param {string} code
   * @param {{paint: () => void, entered: (token: string) => Promise<void>, failed: (error: unknown) => void}} around
   */
  constructor(code, around) {
    [this.code, this.around] = [code, around];
    this.path = `/contests/${code}/teams`;
  }

  /** @param {import("../../parts/contests.js").Contest} contest */
  view(contest) {
    const ways = /** @type {Way[]} */ (contest.registration_open ? ["new", "join", "back"] : ["join", "back"]);
    if (!ways.includes(this.#way)) this.#way = ways[0];
    return html`
      ${contest.registration_open ? nothing : html`<p class="notice">${t("join.closed")}</p>`}
      <div class="ways" role="group" aria-label=${t("join.ways")}>${ways.map((way) => html`
        <button type="button" aria-pressed=${way === this.#way ? "true" : "false"} @click=${() => this.#go(way)}>${t(`join.way.${way}`)}</button>`)}
      </div>
      <form class="card stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)} novalidate>
        ${this.#fields(contest)}
        <button class="primary big wide" ?disabled=${this.#isBusy}>${this.#isBusy ? t("join.sending") : t(`join.do.${this.#way}`)}</button>
      </form>`;
  }

  /** @param {Way} way */
  #go(way) {
    [this.#way, this.#problem] = [way, null];
    this.around.paint();
  }

  /** @param {import("../../parts/contests.js").Contest} contest */
  #fields(contest) {
    const wrong = (/** @type {string} */ pointer) => wrongAt(this.#problem, pointer);
    if (this.#way === "back") {
      return field({ id: "token", label: t("join.recovery"), hint: t("join.recovery-hint"), wrong: wrong("/token"), required: true, maxlength: 300 });
    }
    if (this.#way === "join") {
      return html`${field({ id: "join_code", label: t("join.join-code"), hint: t("join.join-code-hint"), wrong: wrong("/join_code"),
        required: true, maxlength: 20, look: "upper" })}
        ${field({ id: "name", label: t("join.your-name"), wrong: wrong("/name"), required: true, autocomplete: "name" })}`;
    }
    return html`${field({ id: "name", label: t("join.team-name"), hint: t("join.team-name-hint"), wrong: wrong("/name"), required: true, maxlength: 80 })}
      ${this.#memberFields(contest, wrong)}
      ${contest.divisions.length ? this.#divisionField(contest.divisions, wrong("/division")) : nothing}`;
  }

  /**
   * @param {import("../../parts/contests.js").Contest} contest
   * @param {(pointer: string) => string} wrong
   */
  #memberFields(contest, wrong) {
    const fields = Array.from({ length: this.#members }, (_, index) => field({ id: `member-${index}`,
      label: index === 0 ? t("join.captain") : t("join.member", { n: index + 1 }), hint: index === 0 ? t("join.captain-hint") : "", wrong: wrong(`/members/${index}`) }));
    return html`${fields}${wrong("/members") ? html`<p class="wrong">${wrong("/members")}</p>` : nothing}
      ${this.#members < contest.max_members ? html`<button type="button" class="plain" @click=${() => this.#oneMore()}>+ ${t("join.add-member")}</button>` : nothing}`;
  }

  #oneMore() {
    this.#members += 1;
    this.around.paint();
    document.getElementById(`member-${this.#members - 1}`)?.focus();
  }

  /**
   * @param {string[]} divisions
   * @param {string} wrong
   */
  #divisionField(divisions, wrong) {
    return html`<div class="field"><label for="division">${t("join.division")}</label>
      <select id="division" name="division" aria-invalid=${wrong ? "true" : nothing}>
        <option value="">${t("join.no-division")}</option>${divisions.map((one) => html`<option value=${one}>${one}</option>`)}
      </select>${wrong ? html`<p class="wrong">${wrong}</p>` : nothing}</div>`;
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    if (this.#isBusy) return;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    [this.#isBusy, this.#problem] = [true, null];
    this.around.failed(null);
    this.around.paint();
    try {
      await this.around.entered(await this.#token(form));
    } catch (error) {
      this.#show(asProblem(error));
    } finally {
      this.#isBusy = false;
      this.around.paint();
      document.querySelector("[aria-invalid]")?.focus();
    }
  }

  /** @param {FormData} form */
  async #token(form) {
    const text = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
    if (this.#way === "back") return text("token");
    const post = (/** @type {string} */ path, /** @type {object} */ body) => new Kept(`join.${this.code}`).post(new Api(), path, body);
    if (this.#way === "join") return (await post(`${this.path}/join`, { join_code: text("join_code"), name: text("name") })).token;
    // Somebody without a name is not sent; what is wrong is then told at the field it was typed into.
    const typed = Array.from({ length: this.#members }, (_, index) => ({ index, name: text(`member-${index}`) })).filter(({ name }) => name);
    const body = { name: text("name"), members: typed.map(({ name }) => name), division: text("division") || null };
    try {
      return (await post(this.path, body)).token;
    } catch (error) {
      if (error instanceof Problem) error.errors = error.errors.map((one) => atField(one, typed));
      throw error;
    }
  }

  /** @param {Problem} problem */
  #show(problem) {
    const pointer = ABOUT.get(problem.type.split("/").at(-1) ?? "");
    if (pointer) problem.errors = [{ pointer, detail: problem.detail ? `${problem.title}: ${problem.detail}` : problem.title }];
    if (problem.status === 404 && this.#way === "join") problem.errors = [{ pointer: "/join_code", detail: t("join.no-such-team") }];
    this.#problem = problem;
    if (problem.errors.length === 0) this.around.failed(problem);
  }
}

/**
 * @param {{pointer: string, detail: string}} wrong
 * @param {{index: number}[]} typed
 */
function atField(wrong, typed) {
  const place = /^\/members\/(\d+)$/.exec(wrong.pointer);
  return place ? { ...wrong, pointer: `/members/${typed[Number(place[1])]?.index}` } : wrong;
}
