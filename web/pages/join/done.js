/**
 * This device is in: on to the game, or let others follow.
 */

import { html } from "../../parts/html.js";
import { qr } from "../../parts/qr.js";
import { t } from "../../texts/texts.js";

/**
 * @param {import("../../parts/contests.js").Contest} contest
 * @param {{name: string, join_code: string, max_members: number, members: {name: string, captain: boolean}[]}} team
 * @param {string} token
 * @param {() => void} leave
 */
export const doneView = (contest, team, token, leave) => html`
  <header class="stack tight">
    <p class="good">✓ ${t("join.in")}</p>
    <h1 dir="auto">${team.name}</h1>
    <p class="quiet" dir="auto">${team.members.map((one) => one.name).join(", ")}</p>
  </header>
  <a class="button primary big wide" href="/play/${contest.code}">${t("join.play")}</a>
  <section class="card stack" aria-labelledby="mates">
    <h2 id="mates">${t("join.mates")}</h2>
    <p>${t("join.mates-text", { n: team.max_members - team.members.length })}</p>
    <p class="giant-code">${team.join_code}</p>
  </section>
  <section class="card stack" aria-labelledby="device">
    <h2 id="device">${t("join.device")}</h2>
    <div class="row device">
      ${qr(`${location.origin}/join/${contest.code}#device=${token}`, t("join.device-qr"))}
      <p class="hint">${t("join.device-text")}</p>
    </div>
    <details class="stack tight">
      <summary>${t("join.recovery")}</summary>
      <p class="hint">${t("join.recovery-keep")}</p>
      <p><code>${token}</code></p>
      <button type="button" @click=${(/** @type {Event} */ event) => copy(event, token)}>${t("copy")}</button>
    </details>
  </section>
  <p><button type="button" class="plain" @click=${leave}>${t("join.leave")}</button></p>`;

/**
 * @param {Event} event
 * @param {string} text
 */
async function copy(event, text) {
  const button = /** @type {HTMLElement} */ (event.currentTarget);
  // A page that came over plain HTTP from another machine has no clipboard: then it is selected.
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    button.textContent = t("copied");
  } else {
    const code = button.parentElement?.querySelector("code");
    if (code) getSelection()?.selectAllChildren(code);
  }
}
