/**
 * The live board of one contest.
 */

import { Api } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { BoardTable } from "../../parts/board-table.js";
import { codeOfPage, stateName } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { show } from "../../parts/frame.js";
import { History } from "../../parts/history.js";
import { html, nothing } from "../../parts/html.js";
import { onceAFrame } from "../../parts/once-a-frame.js";
import { Pill } from "../../parts/pill.js";
import { sessionOf } from "../../parts/session.js";
import { t } from "../../texts/texts.js";

const code = codeOfPage();
const session = sessionOf(code);
const pill = new Pill(el("p", { class: "pill" }));
const table = new BoardTable({ own: session?.team_id });
const history = new History(new Api(), code, () => live.clock.playedUntil(live.clock.now()));
/** Where there is room for both, the graph stands beside the board; elsewhere it is there for whoever asks. */
const wide = matchMedia("(min-width: 72rem)");
/** @type {Live} */
let live;
/** @type {{code: string, detail: string} | null} */
let refused = null;
/** Whose board is seen; everybody's when empty. */
let division = "";

function paint() {
  if (live) show({ title: live.name || code, aside: pill.place, main: refused ? gone(refused) : view(), look: "stack board" });
}

const view = () => html`${facts()}
  ${live.board === "frozen" ? html`<p class="notice" role="status">❄ ${t("board.frozen")}</p>` : nothing}
  <div class="panes"><div class="card sheet">${table.element}${table.note}</div>
    <details class="card graph" ?open=${wide.matches} @toggle=${(/** @type {any} */ event) => history.see(event.target.open)}>
      <summary>${t("history.show")}</summary>${history.element}</details></div>`;

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
    history.of(division);
    showBoard(false);
  };
  return html`<label class="row">${t("join.division")} <select @change=${chosen}><option value="">${t("board.all")}</option>${names.map((name) => html`<option>${name}</option>`)}</select></label>`;
}

/** @param {{code: string, detail: string}} why */
const gone = (why) => html`<div class="empty" role="alert">
  <h1>${why.code === "not-found" ? t("home.unknown-code", { code }) : t("board.gone")}</h1><p>${why.code === "not-found" ? t("join.unknown") : why.detail}</p>
  <p><a class="button primary" href="/">${t("join.other-code")}</a></p></div>`;

const showBoard = onceAFrame((isMove) => {
  table.show(live.ranking.ranked(division), isMove);
  history.changed();
});

/** @param {import("../../net/socket.js").Status} status */
function showStatus(status) {
  pill.show(status);
  if (status.kind === "refused") refused = status;
  paint();
}

live = new Live(code, new Api(), { board: (_, isChange) => showBoard(isChange), contest: paint, status: showStatus });
paint();
setInterval(paint, 250);
