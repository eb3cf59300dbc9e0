/**
 * Who is in a room, and what its owner can do about it.
 */

import { confirmed } from "../../parts/confirm.js";
import { html, nothing, repeat } from "../../parts/html.js";
import { t } from "../../texts/texts.js";

/** @typedef {{team_id: string, team: string}} Member a row of the board */

/**
 * @param {import("./room.js").Room} room
 * @param {Member[]} members
 * @param {boolean} isOwner
 */
export function peopleView(room, members, isOwner) {
  const name = new Intl.Collator();
  const sorted = [...members].sort((a, b) => Number(room.here.has(b.team_id)) - Number(room.here.has(a.team_id)) || name.compare(a.team, b.team));
  return html`<ul class="people">${repeat(sorted, (one) => one.team_id, (one) => memberView(room, one, isOwner))}</ul>${room.isOpen ? ways(room, members, isOwner) : nothing}`;
}

/**
 * @param {import("./room.js").Room} room
 * @param {Member} one
 * @param {boolean} isOwner
 */
function memberView(room, one, isOwner) {
  const [isHere, isMuted, isMe] = [room.here.has(one.team_id), room.muted.has(one.team_id), one.team_id === room.me?.member_id];
  return html`<li data-here=${isHere}><p><span class="dot" aria-hidden="true"></span><strong dir="auto">${one.team}</strong><span class="unseen">${isHere ? t("room.here") : t("room.away")}</span>
    ${isMe ? html`<span class="tag">${t("room.you")}</span>` : nothing}${one.team === room.facts?.owner ? html`<span class="tag">${t("room.owner")}</span>` : nothing}
    ${isMuted ? html`<span class="tag">${t("room.muted")}</span>` : nothing}</p>
    ${isOwner && !isMe && room.isOpen ? tools(room, one, isMuted) : nothing}</li>`;
}

/**
 * @param {import("./room.js").Room} room
 * @param {Member} one
 * @param {boolean} isMuted
 */
const tools = (room, one, isMuted) => html`<div class="row tools">
  <button type="button" aria-label="${t(isMuted ? "room.unmute" : "room.mute")}: ${one.team}" @click=${() => void room.act(isMuted ? "DELETE" : "PUT", `/mutes/${one.team_id}`)}>${t(isMuted ? "room.unmute" : "room.mute")}</button>
  <button type="button" class="danger" aria-label="${t("room.remove")}: ${one.team}" @click=${() => void remove(room, one)}>${t("room.remove")}</button></div>`;

/**
 * The ways out.
 * @param {import("./room.js").Room} room
 * @param {Member[]} members
 * @param {boolean} isOwner
 */
const ways = (room, members, isOwner) => html`<div class="actions"><button type="button" id="leave" @click=${() => void leave(room, members.length, isOwner)}>${t("room.leave")}</button>
  ${isOwner ? html`<button type="button" class="danger" id="close" @click=${() => void close(room)}>${t("room.close")}</button>` : nothing}</div>`;

/**
 * @param {import("./room.js").Room} room
 * @param {Member} one
 */
async function remove(room, { team, team_id }) {
  if (await confirmed({ title: t("room.remove-title", { name: team }), text: t("room.remove-text"), yes: t("room.remove") })) await room.act("DELETE", `/members/${team_id}`);
}

/**
 * @param {import("./room.js").Room} room
 * @param {number} members
 * @param {boolean} isOwner
 */
async function leave(room, members, isOwner) {
  const text = members === 1 ? t("room.leave-last") : t(isOwner ? "room.leave-owner" : "room.leave-text");
  const isMeant = await confirmed({ title: t("room.leave-title"), text, yes: t("room.leave") });
  if (isMeant && (await room.act("POST", "/leave"))) location.assign("/rooms");
}

/** @param {import("./room.js").Room} room */
async function close(room) {
  if (await confirmed({ title: t("room.close-title"), text: t("room.close-text"), yes: t("room.close") })) await room.act("DELETE");
}
