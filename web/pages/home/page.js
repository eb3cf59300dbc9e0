/**
 * The start page: a code leads into a contest; what this device plays in and what is public is listed.
 */

import { whenAccountChanges } from "../../net/account.js";
import { Api, Problem } from "../../net/api.js";
import { asCode, boardPath, contestPage, stateName } from "../../parts/contests.js";
import { byId, el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html, nothing } from "../../parts/html.js";
import { peopleNav } from "../../parts/people.js";
import { showProblem } from "../../parts/problem.js";
import { sessions } from "../../parts/session.js";
import { t } from "../../texts/texts.js";

const api = new Api();
const problem = el("div");
/** @type {import("../../parts/contests.js").Contest[] | null} null until they are read */
let contests = null;
let next = "";
let wrong = "";

function paint() {
  const aside = peopleNav(html`<a href="/admin">${t("console")}</a><a href="/docs">API</a>`);
  const main = html`
    <section class="hero stack">
      <h1>${t("home.title")}</h1>
      <p class="lead">${t("home.lead")}</p>
      ${codeForm()}
    </section>
    ${yours()}
    <section class="stack tight" aria-labelledby="contests">
      <h2 id="contests">${t("home.contests")}</h2>
      ${problem}${listed()}
    </section>`;
  show({ main, aside, look: "narrow stack home" });
}

const codeForm = () => html`
  <form class="card stack" @submit=${enter} novalidate>
    <div class="field">
      <label for="code">${t("home.code")}</label>
      <input id="code" class="code-input" maxlength="200" autocomplete="off" autocapitalize="characters" spellcheck="false" enterkeyhint="go"
        placeholder="······" aria-describedby=${wrong ? "code-wrong" : nothing} aria-invalid=${wrong ? "true" : nothing} @input=${tidy}>
      ${wrong ? html`<p class="wrong" id="code-wrong" role="alert">${wrong}</p>` : nothing}
    </div>
    <button class="primary big wide">${t("home.enter")}</button>
  </form>`;

/** @param {InputEvent} event */
function tidy(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const clean = asCode(input.value);
  if (clean !== input.value && !input.value.endsWith("/")) input.value = clean;
}

/** @param {SubmitEvent} event */
async function enter(event) {
  event.preventDefault();
  const code = asCode(byId("code").value);
  wrong = code ? "" : t("home.no-code");
  if (code) {
    try {
      const { kind } = await api.get(`/contests/${encodeURIComponent(code)}`);
      return location.assign(`/${kind === "room" ? "rooms" : "join"}/${encodeURIComponent(code)}`);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) wrong = t("home.unknown-code", { code });
      else showProblem(problem, error);
    }
  }
  paint();
  byId("code").focus();
}

function yours() {
  const mine = sessions();
  if (mine.length === 0) return nothing;
  return html`<section class="stack tight" aria-labelledby="yours">
    <h2 id="yours">${t("home.yours")}</h2>
    <ul class="list card flush">${mine.map(({ code, team, contest }) => html`
      <li><a class="entry" href="/play/${code}"><strong dir="auto">${team}</strong><span class="quiet">${contest}</span><span class="go" aria-hidden="true">→</span></a></li>`)}
    </ul></section>`;
}

function listed() {
  if (contests === null) return loading();
  if (contests.length === 0) return html`<p class="empty">${t("home.none")}</p>`;
  return html`<ul class="list card flush">${contests.map(entry)}</ul>
    ${next ? html`<button type="button" @click=${() => void read()}>${t("home.more")}</button>` : nothing}`;
}

/** @param {import("../../parts/contests.js").Contest} contest */
const entry = ({ name, code, state }) => html`<li><a class="entry" href=${boardPath(code)}>
  <strong dir="auto">${name}</strong><code class="quiet">${code}</code><span class="state" data-state=${state}>${stateName(state)}</span></a></li>`;

async function read() {
  try {
    const page = await contestPage(api, next);
    contests = [...(contests ?? []), ...page.data];
    next = page.next_cursor ?? "";
  } catch (error) {
    contests ??= [];
    showProblem(problem, error);
  }
  paint();
}

whenAccountChanges(paint);
paint();
await read();
