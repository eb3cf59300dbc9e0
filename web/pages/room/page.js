/**
 * A room: what is asked, what is said, who is there and how they stand, on one connection.
 */

import { AccountApi, account, signInPath, whenAccountChanges } from "../../net/account.js";
import { Problem } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { answerByKey } from "../../parts/answering.js";
import { BoardView } from "../../parts/board-view.js";
import { codeOfPage } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { onceAFrame } from "../../parts/once-a-frame.js";
import { peopleNav } from "../../parts/people.js";
import { Pill } from "../../parts/pill.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { Spoken } from "../../parts/spoken.js";
import { verdictText } from "../../parts/verdict.js";
import { number, t } from "../../texts/texts.js";
import { AddProblem } from "./add.js";
import { Chat, badge } from "./chat.js";
import { HISTORY } from "./log.js";
import { outsideView, unknownView } from "./outside.js";
import { peopleView } from "./people.js";
import { Problems } from "./problems.js";
import { Room } from "./room.js";

const TABS = ["problems", "chat", "board", "people"];
/** From here on all panes stand side by side. */
const wide = matchMedia("(min-width: 64rem)");

const code = codeOfPage();
const api = new AccountApi();
const problem = el("div");
const spoken = new Spoken();
const pill = new Pill(el("p", { class: "pill" }));
const room = new Room(api, code, { changed: onceAFrame(changed), failed, judged });
const problems = new Problems(room, paint, () => new AddProblem(room).open());
const chat = new Chat(room, { isSeen: () => wide.matches || tab === "chat", isOwner });
let tab = "problems";
let isUnknown = false;
/** @type {Live | null} */
let live = null;
/** @type {BoardView | null} */
let board = null;
/** @type {import("../../net/ranking.js").Ranked[]} */
let members = [];

function isOwner() {
  return room.facts?.owner === account()?.name;
}

/** @param {unknown} error null once it is over */
function failed(error) {
  if (!error) return clearProblem(problem);
  if (error instanceof Problem && error.status === 401) return location.replace(signInPath());
  return showProblem(problem, error);
}

/** @param {import("../../parts/verdict.js").Verdict} verdict */
function judged(verdict) {
  clearProblem(problem);
  spoken.say(verdictText(verdict));
  problems.judged(verdict);
  paint();
  document.getElementById("next")?.focus();
}

function changed() {
  paint();
  chat.paint();
}

function paint() {
  if (isUnknown) return show({ aside: peopleNav(), main: unknownView(code), look: "narrow stack" });
  if (!room.facts) return show({ aside: peopleNav(), main: html`${problem}${loading()}`, look: "narrow stack" });
  if (!room.isIn || !live || !board) return show({ title: room.facts.title, bar: "", aside: peopleNav(), main: html`${problem}${outsideView(room, join)}`, look: "narrow stack" });
  return show({ title: room.facts.title, aside: html`${face(live)}${pill.place}`, main: inside(board), foot: tabs(), look: "room" });
}

/** How long the room is open. @param {Live} live */
function face(live) {
  const { time, label } = live.clock.face();
  return time ? html`<p class="face" role="timer"><span class="clock">${time}</span> <span class="quiet small">${label}</span></p>` : nothing;
}

/** @param {BoardView} board */
const inside = (board) => html`${strip(board)}${standstill()}${problem}${spoken.element}
  <div class="panes" data-tab=${tab}>
    <section class="pane" data-pane="problems" aria-label=${t("room.tab.problems")}>${problems.view(isOwner())}</section>
    <section class="pane" data-pane="chat" aria-label=${t("room.tab.chat")}>${chat.element}</section>
    <div class="side"><section class="pane card" data-pane="board" aria-label=${t("room.tab.board")}>${board.view()}</section>
      <section class="pane card" data-pane="people" aria-labelledby="people"><h2 id="people">${t("room.here-now", { n: room.here.size })}</h2>${peopleView(room, members, isOwner())}
        <p class="quiet small" id="stats">${t("room.messages", { n: room.stats.messages_sent })} · ${t("room.answers", { n: room.stats.submissions })}</p></section></div>
  </div>`;

/** Why nothing can be answered, if so. */
function standstill() {
  if (room.isPaused) return html`<p class="notice" role="status">${t("play.paused")}</p>`;
  return room.isOpen ? nothing : html`<p class="notice" role="status">${t("room.closed-text")}</p>`;
}

/** Which room it is, and how we stand. @param {BoardView} board */
function strip(board) {
  const own = board.own();
  return html`<header class="strip"><span class="us"><code>${code}</code> <button type="button" class="plain" @click=${share}>${t("room.share")}</button></span>
    ${own ? html`<span class="standing"><b>${t("play.rank", { rank: own.rank })}</b> <span class="quiet">${t("play.of", { n: board.size })}</span></span>
      <span class="standing points"><b>${number(own.points)}</b> <span class="quiet">${t("play.points")}</span></span>` : nothing}</header>`;
}

/** @param {Event} event */
async function share(event) {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  // A page that came over plain HTTP from another machine has no clipboard: then the code is selected.
  if (!navigator.clipboard) return getSelection()?.selectAllChildren(/** @type {Node} */ (button.previousElementSibling));
  await navigator.clipboard.writeText(location.href);
  return spoken.say(t("copied"));
}

const tabs = () => html`<nav class="tabs" aria-label=${t("room.parts")}>${TABS.map((name) => html`
  <button type="button" aria-current=${name === tab ? "page" : nothing} @click=${() => go(name)}>
    <span class="sign-of-tab" data-tab=${name} aria-hidden="true"></span>${t(`room.tab.${name}`)}${name === "chat" ? badge(chat.unread) : nothing}</button>`)}</nav>`;

/** @param {string} name */
function go(name) {
  tab = name;
  paint();
  if (name === "chat") chat.open();
  window.scrollTo(0, 0);
}

async function join() {
  clearProblem(problem);
  try {
    await room.join();
    follow();
  } catch (error) {
    failed(error);
  }
}

/** We are in: from now on the socket tells what happens. */
function follow() {
  board = new BoardView(room.me?.member_id ?? "");
  // Whoever pressed twice has come in twice.
  live?.close();
  const view = { board: ranked, contest: paint, status: told, happened };
  live = new Live(code, api, view, ["team", "chat"], { history: HISTORY });
  changed();
}

/**
 * @param {import("../../net/ranking.js").Ranking} ranking
 * @param {boolean} isChange
 */
function ranked(ranking, isChange) {
  members = ranking.ranked();
  board?.take(ranking, paint, isChange);
}

/** @param {any} frame */
function happened(frame) {
  room.heard(frame);
  chat.heard(frame);
}

/** @param {import("../../net/socket.js").Status} status */
function told(status) {
  pill.show(status);
  if (status.kind === "refused") void look();
}

/** Who we are here: also when the socket has ended, because we left, were shown out, or signed out. */
async function look() {
  live?.close();
  live = null;
  try {
    await room.enter();
  } catch (error) {
    if (error instanceof Problem && error.status === 404) isUnknown = true;
    else failed(error);
  }
  paint();
}

if (!account()) location.replace(signInPath());
else {
  whenAccountChanges(() => location.reload());
  document.addEventListener("keydown", answerByKey);
  paint();
  setInterval(paint, 250);
  await look();
  if (room.isIn) follow();
  await Promise.all([room.goOn(), chat.goOn()]);
}
