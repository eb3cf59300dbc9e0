/**
 * The host opens the frozen board before the hall: → or space goes on, ← takes back. Needs the
 * token of the console in this tab, since only staff can read what is withheld.
 */

import { Api } from "../../net/api.js";
import { confirmed } from "../../parts/confirm.js";
import { asCode } from "../../parts/contests.js";
import { byId } from "../../parts/dom.js";
import { HallBoard } from "../../parts/hall-board.js";
import { html, nothing, render } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { staffToken } from "../../parts/staff.js";
import { t } from "../../texts/texts.js";
import { states } from "./steps.js";

const code = asCode(decodeURIComponent(location.pathname.split("/").at(-2) ?? ""));
const path = `/contests/${encodeURIComponent(code)}`;
const staff = new Api(staffToken());
const board = new HallBoard();
/** @type {import("../../parts/contests.js").Contest | null} */
let contest = null;
/** @type {import("./steps.js").State[]} */
let all = [];
let at = 0;
let trouble = "";

function paint() {
  document.title = `${t("reveal.title")} – Podium`;
  render(html`
    <header class="top"><img src="/web/mark.svg" alt="" width="64" height="64"><h1 dir="auto">${contest?.name ?? code}</h1>
      ${all.length ? html`<p class="face"><span>${t("reveal.step")}</span> <b>${at}</b> <span>${t("reveal.of", { n: all.length - 1 })}</span></p>` : nothing}</header>
    ${banner()}
    <main>${trouble ? html`<p class="nobody">${trouble}</p>` : html`<div class="sheet" tabindex="0" role="group" aria-label=${t("board.title")}>${board.element}</div>`}</main>
    <footer class="row">${buttons()}</footer>`, byId("app"));
}

function banner() {
  if (contest && contest.board !== "frozen") return html`<p class="banner" role="status">${t("reveal.nothing")}</p>`;
  return all.length && at < all.length - 1 ? html`<p class="banner frozen" role="status">❄ ${t("reveal.frozen")}</p>` : nothing;
}

function buttons() {
  if (trouble) return html`<a class="button primary" href="/admin">${t("console")}</a>`;
  const isEnd = at === all.length - 1;
  return html`<button @click=${() => step(-1)} ?disabled=${at === 0}>← ${t("reveal.back")}</button>
    <button class="primary" @click=${() => step(1)} ?disabled=${isEnd}>${t("reveal.next")} →</button>
    ${isEnd && contest?.board === "frozen" ? html`<button class="primary" @click=${() => void thaw()}>${t("reveal.thaw")}</button>` : nothing}
    <a class="button" href="/projector/${code}">${t("reveal.projector")}</a>`;
}

/** @param {number} way */
function step(way) {
  const next = Math.min(Math.max(at + way, 0), all.length - 1);
  if (next === at) return;
  at = next;
  showBoard(true);
}

/** @param {boolean} isMove */
function showBoard(isMove) {
  const { rows, now, open } = all[at];
  board.show(rows, isMove, (row) => (row.team_id === now ? "now" : open.has(row.team_id) ? "open" : ""));
  paint();
  // Whoever is opened next must be seen, however long the board is.
  const next = rows.findLastIndex((row) => open.has(row.team_id));
  board.element.children[Math.max(next, 0)]?.scrollIntoView({ block: "center", behavior: "instant" });
}

async function thaw() {
  if (!contest || !(await confirmed({ title: t("reveal.thaw-title"), text: t("reveal.thaw-text"), yes: t("reveal.thaw") }))) return;
  try {
    contest = await staff.post(`${path}/thaw`);
  } catch (error) {
    trouble = asProblem(error).title;
  }
  paint();
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  if (document.querySelector("dialog[open]") || event.target instanceof HTMLButtonElement && event.key === " ") return;
  const way = { ArrowRight: 1, " ": 1, ArrowLeft: -1 }[event.key];
  if (way === undefined) return;
  event.preventDefault();
  if (all.length) step(way);
}

async function begin() {
  byId("app").replaceChildren();
  paint();
  if (!staff.token) {
    trouble = t("reveal.no-staff");
    return paint();
  }
  try {
    contest = await staff.get(path);
    const [frozen, final] = await Promise.all([new Api().all(`${path}/leaderboard`), staff.all(`${path}/leaderboard`)]);
    all = states(frozen, final);
    showBoard(false);
  } catch (error) {
    trouble = asProblem(error).title;
    paint();
  }
}

document.addEventListener("keydown", pressed);
await begin();
