/**
 * Before the start and after the end there is nothing to answer, but something to say.
 */

import { boardPath } from "../../parts/contests.js";
import { html, nothing } from "../../parts/html.js";
import { number, t } from "../../texts/texts.js";

/**
 * @param {import("../../net/live.js").Live} live
 * @param {string} code
 * @param {import("../../net/ranking.js").Ranked | null} own
 */
export function waitingView(live, code, own) {
  const { state } = live.clock;
  if (state === "published" || state === "draft") return before(live, code);
  if (state === "cancelled") return html`<div class="empty"><h1>${t("waiting.cancelled")}</h1></div>`;
  return html`<div class="empty"><h1>${t("waiting.over")}</h1>
    ${own ? html`<p class="lead">${t("waiting.result", { rank: own.rank, points: number(own.points) })}</p>` : nothing}
    <p><a class="button primary" href=${boardPath(code)}>${t("waiting.board")}</a></p></div>`;
}

/**
 * @param {import("../../net/live.js").Live} live
 * @param {string} code
 */
function before(live, code) {
  const { time, label } = live.clock.face();
  return html`<div class="empty"><h1>${t("waiting.in")}</h1>
    ${time ? html`<p class="countdown clock">${time}</p><p>${label}</p>` : html`<p class="lead">${t("waiting.soon")}</p>`}
    <p>${t("waiting.teams", { n: live.ranking.size })}</p>
    <p class="row"><a class="button" href="/lobby/${code}">${t("waiting.lobby")}</a><a class="button" href="/join/${code}">${t("waiting.mates")}</a></p></div>`;
}
