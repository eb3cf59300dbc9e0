/**
 * The board for a hall: follows a contest by itself for hours, and says so when it cannot.
 */

import { Api } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { codeOfPage, stateName } from "../../parts/contests.js";
import { HallBoard } from "../../parts/hall-board.js";
import { html, nothing, render, repeat } from "../../parts/html.js";
import { onceAFrame } from "../../parts/once-a-frame.js";
import { qr } from "../../parts/qr.js";
import { byId, el } from "../../parts/dom.js";
import { t } from "../../texts/texts.js";
import { Pager } from "./pager.js";
import { Ticker } from "./ticker.js";
import { stayAwake } from "./wake.js";

/** Data that is older is said to be old, in ms. */
const OLD = 3000;

const code = codeOfPage();
const scan = qr(`${location.origin}/join/${code}`, t("lobby.qr", { code }));
const board = new HallBoard();
const ticker = new Ticker();
const place = el("div", { class: "sheet" }, board.element);
const pager = new Pager(place, repaint);
let isLive = false;
let refused = "";
/** @type {import("../../net/ranking.js").Ranked[]} */
let rows = [];
/** @type {Live} */
let live;

/** @param {import("../../net/socket.js").Status} status */
function told(status) {
  isLive = status.kind === "live";
  if (status.kind === "refused") refused = status.code === "not-found" ? t("home.unknown-code", { code }) : status.detail;
}

const took = onceAFrame((isMove) => {
  rows = live.ranking.ranked();
  ticker.begin(rows);
  pager.of(rows.length);
  repaint(isMove);
});

function repaint(isMove = false) {
  board.show(rows.slice(...pager.range), isMove);
  paint();
  pager.measure();
}

function paint() {
  if (!live) return;
  document.title = `${live.name || code} – Podium`;
  render(html`
    <header class="top"><img src="/web/mark.svg" alt="" width="64" height="64"><h1 dir="auto">${live.name || code}</h1>${face()}</header>
    ${banner()}
    <main>${rows.length && !refused ? place : html`<p class="nobody">${refused || t(live.clock.state ? "lobby.nobody" : "loading")}</p>`}</main>
    <aside>${ways()}${pager.count > 1 ? html`<p class="pages">${t("projector.page", { page: pager.page + 1, pages: pager.count })}</p>` : nothing}</aside>
    <footer>${ticker.news.length ? html`<ul class="ticker" aria-label=${t("projector.news")}>${repeat(ticker.news, (one) => one.id, (one) => html`
      <li><span dir="auto">${one.team}</span> <b data-way=${one.way}>${one.what}</b></li>`)}</ul>` : nothing}</footer>`, byId("app"));
}

function face() {
  const { time, label } = live.clock.face();
  const isOver = !live.clock.goesOn && live.clock.state !== "published";
  if (!time || isOver) return live.clock.state ? html`<p class="face"><b>${stateName(live.clock.state)}</b></p>` : nothing;
  return html`<p class="face" role="timer"><b class="clock">${time}</b> <span>${live.clock.state === "paused" ? t("state.paused") : label}</span></p>`;
}

/** What the hall must know of the data: that they stand still, or that they are old. */
function banner() {
  const age = Date.now() - live.heardAt;
  if (!isLive && live.heardAt && age > OLD) return html`<p class="banner old" role="status">${t("projector.old", { seconds: Math.floor(age / 1000) })}</p>`;
  if (live.board === "frozen") return html`<p class="banner frozen" role="status">❄ ${t("projector.frozen")}</p>`;
  return nothing;
}

/** How to come in, as long as somebody can. */
function ways() {
  const isOpen = live.contest?.registration_open && ["published", "running", "paused"].includes(live.clock.state);
  return isOpen ? html`<div class="way">${scan}<p class="code">${code}</p><p>${location.host}</p></div>` : nothing;
}

byId("app").replaceChildren();
live = new Live(code, new Api(), { board: (_, isChange) => took(isChange), contest: paint, status: told, happened: (frame) => ticker.heard(frame) });
paint();
setInterval(paint, 250);
stayAwake();
document.addEventListener("keydown", (event) => event.key === "f" && void document.documentElement.requestFullscreen?.().catch(() => {}));
