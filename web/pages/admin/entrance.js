/**
 * The door to the console: an admin token.
 */

import { html, render } from "../../parts/html.js";
import { t } from "../../texts/texts.js";

/**
 * @param {HTMLElement} place
 * @param {(token: string) => Promise<void>} enter
 */
export function showEntrance(place, enter) {
  const sent = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (document.getElementById("token"));
    const token = input.value.trim();
    input.value = "";
    void enter(token);
  };
  render(html`<form id="sign-in" class="card stack narrow" @submit=${sent}><h2>${t("sign-in")}</h2><p class="quiet">${t("sign-in.how")}</p>
    <div class="field"><label for="token">${t("sign-in.token")}</label><input id="token" type="password" required maxlength="512" pattern="\\s*[\\x21-\\x7e]+\\s*"
      title=${t("sign-in.token-means")} autocomplete="off" spellcheck="false"></div>
    <button class="primary big">${t("sign-in")}</button></form>`, place);
}
