/**
 * Where a team plays: questions, boxes, the board and the statement, on one connection.
 */

import { Api, Problem } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { answerByKey } from "../../parts/answering.js";
import { BoardView } from "../../parts/board-view.js";
import { codeOfPage } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { Pill } from "../../parts/pill.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { forget, sessionOf } from "../../parts/session.js";
import { Spoken } from "../../parts/spoken.js";
import { verdictText, verdictView } from "../../parts/verdict.js";
import { number, t } from "../../texts/texts.js";
import { boxesView } from "./boxes.js";
import { DrawView } from "./draw.js";
import { Game } from "./game.js";
import { Messages } from "./messages.js";
import { QuestionView } from "./question.js";
import { statementView } from "./statement.js";
import { waitingView } from "./waiting.js";

const code = codeOfPage();
const session = sessionOf(code);
if (!session) location.replace(`/join/${encodeURIComponent(code)}`);
const api = new Api(session?.token);

const problem = el("div");
const spoken = new Spoken();
const pill = new Pill(el("p", { class: "pill" }));
const TABS = ["question", "boxes", "board", "points", "messages"];
let tab = "question";
/** @type {Live} */
let live;
const game = new Game(api, code, { changed: paint, failed, judged });
const board = new BoardView(session?.team_id ?? "");
const question = new QuestionView(game, { paint, clock: () => live.clock, penalty: () => live.contest?.wrong_penalty ?? 0 });
const draw = new DrawView(game, api, paint);
const messages = new Messages(api, code, { changed: paint, say: (sentence) => spoken.say(sentence), isOpen: () => tab === "messages" });

/** @param {unknown} error null once it is over */
function failed(error) {
  if (error === null) return clearProblem(problem);
  if (error instanceof Problem && error.status === 401) {
    forget(code);
    return location.replace(`/join/${encodeURIComponent(code)}`);
  }
  showProblem(problem, error);
}

/** @param {import("./game.js").Verdict} verdict */
function judged(verdict) {
  clearProblem(problem);
  spoken.say(verdictText(verdict));
  question.judged(verdict);
  paint();
  if (!verdict.isElsewhere) document.getElementById("next")?.focus();
}

function paint() {
  if (!live) return;
  show({ title: live.name || code, aside: html`${face()}${pill.place}`, main: html`${strip()}${frozen()}${urgent()}${problem}${spoken.element}
    <div class="panes"><section class="pane" aria-label=${t(`play.tab.${tab}`)}>${view()}</section>${beside()}</div>`, foot: tabs(), look: "play" });
}

/** The clock of the contest. */
function face() {
  const { time, label } = live.clock.face();
  return time ? html`<p class="face" role="timer"><span class="clock">${time}</span> <span class="quiet small">${label}</span></p>` : nothing;
}

/** Who we are and how we stand. */
function strip() {
  const own = board.own();
  return html`<header class="strip">
    <strong class="us" dir="auto">${game.team?.name ?? session?.team ?? ""}</strong>
    ${own ? html`<span class="standing"><b>${t("play.rank", { rank: own.rank })}</b> <span class="quiet">${t("play.of", { n: board.size })}</span></span>` : nothing}
    ${game.team ? html`<span class="standing points"><b>${number(game.team.points)}</b> <span class="quiet">${t("play.points")}</span></span>` : nothing}
  </header>`;
}

const frozen = () => (live.board === "frozen" ? html`<p class="notice">❄ ${t("play.frozen")}</p>` : nothing);

/** What staff says urgently stands above everything until it is read. */
function urgent() {
  const one = tab === "messages" ? null : messages.urgent;
  return one ? html`<p class="notice row spread"><strong dir="auto">${one.title}</strong><button type="button" @click=${() => go("messages")}>${t("messages.read")}</button></p>` : nothing;
}

function view() {
  if (tab === "messages") return messages.view();
  if (game.team?.state === "disqualified") return html`<p class="notice">${t("play.disqualified", { reason: game.team.disqualified_for ?? "" })}</p>`;
  switch (tab) {
    case "boxes":
      return boxesView(game, live.clock.state === "running");
    case "board":
      return board.view();
    case "points":
      return statementView(game.entries);
    default:
      return play();
  }
}

function play() {
  if (game.open === null || live.clock.state === "") return loading();
  if (game.verdict) return verdictView(game.verdict, onward);
  if (live.clock.state === "paused") return html`<div class="empty"><h2>${t("play.paused")}</h2><p>${t("play.paused-text")}</p></div>${game.current ? question.view() : nothing}`;
  if (live.clock.state !== "running") return waitingView(live, code, board.own());
  return game.current ? question.view() : draw.view();
}

function onward() {
  game.verdict = null;
  paint();
  document.querySelector("main")?.querySelector("button")?.focus();
}

/** On a wide screen the board stands beside whatever is open. */
const beside = () => (matchMedia("(min-width: 64rem)").matches && tab !== "board" ? html`<aside class="pane beside">${board.view(10)}</aside>` : nothing);

const tabs = () => html`<nav class="tabs" aria-label=${t("play.parts")}>${TABS.map((name) => html`
  <button type="button" aria-current=${name === tab ? "page" : nothing} @click=${() => go(name)}>
    <span class="sign-of-tab" data-tab=${name} aria-hidden="true"></span>${t(`play.tab.${name}`)}${name === "messages" && messages.unread ? html`<span class="badge">${number(messages.unread)}<span class="unseen"> ${t("messages.unread")}</span></span>` : nothing}</button>`)}</nav>`;

/** @param {string} name */
function go(name) {
  tab = name;
  game.show(name);
  if (name === "messages") void messages.open();
  paint();
  window.scrollTo(0, 0);
}

/** @param {any} frame */
function happened(frame) {
  game.heard(frame);
  messages.heard(frame);
  paint();
}

if (session) {
  document.addEventListener("keydown", answerByKey);
  window.addEventListener("resize", paint);
  live = new Live(code, api, { board: (ranking, isChange) => board.take(ranking, paint, isChange), contest: paint, status: (status) => pill.show(status), happened }, ["announcements", "team"]);
  paint();
  setInterval(paint, 250);
  await Promise.all([game.look.now(), messages.look.now()]);
  await game.goOn();
}
