/**
 * Rooms that are open: one's own, everybody's, one by its code, or a new one.
 */

import { AccountApi, account, signInPath, whenAccountChanges } from "../../net/account.js";
import { Problem } from "../../net/api.js";
import { Look } from "../../net/look.js";
import { asCode } from "../../parts/contests.js";
import { byId, el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing, repeat } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { NewRoom } from "./create.js";

/** @typedef {{room_id: string, title: string, owner: string, members: number, max_members: number, private: boolean}} Room */

/** How often the lists are read again while somebody looks, in ms. */
const OFTEN = 5000;
const PAGE = 20;

const api = new AccountApi();
const problem = el("div");
const newRoom = new NewRoom(api, (made) => location.assign(path(made.room_id)));
/** @type {Room[] | null} null until they are read */
let open = null;
/** @type {Room[]} */
let mine = [];
let wanted = PAGE;
let isMore = false;
let wrong = "";

/** @param {string} code */
const path = (code) => `/rooms/${encodeURIComponent(code)}`;

function paint() {
  show({ title: t("people.rooms"), bar: "", aside: peopleNav(), look: "narrow stack rooms", main: html`
    <header class="stack tight"><h1>${t("rooms.title")}</h1><p class="lead">${t("rooms.lead")}</p></header>
    <div class="ways-in">${byCode()}${create()}</div>
    ${mine.length ? html`<section class="stack tight" aria-labelledby="mine"><h2 id="mine">${t("rooms.yours")}</h2>${list(mine)}</section>` : nothing}
    <section class="stack tight" aria-labelledby="open"><h2 id="open">${t("rooms.open")}</h2>${problem}${everybodys()}</section>` });
}

const byCode = () => html`<form class="card stack" @submit=${enter} novalidate><div class="field"><label for="code">${t("rooms.code")}</label>
  <input id="code" class="code-input" maxlength="200" autocomplete="off" autocapitalize="characters" spellcheck="false" enterkeyhint="go" placeholder="······"
    aria-describedby=${wrong ? "code-wrong" : nothing} aria-invalid=${wrong ? "true" : nothing}>
  ${wrong ? html`<p class="wrong" id="code-wrong" role="alert">${wrong}</p>` : nothing}</div><button class="primary wide">${t("rooms.enter")}</button></form>`;

const create = () => html`<section class="card stack" aria-labelledby="create-own"><h2 id="create-own">${t("rooms.own")}</h2><p class="quiet">${t("rooms.own-text")}</p>
  ${account() ? html`<button class="primary wide" id="new-room" @click=${() => newRoom.open()}>${t("rooms.create")}</button>`
    : html`<a class="button primary wide" href=${signInPath()}>${t("people.sign-in-or-register")}</a>`}</section>`;

function everybodys() {
  if (open === null) return loading();
  if (open.length === 0) return html`<p class="empty card">${t("rooms.none")}</p>`;
  return html`${list(open)}${isMore ? html`<button type="button" @click=${more}>${t("rooms.more")}</button>` : nothing}`;
}

/** @param {Room[]} rooms */
const list = (rooms) => html`<ul class="list card">${repeat(rooms, (room) => room.room_id, (room) => html`<li><a class="room-entry" href=${path(room.room_id)}>
  <strong dir="auto">${room.title}</strong><code class="quiet">${room.room_id}</code>
  <span class="seats number">${t("rooms.seats", { taken: room.members, of: room.max_members })}</span>
  <span class="by quiet small"><span dir="auto">${room.owner}</span>${room.private ? ` · ${t("rooms.private")}` : ""}</span></a></li>`)}</ul>`;

/** @param {SubmitEvent} event */
async function enter(event) {
  event.preventDefault();
  const code = asCode(byId("code").value);
  wrong = code ? "" : t("rooms.no-code");
  if (code && !account()) return location.assign(`/sign-in?next=${encodeURIComponent(path(code))}`);
  if (code) {
    try {
      await api.get(path(code));
      return location.assign(path(code));
    } catch (error) {
      if (error instanceof Problem && error.status === 404) wrong = t("rooms.unknown", { code });
      else failed(error);
    }
  }
  paint();
  return byId("code").focus();
}

function more() {
  wanted += PAGE;
  void look.now();
}

/** As many as are shown, and whether there are more. */
async function readOpen() {
  /** @type {Room[]} */
  const rooms = [];
  let next = "";
  do {
    const page = await api.get(`/rooms?limit=${Math.min(200, wanted - rooms.length)}${next && `&cursor=${encodeURIComponent(next)}`}`);
    rooms.push(...page.data);
    next = page.next_cursor ?? "";
  } while (next && rooms.length < wanted);
  [open, isMore] = [rooms, next !== ""];
}

async function read() {
  await readOpen();
  mine = account() ? await api.all("/my_rooms") : [];
  paint();
}

/** @param {unknown} error null once it is over */
function failed(error) {
  // Nobody needs to be signed in here: whoever is not any more reads on.
  if (error instanceof Problem && error.status === 401) mine = [];
  else if (error) showProblem(problem, error);
  else clearProblem(problem);
}

const look = new Look(read, (error) => {
  open ??= [];
  failed(error);
  paint();
});
const lookIfSeen = () => document.visibilityState === "visible" && void look.now();
whenAccountChanges(() => location.reload());
document.addEventListener("visibilitychange", lookIfSeen);
setInterval(lookIfSeen, OFTEN);
paint();
await look.now();
