/**
 * The codes of all teams on paper, to be cut and handed out: how to come in, and by which code.
 */

import { loading } from "../../parts/frame.js";
import { html } from "../../parts/html.js";
import { qr } from "../../parts/qr.js";
import { t } from "../../texts/texts.js";
import { Reading } from "./reading.js";

/** A sheet that takes the place of the list while it is open. */
export class CodeSheet {
  isOpen = false;

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
    /** @type {Reading<import("./teams.js").Team>} */
    this.teams = new Reading(async () => (await place.api.all(`${place.path}/teams`)).filter((team) => team.state === "active"), place.paint);
  }

  open() {
    this.isOpen = true;
    this.place.paint();
    return this.teams.refresh();
  }

  #close() {
    this.isOpen = false;
    this.place.paint();
  }

  view() {
    const { code, name } = this.place.contest;
    const way = qr(`${location.origin}/join/${code}`, t("lobby.qr", { code }));
    return html`<section class="card stack sheet"><div class="row spread unprinted"><h2>${t("codes.title")}</h2><span class="actions"><button @click=${() => this.#close()}>${t("codes.back")}</button>
      <button class="primary" ?disabled=${!this.teams.items?.length} @click=${() => print()}>${t("codes.print")}</button></span></div>
      <p class="quiet unprinted">${t("codes.lead")}</p>${this.teams.items === null ? html`${this.teams.problem}${loading()}` : this.teams.view((teams) => html`<ul class="slips">${teams.map((team) => html`<li class="slip">
        ${way}<div><p class="small" dir="auto">${name}</p><h3 dir="auto">${team.name}</h3><p>${t("codes.go", { host: location.host })} <strong class="given">${code}</strong></p>
        <p>${t("codes.join")} <strong class="given">${team.join_code ?? ""}</strong></p></div></li>`)}</ul>`, t("board.empty"))}</section>`;
  }
}
