/**
 * Where people with an account come in, or make one; then back to where they came from.
 */

import { account, ownAddress, signIn, whenAccountChanges } from "../../net/account.js";
import { Api, Problem, newKey } from "../../net/api.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { asProblem, clearProblem, showProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/** Refusals that are about one value, though they are none of its form. */
const ABOUT = new Map([
  ["account-name-taken", "/name"],
  ["account-name-lookalike", "/name"],
]);

const WAYS = ["in", "new"];
const next = ownAddress(new URLSearchParams(location.search).get("next"));
const place = el("div");
let way = "in";
let isBusy = false;
let isShown = false;
/** @type {Problem | null} */
let problem = null;

function paint() {
  const me = account();
  show({ title: t("sign-in"), bar: "", aside: peopleNav(), main: html`${place}${me ? known(me) : forms()}`, look: "narrow stack" });
}

/** @param {import("../../net/account.js").Account} me */
const known = (me) => html`<section class="card stack"><h1>${t("account.are")} <span dir="auto">${me.name}</span></h1>
  <div class="actions"><a class="button primary" href=${next}>${t("account.go-on")}</a><a class="button" href="/account">${t("people.account")}</a></div></section>`;

const forms = () => html`<h1>${t(`account.title.${way}`)}</h1>
  <div class="ways" role="group" aria-label=${t("account.ways")}>${WAYS.map((one) => html`
    <button type="button" aria-pressed=${one === way ? "true" : "false"} @click=${() => go(one)}>${t(`account.way.${one}`)}</button>`)}</div>
  <form class="card stack" @submit=${send} novalidate>
    ${field({ id: "name", label: t("account.name"), hint: way === "new" ? t("account.name-hint") : "", wrong: wrongAt(problem, "/name"), required: true, autocomplete: "username" })}
    ${way === "new" ? field({ id: "email", type: "email", label: t("account.email"), hint: t("account.email-hint"), wrong: wrongAt(problem, "/email"), maxlength: 254, autocomplete: "email" }) : nothing}
    ${field({ id: "password", type: isShown ? "text" : "password", label: t("account.password"), hint: way === "new" ? t("account.password-hint") : "",
      wrong: wrongAt(problem, "/password"), required: true, maxlength: 200, autocomplete: way === "new" ? "new-password" : "current-password" })}
    <label class="row tick-box"><input type="checkbox" .checked=${isShown} @change=${look}> ${t("account.show")}</label>
    <button class="primary big wide" ?disabled=${isBusy}>${isBusy ? t("join.sending") : t(`account.do.${way}`)}</button>
  </form>`;

/** @param {string} to */
function go(to) {
  [way, problem] = [to, null];
  clearProblem(place);
  paint();
}

function look() {
  isShown = !isShown;
  paint();
}

/** @param {SubmitEvent} event */
async function send(event) {
  event.preventDefault();
  if (isBusy) return;
  const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
  const text = (/** @type {string} */ name) => String(form.get(name) ?? "");
  [isBusy, problem] = [true, null];
  clearProblem(place);
  paint();
  try {
    await come(text("name").trim(), text("email").trim(), text("password"));
    return location.replace(next);
  } catch (error) {
    tell(asProblem(error));
  }
  isBusy = false;
  paint();
  document.querySelector("[aria-invalid]")?.focus();
}

/**
 * Not kept in the tab like other requests: a password is in it.
 * @param {string} name
 * @param {string} email
 * @param {string} password
 */
async function come(name, email, password) {
  if (way === "new") await new Api().postOnce("/auth/register", { name, email, password }, newKey());
  await signIn(name, password);
}

/** @param {Problem} error */
function tell(error) {
  const about = ABOUT.get(error.type.split("/").at(-1) ?? "");
  if (about) error.errors = [{ pointer: about, detail: `${error.title}. ${error.detail}` }];
  if (error.status === 401) error.errors = [{ pointer: "/password", detail: t("account.not-right") }];
  problem = error;
  if (error.errors.length === 0) showProblem(place, error);
}

whenAccountChanges(paint);
paint();
