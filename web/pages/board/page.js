/**
 * The live board of one contest.
 */

import { Api } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { BoardTable } from "../../parts/board-table.js";
import { codeOfPage, stateName } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { Pill } from "../../parts/pill.js";
import { sessionOf } from "../../parts/session.js";
import { t } from "../../texts/texts.js";

const code = codeOfPage();
const session = sessionOf(code);
const pill = new Pill(el("p", { class: "pill" }));
const [rows, note] = [el("tbody", { id: "rows" }), el("p", { class: "empty" }, t("board.waiting"))];
const table = new BoardTable(rows, note, undefined, session?.team_id);
/** @type {Live} */
let live;
/** @type {{code: string, detail: string} | null} */
let refused = null;
/** Whose board is seen; everybody's when empty. */
let division = "";
let painting = false;
/** Whether the next painting shows moves: not after the board came whole. */
let moves = true;

function paint() {
  if (live) show({ title: live.name || code, aside: pill.place, main: refused ? gone(refused) : view(), look: "stack board" });
}

const view = () => html`${facts()}
  ${live.board === "frozen" ? html`<p class="notice" role="status">❄ ${t("board.frozen")}</p>` : nothing}
  <div class="card sheet"><table class="ranking" aria-label=${t("board.title")}>
    <thead><tr><th scope="col" class="number">${t("board.rank")}</th><th scope="col">${t("board.team")}</th><th scope="col" class="number">${t("board.points")}</th>
      <th scope="col" class="number"><abbr title=${t("board.gain-means")}>${t("board.gain")}</abbr></th></tr></thead>${rows}</table>${note}</div>`;

function facts() {
  const { time, label } = live.clock.face();
  const { state } = live.clock;
  return html`<div class="row spread">
    ${state ? html`<span class="state" data-state=${state}>${stateName(state)}</span>` : html`<span class="state">${t("pill.connecting")}</span>`}
    <span><span class="clock" role="timer">${time}</span> <span class="quiet">${label}</span></span>
    ${live.contest?.divisions.length ? divisions(live.contest.divisions) : nothing}
    ${session ? html`<a class="button" href="/play/${code}">${t("board.to-play")}</a>` : nothing}</div>`;
}

/** @param {string[]} names */
function divisions(names) {
  const chosen = (/** @type {any} */ event) => {
    division = event.target.value;
    showBoard(live.ranking, false);
  };
  return html`<label class="row">${t("join.division")} <select @change=${chosen}><option value="">${t("board.all")}</option>${names.map((name) => html`<option>${name}</option>`)}</select></label>`;
}

/** @param {{code: string, detail: string}} why */
const gone = (why) => html`<div class="empty" role="alert">
  <h1>${why.code === "not-found" ? t("home.unknown-code", { code }) : t("board.gone")}</h1><p>${why.code === "not-found" ? t("join.unknown") : why.detail}</p>
  <p><a class="button primary" href="/">${t("join.other-code")}</a></p></div>`;

/**
 * Paints once a frame, however much has come.
 * @param {import("../../net/ranking.js").Ranking} ranking
 * @param {boolean} isChange
 */
function showBoard(ranking, isChange) {
  moves &&= isChange;
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    table.show(ranking.ranked(division), moves);
    [painting, moves] = [false, true];
  });
}

/** @param {import("../../net/socket.js").Status} status */
function showStatus(status) {
  pill.show(status);
  if (status.kind === "refused") refused = status;
  paint();
}

live = new Live(code, new Api(), { board: showBoard, contest: paint, status: showStatus });
paint();
setInterval(paint, 250);
