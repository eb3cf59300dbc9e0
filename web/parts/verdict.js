/**
 * What became of an answer.
 */

import { signed, t } from "../texts/texts.js";
import { html, nothing } from "./html.js";

/**
 * @typedef {{correct: boolean, points_earned: number, total_points: number, rank: number | null, first_correct: boolean,
 *   state: string, attempts_left: number, assignment_id: string, isElsewhere: boolean}} Verdict
 */

/** In one sentence, for the live region. @param {Verdict} verdict */
export function verdictText(verdict) {
  const told = verdict.correct ? t("verdict.right", { points: signed(verdict.points_earned) }) : wrongText(verdict);
  const rank = verdict.rank === null ? "" : ` ${t("verdict.rank", { rank: verdict.rank })}`;
  return `${told} ${t("verdict.total", { points: verdict.total_points })}${rank}`;
}

/** @param {Verdict} verdict */
const wrongText = ({ points_earned }) => (points_earned < 0 ? t("verdict.wrong-cost", { points: signed(points_earned) }) : t("verdict.wrong"));

/**
 * @param {Verdict} verdict
 * @param {() => void} onward
 */
export const verdictView = (verdict, onward) => html`<div class="card stack verdict" data-correct=${verdict.correct}>
  <p class="mark" aria-hidden="true">${verdict.correct ? "✓" : "✗"}</p>
  <h2>${verdict.correct ? t("verdict.right-title") : t("verdict.wrong-title")}</h2>
  ${verdict.isElsewhere ? html`<p class="quiet">${t("verdict.elsewhere")}</p>` : nothing}
  ${verdict.points_earned === 0 ? nothing : html`<p class="earned">${signed(verdict.points_earned)}</p>`}
  ${verdict.first_correct ? html`<p class="tag">${t("verdict.first")}</p>` : nothing}
  <p>${t("verdict.total", { points: verdict.total_points })}
    ${verdict.rank === null ? nothing : t("verdict.rank", { rank: verdict.rank })}</p>
  <button id="next" class="primary big wide" @click=${onward}>${t("verdict.next")}</button>
</div>`;
