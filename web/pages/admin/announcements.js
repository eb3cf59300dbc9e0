/**
 * What staff tells teams.
 */

import { Once } from "../../net/kept.js";
import { asked } from "../../parts/ask.js";
import { html, nothing } from "../../parts/html.js";
import { markdown } from "../../parts/markdown.js";
import { t, timeOfDay } from "../../texts/texts.js";
import { Pages } from "./reading.js";

/** @typedef {{number: number, title: string, body: string, priority: string, division: string | null, made_at: string, by?: string,
 *   withdrawn_at: string | null, corrected_by: number | null, must_acknowledge: boolean}} Announcement */

/** A form, and what was said before. */
export class Announcements {
  #once = new Once();

  /** @param {import("./desk.js").Place} place */
  constructor({ api, contest, path, rights, paint }) {
    [this.api, this.contest, this.path, this.mayAnnounce] = [api, contest, `${path}/announcements`, rights.may("announce")];
    /** @type {Pages<Announcement>} */
    this.list = new Pages(api, () => this.path, paint);
  }

  open() {
    void this.list.refresh();
  }

  /** @param {any} frame */
  heard(frame) {
    if (frame.type.startsWith("announcement") || frame.event === "staff_acted") this.list.soon();
  }

  view() {
    return html`${this.mayAnnounce ? this.#form() : nothing}
      <section class="stack tight">${this.list.view((items) => items.map((one) => this.#one(one)), t("announce.none"))}</section>`;
  }

  #form() {
    return html`<form class="card stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)}><h2>${t("announce.title")}</h2>
        <div class="field"><label for="title">${t("announce.headline")}</label><input id="title" name="title" required maxlength="200" autocomplete="off"></div>
        <div class="field"><label for="body">${t("announce.body")}</label><textarea id="body" name="body" rows="4" maxlength="5000"></textarea></div>
        <div class="row">${this.#divisions()}<label class="row"><input type="checkbox" name="urgent">${t("announce.urgent")}</label>
          <label class="row"><input type="checkbox" name="acknowledge">${t("announce.acknowledge")}</label></div>
        <div class="actions"><button class="primary">${t("announce.send")}</button></div></form>`;
  }

  #divisions() {
    const { divisions } = this.contest;
    if (divisions.length === 0) return nothing;
    return html`<div class="field"><label for="to">${t("announce.to")}</label><select id="to" name="to"><option value="">${t("announce.everybody")}</option>
      ${divisions.map((one) => html`<option>${one}</option>`)}</select></div>`;
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = new FormData(form);
    const body = { title: data.get("title"), body: data.get("body"), priority: data.has("urgent") ? "urgent" : "normal",
      must_acknowledge: data.has("acknowledge"), ...(data.get("to") ? { division: data.get("to") } : {}) };
    if (await this.list.change(() => this.#once.post(this.api, this.path, body))) form.reset();
  }

  /** @param {Announcement} one */
  #one(one) {
    const isOver = one.withdrawn_at !== null || one.corrected_by !== null;
    const withdraw = this.mayAnnounce ? html`<div class="actions"><button class="danger" @click=${() => void this.#withdraw(one)}>${t("announce.withdraw")}</button></div>` : nothing;
    return html`<article class="card stack tight"><div class="row spread"><h3 dir="auto">${one.title}</h3><span class="quiet small">${timeOfDay(one.made_at)} · ${one.division ?? t("announce.everybody")}</span></div>
      ${one.body ? markdown(one.body) : nothing}
      ${isOver ? html`<p class="quiet">${t("announce.over")}</p>` : withdraw}</article>`;
  }

  /** @param {Announcement} one */
  async #withdraw(one) {
    const reason = await asked({ title: t("announce.withdraw-title"), text: one.title, label: t("reason"), yes: t("announce.withdraw") });
    if (reason) await this.list.change(() => this.api.post(`${this.path}/${one.number}/withdraw`, { reason }));
  }
}
