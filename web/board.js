/**
 * The live board of one contest.
 */

import { Api } from "./api.js";
import { BoardTable } from "./board-table.js";
import { asCode, stateName } from "./contests.js";
import { byId, el, setText } from "./dom.js";
import { Live } from "./live.js";
import { Pill } from "./pill.js";

const code = asCode(decodeURIComponent(location.pathname.split("/").at(-1) ?? ""));
const pill = new Pill(byId("pill"));
const table = new BoardTable(byId("rows"), byId("empty"));
const state = byId("state");
let painting = false;
/** Whether the next painting shows moves: not after the board came whole. */
let moves = true;

/** @param {Live} live */
function showContest(live) {
  const name = live.name || code;
  setText(byId("name"), name);
  document.title = `${name} – Podium`;
  setText(state, stateName(live.clock.state));
  byId("frozen").hidden = live.board !== "frozen";
  state.dataset.state = live.clock.state;
  tick();
}

function tick() {
  const { time, label } = live.clock.face();
  setText(byId("clock"), time);
  setText(byId("clock-label"), label);
}

/**
 * Paints once a frame, however much has come.
 * @param {import("./ranking.js").Ranking} ranking
 * @param {boolean} isChange
 */
function showBoard(ranking, isChange) {
  moves &&= isChange;
  if (painting) return;
  painting = true;
  requestAnimationFrame(() => {
    table.show(ranking.ranked(), moves);
    [painting, moves] = [false, true];
  });
}

/** @param {import("./socket.js").Status} status */
function showStatus(status) {
  pill.show(status);
  if (status.kind !== "refused") return;
  const [title, detail] = status.code === "not-found"
    ? [`There is no contest ${code}`, "Look at the code again, or the contest is not public yet."]
    : ["This board is not live any more", status.detail];
  setText(state, "");
  byId("empty").hidden = byId("facts").hidden = byId("frozen").hidden = true;
  byId("board").hidden = byId("rows").children.length === 0;
  const text = el("div", {}, el("strong", {}, title), el("p", {}, detail));
  byId("notice").replaceChildren(
    el("div", { class: "problem", role: "alert" }, text, el("a", { href: "/" }, "Enter another code")),
  );
}

const live = new Live(code, new Api(), { board: showBoard, contest: showContest, status: showStatus });
setInterval(tick, 250);
