/**
 * The teams of a contest: found by name, looked after one by one, and their codes on paper.
 */

import { html, nothing } from "../../parts/html.js";
import { t } from "../../texts/texts.js";
import { CodeSheet } from "./codes.js";
import { line } from "./inputs.js";
import { Pages } from "./reading.js";
import { figure, figures, table } from "./table.js";
import { TeamPanel } from "./team-panel.js";

/** @typedef {{id: string, name: string, state: string, members: number, division: string | null, hidden: boolean, join_code?: string}} Team */

/** The wait after a letter before it is looked for, in ms. */
const TYPING = 250;

/** A list, and what staff does with one team. */
export class Teams {
  #name = "";
  #typing = 0;
  /** @type {TeamPanel | null} the one that is open */
  #panel = null;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
    /** @type {Pages<Team>} */
    this.list = new Pages(place.api, () => `${place.path}/teams${this.#name.trim() && `?name=${encodeURIComponent(this.#name.trim())}`}`, place.paint);
    this.sheet = new CodeSheet(place);
  }

  open() {
    void this.list.refresh();
  }

  /** @param {any} frame */
  heard(frame) {
    if (frame.type.startsWith("team_") || frame.event === "staff_acted") this.list.soon();
  }

  /** @param {string} name */
  #find(name) {
    this.#name = name;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.list.refresh(), TYPING);
  }

  view() {
    if (this.sheet.isOpen) return this.sheet.view();
    const columns = [t("board.team"), figures(t("teams.members")), t("join.division"), t("questions.state")];
    return html`<section class="card stack"><div class="row spread"><h2>${t("desk.teams")}</h2>
      <span class="actions"><a class="button" href="/lobby/${this.place.contest.code}">${t("teams.lobby")}</a><button @click=${() => void this.sheet.open()}>${t("codes.title")}</button></span></div>
      ${line({ id: "find-team", label: t("teams.find"), type: "search", value: this.#name, maxlength: 40 }, (name) => this.#find(name))}
      ${this.list.view((items) => table(columns, items.map((team) => this.#line(team)), "lines"), this.#name ? t("teams.not-found") : t("board.empty"))}</section>`;
  }

  /** @param {Team} team */
  #line(team) {
    const panel = this.#panel?.id === team.id ? this.#panel : null;
    const toggle = () => {
      this.#panel = panel ? null : new TeamPanel(this.place, team.id, () => void this.list.refresh());
      this.place.paint();
    };
    return html`<tr><th scope="row"><button class="plain text" dir="auto" aria-expanded=${panel ? "true" : "false"} @click=${toggle}>${team.name}</button></th>
      ${figure(t("teams.members"), team.members)}
      <td dir="auto" data-name=${t("join.division")}>${team.division ?? "–"}</td>
      <td>${t(`team.${team.state}`)}${team.hidden ? html` · ${t("teams.hidden")}` : nothing}</td></tr>
      ${panel ? html`<tr><td colspan="4">${panel.view()}</td></tr>` : nothing}`;
  }
}
