/**
 * The games that have a board of all times.
 */

import { whenAccountChanges } from "../../net/account.js";
import { Api } from "../../net/api.js";
import { el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

const api = new Api();
const problem = el("div");
/** @type {{slug: string, title: string, self_reported: boolean}[] | null} null until they are read */
let games = null;
let next = "";

function paint() {
  show({ title: t("people.scores"), bar: "", aside: peopleNav(), look: "narrow stack",
    main: html`<header class="stack tight"><h1>${t("scores.title")}</h1><p class="lead">${t("scores.lead")}</p></header>${problem}${listed()}` });
}

function listed() {
  if (games === null) return loading();
  if (games.length === 0) return html`<p class="empty">${t("scores.none")}</p>`;
  return html`<ul class="list card flush">${games.map(({ slug, title, self_reported }) => html`<li><a class="entry" href="/scores/${encodeURIComponent(slug)}">
    <strong dir="auto">${title}</strong>${self_reported ? html`<span class="tag">${t("scores.reported")}</span>` : nothing}<span aria-hidden="true">→</span></a></li>`)}</ul>
    ${next ? html`<button type="button" @click=${() => void read()}>${t("scores.more-games")}</button>` : nothing}`;
}

async function read() {
  try {
    const page = await api.get(`/games?limit=20${next && `&cursor=${encodeURIComponent(next)}`}`);
    games = [...(games ?? []), ...page.data];
    next = page.next_cursor ?? "";
  } catch (error) {
    games ??= [];
    showProblem(problem, error);
  }
  paint();
}

whenAccountChanges(paint);
paint();
await read();
