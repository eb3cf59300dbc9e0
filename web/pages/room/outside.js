/**
 * A room before one is in it, and after.
 */

import { html, nothing } from "../../parts/html.js";
import { t } from "../../texts/texts.js";

/**
 * @param {import("./room.js").Room} room
 * @param {() => void} join
 */
export function outsideView(room, join) {
  const { facts, me } = room;
  if (!facts) return nothing;
  const isOut = me?.state === "removed";
  return html`<section class="card stack outside"><p><span class="state" data-state=${facts.state}>${room.isOpen ? t("room.is-open") : t("room.is-closed")}</span></p>
    <h1 dir="auto">${facts.title}</h1><p class="quiet"><span dir="auto">${t("room.owned", { name: facts.owner })}</span> · ${t("rooms.seats", { taken: facts.members, of: facts.max_members })}</p>
    ${isOut ? html`<p class="notice" role="alert">${t("room.removed")}</p>` : nothing}
    ${me?.state === "left" ? html`<p role="status">${t("room.you-left")}</p>` : nothing}
    ${room.isOpen ? nothing : html`<p class="notice" role="status">${t("room.closed-text")}</p>`}
    ${room.isOpen && !isOut ? html`<button class="primary big wide" id="join" @click=${join}>${t(me ? "room.join-again" : "room.join")}</button>` : nothing}
    <p><a href="/rooms">${t("room.others")}</a></p></section>`;
}

/** @param {string} code */
export const unknownView = (code) => html`<section class="failure stack"><h1>${t("rooms.unknown", { code })}</h1><p class="lead">${t("join.unknown")}</p>
  <p><a class="button primary" href="/rooms">${t("room.others")}</a></p></section>`;
