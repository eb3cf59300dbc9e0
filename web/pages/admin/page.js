/**
 * The console: lets staff in, lists the contests, and shows the chosen one.
 */

import { AccountApi, account, signOut } from "../../net/account.js";
import { Api, Problem } from "../../net/api.js";
import { NewContest } from "./create.js";
import { Desk } from "./desk.js";
import { listContests, stateName } from "../../parts/contests.js";
import { byId, el, setText } from "../../parts/dom.js";
import { Pill } from "../../parts/pill.js";
import { rightsOf } from "./rights.js";
import { showEntrance } from "./entrance.js";
import { forgetStaffToken, keepStaffToken, staffToken } from "../../parts/staff.js";
import { t } from "../../texts/texts.js";
import { frame } from "./shell.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

frame();

const problem = byId("problem");
const entrance = byId("entrance");
const pill = new Pill(byId("pill"));
const place = byId("contest");
/** @type {Desk | null} */
let view = null;

/** The secret of a one-time link; it leaves the address bar at once. */
function startCode() {
  const code = new URLSearchParams(location.hash.slice(1)).get("start");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

async function begin() {
  const code = startCode();
  try {
    if (code) keepStaffToken((await new Api().post("/auth/start-link", { code })).token);
  } catch (error) {
    leave();
    return showProblem(problem, error);
  }
  const kept = staffToken();
  if (kept) await enter(new Api(kept));
  else if (account()) await enter(new AccountApi());
  else leave();
}

/** @param {Api} api */
async function enter(api) {
  view?.close();
  view = null;
  clearProblem(problem);
  try {
    await showConsole(api, await rightsOf(api));
  } catch (error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) refused(error);
    else failed(error);
  }
}

/** @param {unknown} error */
function failed(error) {
  showProblem(problem, error);
  if (byId("console").hidden) entrance.hidden = false;
}

/** @param {unknown} error */
function refused(error) {
  leave();
  showProblem(problem, error);
}

function leave() {
  clearProblem(problem);
  forgetStaffToken();
  view?.close();
  view = null;
  place.replaceChildren();
  byId("console").hidden = byId("sign-out").hidden = true;
  setText(byId("who"), "");
  entrance.hidden = false;
}

/**
 * @param {Api} api
 * @param {import("./rights.js").Rights} rights
 */
async function showConsole(api, rights) {
  const choice = new URLSearchParams(location.search).get("contest");
  const item = (/** @type {import("../../parts/contests.js").Contest} */ contest) => {
    const state = el("span", { class: "state", "data-state": contest.state }, stateName(contest.state));
    const button = el("button", { type: "button" }, contest.name);
    button.onclick = () => show(api, contest, rights, button, state);
    if (contest.code === choice) button.click();
    return el("li", { class: "row" }, button, state);
  };
  const list = byId("contests");
  byId("create").onclick = () => new NewContest(api, (made) => {
    history.replaceState(null, "", `?contest=${encodeURIComponent(made.code)}`);
    void showConsole(api, rights);
  }).open();
  byId("create").hidden = !rights.may("manage");
  setText(byId("who"), rights.name && t("sign-in.who", { name: rights.name, role: t(`role.${rights.role}`) }));
  entrance.hidden = true;
  byId("console").hidden = byId("sign-out").hidden = false;
  const first = await listContests(api, list, byId("more"), item, failed);
  if (first.length === 0) list.append(el("li", { class: "quiet" }, rights.may("manage") ? t("create.none") : t("home.none")));
  else if (!view) list.querySelector("button")?.click();
}

/**
 * @param {Api} api
 * @param {import("../../parts/contests.js").Contest} contest
 * @param {import("./rights.js").Rights} rights
 * @param {HTMLElement} button
 * @param {HTMLElement} state
 */
function show(api, contest, rights, button, state) {
  view?.close();
  for (const other of byId("contests").querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
  const query = new URLSearchParams(location.search);
  query.set("contest", contest.code);
  history.replaceState(null, "", `?${query}`);
  const moved = (/** @type {string} */ now) => {
    state.dataset.state = now;
    setText(state, stateName(now));
  };
  view = new Desk(api, contest, rights, { pill, refused, moved });
  place.replaceChildren(view.element);
}

showEntrance(entrance, {
  token: async (secret) => {
    keepStaffToken(secret);
    await enter(new Api(secret));
  },
  account: () => enter(new AccountApi()),
});
byId("sign-out").addEventListener("click", async () => {
  // A token is this tab's; an account is signed in on all of them.
  const isAccount = !staffToken() && account() !== null;
  try {
    if (isAccount) await signOut("sign-out");
    leave();
  } catch (error) {
    showProblem(problem, error);
  }
});
window.addEventListener("hashchange", () => void begin());
await begin();
