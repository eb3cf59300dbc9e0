/**
 * The door to the console: an account of staff, or an admin token.
 */

import { signIn } from "../../net/account.js";
import { Problem } from "../../net/api.js";
import { el } from "../../parts/dom.js";
import { html, render } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/**
 * @param {HTMLElement} place
 * @param {{token: (token: string) => Promise<void>, account: () => Promise<void>}} enter by either
 */
export function showEntrance(place, enter) {
  const problem = el("div");
  /** @param {(data: FormData, form: HTMLFormElement) => Promise<void>} act */
  const sent = (act) => async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    clearProblem(problem);
    try {
      await act(new FormData(form), form);
    } catch (error) {
      showProblem(problem, error);
    }
  };
  const byAccount = sent(async (data, form) => {
    await signIn(String(data.get("username")), String(data.get("password"))).catch((error) => {
      throw error instanceof Problem && error.status === 401 ? new Problem({ title: t("account.not-right"), status: 401 }) : error;
    });
    form.reset();
    await enter.account();
  });
  const byToken = sent(async (data, form) => {
    form.reset();
    await enter.token(String(data.get("token")).trim());
  });
  render(html`<div class="stack narrow"><form class="card stack" @submit=${byAccount}><h2>${t("sign-in")}</h2>${problem}
      <div class="field"><label for="username">${t("account.name")}</label><input id="username" name="username" required maxlength="200" autocomplete="username" spellcheck="false" autocapitalize="none"></div>
      <div class="field"><label for="password">${t("account.password")}</label><input id="password" name="password" type="password" required maxlength="128" autocomplete="current-password"></div>
      <button class="primary big">${t("sign-in")}</button></form>
    <form id="sign-in" class="card stack" @submit=${byToken}><h2>${t("sign-in.by-token")}</h2><p class="quiet">${t("sign-in.how")}</p>
      <div class="field"><label for="token">${t("sign-in.token")}</label><input id="token" name="token" type="password" required maxlength="512" pattern="\\s*[\\x21-\\x7e]+\\s*"
        title=${t("sign-in.token-means")} autocomplete="off" spellcheck="false"></div>
      <button class="big">${t("sign-in.with-token")}</button></form></div>`, place);
}
