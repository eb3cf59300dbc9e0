/**
 * One's own account: who one is, another password, tokens for programs, and the ways out.
 */

import { AccountApi, account, signInPath, signOut, whenAccountChanges } from "../../net/account.js";
import { Problem } from "../../net/api.js";
import { confirmed } from "../../parts/confirm.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { asProblem, clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { Tokens } from "./tokens.js";

const api = new AccountApi();
const place = el("div");
const tokens = new Tokens(api, { paint, failed });
/** @type {{name: string, email: string, role: string, created_at: string} | null} null until it is read */
let me = null;
/** @type {Problem | null} what is wrong with the passwords */
let wrong = null;
let isChanged = false;
let isBusy = false;

function paint() {
  show({ title: t("people.account"), bar: "", aside: peopleNav(), main: html`${place}${me ? view(me) : loading()}`, look: "narrow stack" });
}

/** @param {NonNullable<typeof me>} one */
const view = (one) => html`<header class="me"><h1 dir="auto">${one.name}</h1>${one.role === "member" ? nothing : html`<span class="tag">${one.role}</span>`}</header>
  ${one.email ? html`<p class="quiet">${one.email}</p>` : nothing}
  <form class="card stack" @submit=${change} novalidate aria-labelledby="password-title">
    <h2 id="password-title">${t("account.change")}</h2>
    ${isChanged ? html`<p class="good" role="status">${t("account.changed")}</p>` : nothing}
    <input class="unseen" type="text" name="name" value=${one.name} autocomplete="username" readonly tabindex="-1" aria-hidden="true">
    ${field({ id: "current", type: "password", label: t("account.current"), wrong: wrongAt(wrong, "/current_password"), maxlength: 200, autocomplete: "current-password" })}
    ${field({ id: "new", type: "password", label: t("account.new"), hint: t("account.password-hint"), wrong: wrongAt(wrong, "/new_password"), maxlength: 200, autocomplete: "new-password" })}
    <p class="hint">${t("account.change-means")}</p>
    <button class="primary" ?disabled=${isBusy}>${t("account.change-do")}</button>
  </form>
  ${tokens.view(one.role !== "member")}
  <section class="card stack" aria-labelledby="out-title"><h2 id="out-title">${t("sign-out")}</h2><p class="hint">${t("account.kept")}</p>
    <div class="actions"><button id="sign-out" @click=${() => out("sign-out")}>${t("sign-out")}</button>
      <button class="danger" @click=${everywhere}>${t("account.everywhere")}</button></div></section>`;

/** @param {SubmitEvent} event */
async function change(event) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const data = new FormData(form);
  [isBusy, isChanged, wrong] = [true, false, null];
  clearProblem(place);
  paint();
  try {
    await api.post("/auth/password", { current_password: data.get("current"), new_password: data.get("new") });
    isChanged = true;
    form.reset();
  } catch (error) {
    wrong = asProblem(error);
    if (wrong.errors.length === 0) failed(wrong);
  }
  isBusy = false;
  paint();
  document.querySelector("[aria-invalid]")?.focus();
}

async function everywhere() {
  if (await confirmed({ title: t("account.everywhere-title"), text: t("account.everywhere-text"), yes: t("account.everywhere") })) await out("sign-out-everywhere");
}

/** @param {"sign-out" | "sign-out-everywhere"} how */
async function out(how) {
  try {
    await signOut(how);
    location.replace("/");
  } catch (error) {
    failed(error);
  }
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof Problem && error.status === 401) return location.replace(signInPath());
  return showProblem(place, error);
}

if (account()) {
  whenAccountChanges(() => location.reload());
  paint();
  try {
    [me] = await Promise.all([api.get("/auth/me"), tokens.read()]);
    paint();
  } catch (error) {
    failed(error);
  }
} else location.replace(signInPath());
