/**
 * What staff tells the team, and what the team asks staff.
 */

import { Once } from "../../net/kept.js";
import { Look } from "../../net/look.js";
import { el } from "../../parts/dom.js";
import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { markdown } from "../../parts/markdown.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { t, timeOfDay } from "../../texts/texts.js";

/**
 * @typedef {{number: number, title: string, body: string, priority: string, must_acknowledge: boolean, acknowledged_at: string | null,
 *   withdrawn_at: string | null, corrected_by: number | null, made_at: string}} Announcement
 * @typedef {{id: string, text: string, asked_at: string, state: string, answers: {text: string}[]}} Clarification
 */

/** So long, in ms, after news for this team alone, and after news for the whole hall, it looks at the latest. */
const OWN = 200;
const HALL = 2000;

/** Team events that are about messages. */
const ABOUT = ["announcement_made", "announcement_withdrawn", "clarification_asked", "clarification_answered"];

/** Messages of a team, read as this member reads them. */
export class Messages {
  /** @type {Announcement[] | null} the newest first; null until they are read */
  #announced = null;
  /** @type {Clarification[]} */
  #asked = [];
  #problem = el("div");
  #once = new Once();
  unread = 0;

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} code
   * @param {{changed: () => void, say: (sentence: string) => void, isOpen: () => boolean}} around
   */
  constructor(api, code, around) {
    [this.api, this.path, this.around] = [api, `/contests/${code}`, around];
    this.look = new Look(() => this.#read(), (error) => (error ? showProblem(this.#problem, error) : clearProblem(this.#problem)));
  }

  /** The urgent one that nobody has read here, if there is one. */
  get urgent() {
    return this.#announced?.slice(0, this.unread).find((one) => one.priority === "urgent" && isValid(one)) ?? null;
  }

  async #read() {
    const [announced, unread, asked] = await Promise.all([this.api.all(`${this.path}/announcements`), this.api.get(`${this.path}/announcements/unread`),
      this.api.all(`${this.path}/clarifications`)]);
    [this.#announced, this.unread, this.#asked] = [announced, unread.unread, asked];
    if (this.around.isOpen()) void this.open();
    this.around.changed();
  }

  /** @param {any} frame */
  heard(frame) {
    const made = frame.type === "announcement" ? frame : frame.event === "announcement_made" ? frame.payload : null;
    if (made) this.around.say(`${t("messages.new")} ${made.title}`);
    if (frame.event === "clarification_answered") this.around.say(t("messages.answered"));
    if (ABOUT.includes(frame.event)) this.look.within(OWN);
    else if (made || frame.type === "announcement_withdrawn" || (frame.type === "welcome" && !frame.resumed)) this.look.within(HALL);
  }

  /** Somebody looks: what is there has been read. */
  async open() {
    const latest = this.#announced?.[0]?.number;
    if (!latest || !this.unread) return;
    this.unread = 0;
    await this.api.post(`${this.path}/announcements/read`, { up_to: latest }).catch((error) => showProblem(this.#problem, error));
    this.around.changed();
  }

  view() {
    if (this.#announced === null) return loading();
    return html`<div class="stack"><h1>${t("play.tab.messages")}</h1>${this.#problem}
      ${this.#announced.length ? this.#announced.map((one) => this.#one(one)) : html`<p class="quiet">${t("announce.none")}</p>`}
      <section class="card stack" aria-labelledby="ask"><h2 id="ask">${t("messages.ask")}</h2>
        <form class="stack tight" @submit=${(/** @type {SubmitEvent} */ event) => void this.#ask(event)}><div class="field"><label for="asking">${t("messages.question")}</label>
          <textarea id="asking" name="text" rows="3" maxlength="2000" required></textarea></div><button class="primary">${t("messages.send")}</button></form>
        ${this.#asked.map((one) => html`<article class="stack tight asked-one"><p dir="auto">${one.text}</p>
          ${one.answers.length ? one.answers.map((answer) => html`<p class="answer" dir="auto">${answer.text}</p>`) : html`<p class="quiet small">${t("messages.open")}</p>`}</article>`)}
      </section></div>`;
  }

  /** @param {Announcement} one */
  #one(one) {
    return html`<article class="card stack tight announced" data-priority=${one.priority}><div class="row spread"><h2 dir="auto">${one.title}</h2><span class="quiet small">${timeOfDay(one.made_at)}</span></div>
      ${isValid(one) ? nothing : html`<p class="notice">${t("announce.over")}</p>`}${one.body ? bodyOf(one) : nothing}
      ${one.must_acknowledge && isValid(one) ? this.#acknowledgement(one) : nothing}</article>`;
  }

  /** @param {Announcement} one */
  #acknowledgement(one) {
    if (one.acknowledged_at) return html`<p class="good">✓ ${t("messages.acknowledged")}</p>`;
    return html`<button class="primary" @click=${() => void this.#do(() => this.api.post(`${this.path}/announcements/${one.number}/acknowledge`))}>${t("messages.acknowledge")}</button>`;
  }

  /** @param {SubmitEvent} event */
  async #ask(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const body = { text: String(new FormData(form).get("text")).trim() };
    if (await this.#do(() => this.#once.post(this.api, `${this.path}/clarifications`, body))) form.reset();
  }

  /** @param {() => Promise<unknown>} act */
  async #do(act) {
    clearProblem(this.#problem);
    try {
      await act();
    } catch (error) {
      showProblem(this.#problem, error);
      return false;
    }
    await this.look.now();
    return true;
  }
}

/** @param {Announcement} one */
const isValid = (one) => one.withdrawn_at === null && one.corrected_by === null;

/** @type {Map<string, HTMLElement>} */
const bodies = new Map();

/** Made once for each text: a page is painted often. @param {Announcement} one */
function bodyOf({ number, body }) {
  const key = `${number} ${body}`;
  const known = bodies.get(key) ?? markdown(body);
  bodies.set(key, known);
  return known;
}
