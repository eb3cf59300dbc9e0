/**
 * The lobby on a big screen: how to come in, who is in, and when it begins.
 */

import { Api } from "../../net/api.js";
import { Live } from "../../net/live.js";
import { boardPath, codeOfPage } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, repeat } from "../../parts/html.js";
import { onceAFrame } from "../../parts/once-a-frame.js";
import { Pill } from "../../parts/pill.js";
import { qr } from "../../parts/qr.js";
import { t } from "../../texts/texts.js";

/** More teams than this are shown smaller. */
const MANY = 60;

const code = codeOfPage();
const address = `${location.origin}/join/${code}`;
const scan = qr(address, t("lobby.qr", { code }));
const pill = new Pill(el("p", { class: "pill" }));
let refused = "";
/** @type {Live} */
let live;

/** @param {import("../../net/socket.js").Status} status */
function told(status) {
  pill.show(status);
  if (status.kind === "refused") refused = status.code === "not-found" ? t("home.unknown-code", { code }) : status.detail;
  paint();
}

function paint() {
  if (live) show({ title: live.name || code, aside: pill.place, main: view(), look: "lobby" });
}

function view() {
  if (refused) return html`<div class="empty"><h1>${refused}</h1><p><a class="button primary" href="/">${t("join.other-code")}</a></p></div>`;
  if (!live.clock.state) return loading();
  return html`<section class="way-in">
      <div class="stack tight"><p class="quiet">${t("lobby.go-to", { host: location.host })}</p><p class="code">${code}</p>${beginning()}</div>
      ${scan}
    </section>
    ${live.ranking.size ? html`<section class="stack" aria-labelledby="in"><h2 id="in">${t("waiting.teams", { n: live.ranking.size })}</h2>${teams()}</section>`
      : html`<p class="nobody">${t("lobby.nobody")}</p>`}`;
}

function beginning() {
  const { time, label } = live.clock.face();
  if (live.clock.state !== "published") return html`<p class="row"><a class="button primary big" href=${boardPath(code)}>${t("lobby.begun")}</a></p>`;
  return time ? html`<p><span class="clock countdown">${time}</span> <span class="quiet">${label}</span></p>` : html`<p class="lead">${t("waiting.soon")}</p>`;
}

/** As they came; of so many that a wall does not hold all, whoever came last is first. */
function teams() {
  const names = live.ranking.ranked().map((row) => ({ id: row.team_id, name: row.team })).sort((a, b) => (a.id < b.id ? -1 : 1));
  if (names.length > MANY) names.reverse();
  return html`<ul class="teams" ?data-many=${names.length > MANY}>${repeat(names, (one) => one.id, (one) => html`<li dir="auto">${one.name}</li>`)}</ul>`;
}

live = new Live(code, new Api(), { board: onceAFrame(paint), contest: paint, status: told });
paint();
setInterval(paint, 250);
