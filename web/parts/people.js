/**
 * What the bar leads to for people: rooms, high scores, and who they are.
 */

import { account, signInPath } from "../net/account.js";
import { t } from "../texts/texts.js";
import { html, nothing } from "./html.js";

/** @typedef {import("./frame.js").View} View */

/** @param {View} [more] further ways */
export const peopleNav = (more = nothing) => html`<nav aria-label=${t("main")}>
  <a href="/rooms">${t("people.rooms")}</a><a href="/scores">${t("people.scores")}</a>${more}${who()}</nav>`;

/** Who is signed in, or the way in. */
function who() {
  const me = account();
  return me ? html`<a class="who" href="/account"><span class="unseen">${t("people.account")}: </span><span dir="auto">${me.name}</span></a>`
    : html`<a href=${signInPath()}>${t("sign-in")}</a>`;
}
