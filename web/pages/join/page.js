/**
 * Where a team comes in: registers, takes a seat in a team that is there, or comes back with its
 * recovery code. Afterwards the device is in, and others can follow.
 */

import { Api, Problem } from "../../net/api.js";
import { boardPath, codeOfPage, stateName } from "../../parts/contests.js";
import { el } from "../../parts/dom.js";
import { loading, show } from "../../parts/frame.js";
import { html } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { forget, remember, sessionOf } from "../../parts/session.js";
import { t } from "../../texts/texts.js";
import { doneView } from "./done.js";
import { Entry } from "./entry.js";

const code = codeOfPage();
const problem = el("div");
/** @type {import("../../parts/contests.js").Contest | null} */
let contest = null;
/** @type {any} the own team, once this device is in one */
let team = null;
let isUnknown = false;
const entry = new Entry(code, { paint, entered, failed: (error) => (error ? showProblem(problem, error) : clearProblem(problem)) });

function paint() {
  show({ title: contest?.name ?? "", bar: "", main: html`${problem}${view()}`, look: "narrow stack" });
}

function view() {
  if (isUnknown) return unknown();
  if (!contest) return loading();
  const session = sessionOf(code);
  if (session && team) return doneView(contest, team, session.token, leave);
  if (session) return loading();
  return html`<header class="stack tight"><p><span class="state" data-state=${contest.state}>${stateName(contest.state)}</span></p>
    <h1 dir="auto">${contest.name}</h1></header>${entry.view(contest)}
    <p class="row"><a href=${boardPath(code)}>${t("join.only-watch")}</a></p>`;
}

const unknown = () => html`<section class="failure stack">
  <h1>${t("home.unknown-code", { code })}</h1><p class="lead">${t("join.unknown")}</p>
  <p><a class="button primary" href="/">${t("join.other-code")}</a></p></section>`;

/**
 * This device is in.
 * @param {string} token
 */
async function entered(token) {
  team = await new Api(token).get(`/contests/${code}/own-team`);
  const name = contest?.name ?? code;
  remember({ token, team_id: team.id, team: team.name, contest: name, code });
  paint();
  window.scrollTo(0, 0);
}

function leave() {
  forget(code);
  team = null;
  paint();
}

/** A token that another device hands over; it leaves the address bar at once. */
function handedOver() {
  const token = new URLSearchParams(location.hash.slice(1)).get("device");
  if (location.hash) history.replaceState(null, "", location.pathname);
  return token;
}

async function begin() {
  const token = handedOver() ?? sessionOf(code)?.token;
  paint();
  try {
    contest = await new Api().get(`/contests/${encodeURIComponent(code)}`);
    if (token) await entered(token);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) forget(code);
    if (error instanceof Problem && error.status === 404 && !contest) isUnknown = true;
    else showProblem(problem, error);
  }
  paint();
}

// The link of another device may be opened where this page is open already.
window.addEventListener("hashchange", () => location.hash && void begin());
await begin();
