/**
 * Mystery boxes: what each costs, what it may bring, what is left afterwards, and a second thought.
 */

import { confirmed } from "../../parts/confirm.js";
import { difficultyName } from "../../parts/contests.js";
import { loading } from "../../parts/frame.js";
import { html } from "../../parts/html.js";
import { number, signed, t } from "../../texts/texts.js";

/**
 * @param {import("./game.js").Game} game
 * @param {boolean} isRunning
 */
export function boxesView(game, isRunning) {
  if (!game.boxes) return loading();
  const boxes = game.boxes.filter((box) => box.enabled);
  if (boxes.length === 0) return html`<div class="empty"><h2>${t("boxes.none")}</h2></div>`;
  return html`<div class="stack"><h1>${t("boxes.title")}</h1><p class="lead">${t("boxes.lead")}</p>
    <div class="boxes">${boxes.map((box) => boxView(game, box, isRunning))}</div></div>`;
}

/**
 * @param {import("./game.js").Game} game
 * @param {import("./game.js").MysteryBox} box
 * @param {boolean} isRunning
 */
function boxView(game, box, isRunning) {
  const left = box.max_opens - (game.opened.get(box.id) ?? 0);
  const why = obstacle(game, box, left, isRunning);
  return html`<article class="card stack tight box" data-difficulty=${box.difficulty}>
    <h2>${t("boxes.box", { difficulty: difficultyName(box.difficulty) })}</h2>
    <dl>
      <div><dt>${t("boxes.price")}</dt><dd>${number(box.price)}</dd></div>
      <div><dt>${t("boxes.reward")}</dt><dd>${signed(box.reward)}</dd></div>
      <div><dt>${t("boxes.after")}</dt><dd>${game.team ? number(game.team.points - box.price) : "–"}</dd></div>
    </dl>
    <p class="quiet small">${why || t("boxes.opens", { n: left })}</p>
    <button class="primary" ?disabled=${Boolean(why || game.busy)} @click=${() => void open(game, box)}>${t("boxes.open", { points: number(box.price) })}</button>
  </article>`;
}

/**
 * Why it cannot be opened, if so.
 * @param {import("./game.js").Game} game
 * @param {import("./game.js").MysteryBox} box
 * @param {number} left
 * @param {boolean} isRunning
 */
function obstacle(game, box, left, isRunning) {
  if (!isRunning) return t("boxes.not-now");
  if (left <= 0) return t("boxes.used");
  if (game.open?.some((one) => one.pool === "mystery")) return t("boxes.one-open");
  return game.team && game.team.points < box.price ? t("boxes.too-dear") : "";
}

/**
 * @param {import("./game.js").Game} game
 * @param {import("./game.js").MysteryBox} box
 */
async function open(game, box) {
  const text = t("boxes.confirm", { price: box.price, reward: box.reward, after: game.team.points - box.price });
  const title = t("boxes.confirm-title", { difficulty: difficultyName(box.difficulty) });
  if (await confirmed({ title, text, yes: t("boxes.confirm-yes", { price: box.price }) })) await game.openBox(box);
}
