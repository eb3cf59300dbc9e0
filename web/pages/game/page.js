/**
 * The board of a game: the best that each account has ever had, page by page, and one's own place on it.
 */

import { AccountApi, account, signInPath, whenAccountChanges } from "../../net/account.js";
import { Problem } from "../../net/api.js";
import { Once } from "../../net/kept.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing, repeat } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { asProblem, clearProblem, showProblem } from "../../parts/problem.js";
import { number, t } from "../../texts/texts.js";

/** Rows of a page. */
const PAGE = 25;

/** @typedef {{rank: number, account_id: string, name: string, score: number}} Row */

const slug = decodeURIComponent(location.pathname.split("/").at(-1) ?? "");
const path = `/games/${encodeURIComponent(slug)}`;
const api = new AccountApi();
const once = new Once();
const place = el("div");
/** @type {{title: string, self_reported: boolean} | null} */
let game = null;
/** @type {Row[] | null} null until they are read */
let rows = null;
let next = "";
/** @type {{rank: number | null, score: number | null, others: number} | null} null for whoever is not signed in */
let own = null;
let isUnknown = false;
/** Whether what is shown begins further down. */
let isBelow = false;
/** @type {Problem | null} */
let wrong = null;
let told = "";

function paint() {
  const main = isUnknown ? unknown() : game ? view(game) : html`${place}${loading()}`;
  show({ title: game?.title ?? t("people.scores"), bar: "", aside: peopleNav(), main, look: "narrow stack" });
}

const unknown = () => html`<section class="failure stack"><h1>${t("scores.unknown")}</h1><p><a class="button primary" href="/scores">${t("scores.others")}</a></p></section>`;

/** @param {NonNullable<typeof game>} one */
const view = (one) => html`<header class="stack tight"><h1 dir="auto">${one.title}</h1>
  ${one.self_reported ? html`<p class="notice">${t("scores.reported-means")}</p>` : html`<p class="lead">${t("scores.from-contests")}</p>`}</header>
  ${place}${standing()}${one.self_reported && own ? report() : nothing}
  <div class="row spread"><h2 id="board">${t("board.title")}</h2>${isBelow ? html`<button type="button" @click=${() => void begin("")}>${t("scores.top")}</button>` : nothing}</div>
  ${board()}`;

function standing() {
  if (!account()) return html`<p><a href=${signInPath()}>${t("scores.sign-in")}</a></p>`;
  if (!own) return nothing;
  if (own.rank === null) return html`<p class="card" id="own-rank">${t("scores.no-rank")}</p>`;
  return html`<section class="card row spread own-rank" id="own-rank"><p>${t("scores.rank")} <b>${number(own.rank)}</b> <span class="quiet">${t("play.of", { n: own.others + 1 })}</span></p>
    <p><b>${number(own.score ?? 0)}</b> <span class="quiet">${t("play.points")}</span></p>
    <button type="button" @click=${() => void begin(`&around=${account()?.id}`)}>${t("scores.jump")}</button></section>`;
}

const report = () => html`<form class="card report" @submit=${send} novalidate>
  ${field({ id: "score", label: t("scores.report"), wrong: wrongAt(wrong, "/score"), inputmode: "numeric", maxlength: 20 })}
  <button class="primary">${t("scores.report-do")}</button><p class="good told" role="status">${told}</p></form>`;

function board() {
  if (rows === null) return loading();
  if (rows.length === 0) return html`<p class="empty card">${t("scores.empty")}</p>`;
  const me = account()?.id;
  return html`<div class="card sheet"><table class="ranking" aria-labelledby="board"><thead><tr><th scope="col" class="number">${t("board.rank")}</th>
    <th scope="col">${t("scores.player")}</th><th scope="col" class="number">${t("board.points")}</th></tr></thead>
    <tbody>${repeat(rows, (row) => row.account_id, (row) => html`<tr ?data-own=${row.account_id === me} ?data-medal=${row.rank <= 3}><td class="number rank">${number(row.rank)}</td>
      <th scope="row" class="team" dir="auto">${row.name}</th><td class="number points">${number(row.score)}</td></tr>`)}</tbody></table></div>
    ${next ? html`<button type="button" id="more" @click=${() => void more()}>${t("scores.more")}</button>` : nothing}`;
}

/** A page from the top, or around an account. @param {string} where */
async function begin(where) {
  await trying(async () => {
    const page = await api.get(`${path}/leaderboard?limit=${PAGE}${where}`);
    [rows, next, isBelow] = [page.data, page.next_cursor ?? "", page.data[0]?.rank > 1];
  });
  if (where) document.querySelector("tr[data-own]")?.scrollIntoView({ block: "center" });
}

const more = () => trying(async () => {
  const page = await api.get(`${path}/leaderboard?limit=${PAGE}&cursor=${encodeURIComponent(next)}`);
  const known = new Set(rows?.map((row) => row.account_id));
  // Whoever has moved meanwhile may come twice.
  rows = [...(rows ?? []), ...page.data.filter((/** @type {Row} */ row) => !known.has(row.account_id))];
  next = page.next_cursor ?? "";
});

/** @param {() => Promise<void>} act */
async function trying(act) {
  try {
    await act();
    clearProblem(place);
  } catch (error) {
    rows ??= [];
    if (error instanceof Problem && error.status === 404) isUnknown = true;
    else showProblem(place, error);
  }
  paint();
}

/** @param {SubmitEvent} event */
async function send(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const typed = String(new FormData(form).get("score")).trim();
  [wrong, told] = [null, ""];
  try {
    const reply = await once.post(api, `${path}/scores`, { score: /^[-+]?\d+$/.test(typed) ? Number(typed) : typed });
    told = reply.improved ? t("scores.improved") : t("scores.kept", { n: reply.best });
    form.reset();
    await Promise.all([stand(), begin("")]);
  } catch (error) {
    wrong = asProblem(error);
    if (wrong.errors.length === 0) showProblem(place, wrong);
  }
  paint();
}

/** Where we stand: whoever is not signed in stands nowhere. */
async function stand() {
  own = account() ? await api.get(`${path}/my_rank`).catch(() => null) : null;
}

whenAccountChanges(() => location.reload());
paint();
await trying(async () => {
  game = await api.get(path);
});
if (game) await Promise.all([begin(""), stand()]);
paint();
