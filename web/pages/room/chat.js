/**
 * The chat of a room: what was said, what happened, and a line to say something.
 */

import { Kept } from "../../net/kept.js";
import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";
import { html, live as keep, nothing, render, repeat } from "../../parts/html.js";
import { onceAFrame } from "../../parts/once-a-frame.js";
import { asProblem, clearProblem, showProblem } from "../../parts/problem.js";
import { minuteOfDay, number, t } from "../../texts/texts.js";
import { HISTORY, Log } from "./log.js";

/** Nearer to the end than this is at the end, in px. */
const NEAR = 60;

/** A pane of its own, which scrolls: painted when something is new, not with the page. */
export class Chat {
  element = el("div", { class: "chat" });
  log = new Log();
  /** What nobody has seen here yet. */
  unread = 0;
  #problem = el("div");
  /** What was sent and is not among the lines yet. @type {{text: string, id: string} | null} */
  #sending = null;
  #typed = "";
  /** Whether somebody reads the end, and wants to go on doing so. */
  #isAtEnd = true;
  #soon = onceAFrame(() => this.paint());

  /**
   * @param {import("./room.js").Room} room
   * @param {{isSeen: () => boolean, isOwner: () => boolean}} around
   */
  constructor(room, around) {
    [this.room, this.around] = [room, around];
    this.kept = new Kept(`chat.${room.code}`);
  }

  /** @param {any} frame */
  heard(frame) {
    if (!this.log.heard(frame)) return;
    if (frame.type === "chat" && !this.around.isSeen()) this.unread += 1;
    this.#soon();
  }

  /** Somebody looks. */
  open() {
    this.unread = 0;
    this.#isAtEnd = true;
    this.paint();
  }

  paint() {
    render(this.#view(), this.element);
    if (this.#isAtEnd) this.#toEnd();
  }

  get #scrolls() {
    return this.element.querySelector(".lines");
  }

  #toEnd() {
    const lines = this.#scrolls;
    if (lines) lines.scrollTop = lines.scrollHeight;
  }

  #scrolled() {
    const lines = this.#scrolls;
    if (lines) this.#isAtEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < NEAR;
  }

  #view() {
    const { lines } = this.log;
    // Once it was seen among the lines it is no more on its way, however old it gets there.
    if (this.#sending && this.log.has(this.#sending.id)) this.#sending = null;
    const sending = this.#sending?.text ?? "";
    return html`<div class="lines" role="log" tabindex="0" aria-label=${t("room.tab.chat")} @scroll=${() => this.#scrolled()}>
        ${this.log.older ? html`<p class="older"><button type="button" @click=${() => void this.#older()}>${t("room.older")}</button></p>` : nothing}
        ${lines.length === 0 && !sending ? html`<p class="empty">${t("room.silent")}</p>` : nothing}
        <ol>${repeat(lines, (line) => line.seq, (line) => ("told" in line ? this.#told(line) : this.#said(line)))}</ol>
        ${sending ? html`<p class="said own sending"><span class="text" dir="auto">${sending}</span><span class="quiet small">${t("question.sending")}</span></p>` : nothing}
      </div>${this.#problem}${this.#composer()}`;
  }

  /** @param {import("./log.js").Told} line */
  #told = ({ at, told }) => html`<li class="told"><span dir="auto">${told}</span> <time datetime=${at}>${minuteOfDay(at)}</time></li>`;

  /** @param {import("./log.js").Message} line */
  #said(line) {
    const isOwn = line.team_id === this.room.me?.member_id;
    const may = this.room.isOpen && line.message !== null && (isOwn || this.around.isOwner());
    return html`<li class="said ${isOwn ? "own" : ""}"><p class="who"><b dir="auto">${line.author}</b> <time datetime=${line.at}>${minuteOfDay(line.at)}</time></p>
      ${line.message === null ? html`<p class="gone">${t("room.deleted")}</p>` : html`<p class="text" dir="auto">${line.message}</p>`}
      ${may ? html`<button type="button" class="plain delete" title=${t("room.delete")} @click=${() => void this.#delete(line)}><span aria-hidden="true">✕</span>
        <span class="unseen">${t("room.delete-of", { name: line.author })}</span></button>` : nothing}</li>`;
  }

  #composer() {
    if (!this.room.isOpen) return nothing;
    if (this.room.isMuted) return html`<p class="notice" role="status">${t("room.you-muted")}</p>`;
    return html`<form class="composer" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)}>
      <label class="unseen" for="saying">${t("room.say")}</label>
      <input id="saying" maxlength="1000" autocomplete="off" enterkeyhint="send" placeholder=${t("room.say")} .value=${keep(this.#typed)}
        @input=${(/** @type {any} */ event) => { this.#typed = event.target.value; }}>
      <button class="primary" ?disabled=${this.#sending !== null && !this.#sending.id}>${t("room.send")}</button></form>`;
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const text = this.#typed.trim();
    if (!text || (this.#sending && !this.#sending.id)) return;
    this.#typed = "";
    await this.#say(text);
  }

  /** @param {string} text */
  async #say(text) {
    this.#sending = { text, id: "" };
    this.#isAtEnd = true;
    clearProblem(this.#problem);
    this.paint();
    try {
      const { message_id } = await this.kept.post(this.room.api, `${this.room.path}/messages`, { message: text });
      this.#sending = { text, id: message_id };
    } catch (error) {
      // What was not said can be said otherwise.
      [this.#sending, this.#typed] = [null, text];
      this.#refused(error);
    }
    this.paint();
  }

  /** @param {unknown} error */
  #refused(error) {
    const problem = asProblem(error);
    if (problem.type.endsWith("/muted") && this.room.me) this.room.muted.add(this.room.me.member_id);
    showProblem(this.#problem, problem);
  }

  /** Goes on with what was sent before the page was loaded again. */
  async goOn() {
    const open = /** @type {any} */ (this.kept.open);
    if (open) await this.#say(open.body.message);
  }

  async #older() {
    try {
      const lines = this.#scrolls;
      const below = lines ? lines.scrollHeight - lines.scrollTop : 0;
      this.log.prepend(await this.room.api.get(`${this.room.path}/messages?limit=${HISTORY}&cursor=${this.log.older}`));
      this.#isAtEnd = false;
      this.paint();
      // Whoever reads stays where they read.
      if (lines) lines.scrollTop = lines.scrollHeight - below;
    } catch (error) {
      showProblem(this.#problem, error);
    }
  }

  /** @param {import("./log.js").Message} line */
  async #delete(line) {
    if (await confirmed({ title: t("room.delete-title"), text: t("room.delete-text"), yes: t("room.delete") })) await this.room.act("DELETE", `/messages/${line.message_id}`);
  }
}

/** How many nobody has seen, beside the name of the pane. @param {number} count */
export const badge = (count) => (count ? html`<span class="badge">${number(count)}<span class="unseen"> ${t("messages.unread")}</span></span>` : nothing);
