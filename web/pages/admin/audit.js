/**
 * What staff did, the newest first: by whom, to what, what it changed, and why.
 */

import { html, nothing } from "../../parts/html.js";
import { showProblem } from "../../parts/problem.js";
import { dayOf, number, t, timeOfDay } from "../../texts/texts.js";
import { download } from "./download.js";
import { line, tick } from "./inputs.js";
import { Pages } from "./reading.js";
import { table } from "./table.js";

/** @typedef {{id: number, at: string, actor: string, action: string, kind: string, before: any, after: any, reason: string | null, request_id: string}} Line */

/** The log, narrowed. */
export class Audit {
  #wish = { actor: "", action: "", since: "", here: true };
  #shown = 0;
  #saved = "";

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
    /** @type {Pages<Line>} */
    this.list = new Pages(place.api, () => `/audit?${this.#query()}`, place.paint);
  }

  open() {
    void this.list.refresh();
  }

  #query() {
    const { actor, action, since, here } = this.#wish;
    const query = new URLSearchParams();
    if (here) query.set("contest", this.place.contest.id);
    if (actor.trim()) query.set("actor", actor.trim());
    if (action.trim()) query.set("action", action.trim());
    if (since) query.set("since", new Date(since).toISOString());
    return query;
  }

  async #save() {
    const query = this.#query();
    query.set("format", "ndjson");
    try {
      download(await this.place.api.download(`/audit?${query}`, (bytes) => this.#tell(bytes)), "audit.ndjson");
    } catch (error) {
      showProblem(this.list.problem, error);
    }
    this.#saved = "";
    this.place.paint();
  }

  /** @param {number} bytes */
  #tell(bytes) {
    this.#saved = t("exports.so-far", { kib: number(bytes / 1024) });
    this.place.paint();
  }

  view() {
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.audit")}</h2><span class="row">${this.#saved}<button ?disabled=${Boolean(this.#saved)} @click=${() => void this.#save()}>NDJSON</button></span></div>
      ${this.#narrow()}${this.list.view((items) => table([t("audit.at"), t("audit.who"), t("points.what"), t("reason")], items.map((one) => this.#line(one)), "lines"), t("audit.none"))}</section>`;
  }

  #narrow() {
    const set = (/** @type {"actor" | "action" | "since"} */ name) => (/** @type {string} */ value) => void (this.#wish[name] = value);
    const sent = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      this.#shown = 0;
      void this.list.again();
    };
    return html`<form class="row end" @submit=${sent}>${line({ id: "audit-actor", label: t("audit.who"), value: this.#wish.actor, maxlength: 200 }, set("actor"))}
      ${line({ id: "audit-action", label: t("points.what"), value: this.#wish.action, maxlength: 100 }, set("action"))}${line({ id: "audit-since", label: t("audit.since"), type: "datetime-local", value: this.#wish.since }, set("since"))}
      ${tick({ id: "audit-here", label: t("audit.here"), value: this.#wish.here }, (value) => void (this.#wish.here = value))}<button>${t("list.filter")}</button></form>`;
  }

  /** @param {Line} one */
  #line(one) {
    const isShown = one.id === this.#shown;
    const show = () => {
      this.#shown = isShown ? 0 : one.id;
      this.place.paint();
    };
    return html`<tr><td class="when">${dayOf(one.at)} ${timeOfDay(one.at)}</td><td dir="auto">${one.actor}</td>
      <th scope="row"><button class="plain text" aria-expanded=${isShown ? "true" : "false"} @click=${show}><code>${one.action}</code></button></th><td dir="auto">${one.reason ?? nothing}</td></tr>
      ${isShown ? html`<tr><td colspan="4">${detail(one)}</td></tr>` : nothing}`;
  }
}

/** What it changed, member by member. @param {Line} one */
function detail({ kind, before, after, request_id }) {
  const said = (/** @type {unknown} */ value) => (value === undefined ? "–" : JSON.stringify(value));
  const members = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter((name) => said(before?.[name]) !== said(after?.[name]));
  return html`<p class="small quiet"><code>${kind}</code> · ${t("problem.request")} <code>${request_id}</code></p>
    ${members.length === 0 ? html`<p class="quiet">${t("audit.same")}</p>` : table([t("audit.member"), t("audit.before"), t("audit.after")], members.map((name) => html`<tr>
      <th scope="row"><code>${name}</code></th><td class="clip">${said(before?.[name])}</td><td class="clip">${said(after?.[name])}</td></tr>`), "small")}`;
}
