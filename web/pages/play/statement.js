/**
 * Every change of a team's points, the newest first.
 */

import { loading } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { number, signed, t, timeOfDay } from "../../texts/texts.js";

/** @param {import("./game.js").Entry[] | null} entries */
export function statementView(entries) {
  if (!entries) return loading();
  return html`<div class="stack"><h1>${t("points.title")}</h1><p class="lead">${t("points.lead")}</p>
    <table class="ranking statement"><thead><tr><th scope="col">${t("points.what")}</th>
      <th scope="col" class="number">${t("points.change")}</th><th scope="col" class="number">${t("points.balance")}</th></tr></thead>
      <tbody>${entries.map(line)}</tbody></table></div>`;
}

/** @param {import("./game.js").Entry} entry */
const line = ({ kind, amount, balance_after, at, reason }) => html`<tr>
  <th scope="row">${t(`entry.${kind}`)}${reason ? html`<br><span class="quiet small" dir="auto">${reason}</span>` : nothing}
    <br><time class="quiet small" datetime=${at}>${timeOfDay(at)}</time></th>
  <td class="number ${amount < 0 ? "bad" : "good"}">${signed(amount)}</td><td class="number">${number(balance_after)}</td></tr>`;
