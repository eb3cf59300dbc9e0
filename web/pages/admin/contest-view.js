/**
 * One contest in the console: its state, its board, what is left, and whether all is well.
 */

import { AdjustForm } from "./adjust.js";
import { BoardTable } from "../../parts/board-table.js";
import { boardPath, stateName } from "../../parts/contests.js";
import { el, setText } from "../../parts/dom.js";
import { Live } from "../../net/live.js";
import { t } from "../../texts/texts.js";
import { moveButtons } from "./moves.js";
import { Panel, checkReport, every, poolsTable, systemFacts, teamsText } from "./panels.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

const TOP = 10;
const POOLS_EVERY = 5_000;
const CHECK_EVERY = 20_000;

/**
 * @typedef {object} Surroundings
 * @property {import("../../parts/pill.js").Pill} pill
 * @property {(problem: unknown) => void} refused a token is not valid (any more)
 * @property {(state: string) => void} moved
 * @property {(frame: any) => void} [staff] hears what concerns staff
 */

/** Follows the chosen contest until another one is chosen. */
export class ContestView {
  /**
   * @param {import("../../net/api.js").Api} api
   * @param {import("../../parts/contests.js").Contest} contest
   * @param {Surroundings} around
   */
  constructor(api, contest, around) {
    [this.api, this.contest, this.around] = [api, contest, around];
    this.path = `/contests/${contest.id}`;
    this.isMoving = false;
    this.soon = 0;
    this.state = el("span", { class: "state", role: "status", tabindex: "-1" });
    this.clock = el("span", { class: "clock", role: "timer" });
    this.clockLabel = el("span");
    this.buttons = el("div", { class: "actions" });
    this.problem = el("div");
    this.title = el("h2", {}, contest.name);
    this.adjust = new AdjustForm(api, contest.id);
    this.teams = this.#panel(t("desk.teams"), () => api.all(`${this.path}/teams`), (teams) => this.#teamsRead(teams));
    this.pools = this.#panel(t("panel.left"), () => api.all(`${this.path}/pools`), poolsTable);
    this.check = this.#panel(t("panel.invariants"), () => api.get(`${this.path}/check`), checkReport);
    this.system = this.#panel(t("system.title"), () => api.get("/health"), (health) => systemFacts(health, contest.id));
    const top = this.#top();
    const adjust = el("section", { class: "card" }, el("h3", {}, t("adjust.title")), this.adjust.form);
    const panels = [top.card, this.check.card, this.teams.card, this.pools.card, this.system.card, adjust];
    this.element = el("div", {}, this.#head(), el("div", { class: "panels" }, ...panels));
    this.#showState(contest.state, contest.board);
    this.live = new Live(contest.id, api, {
      board: (ranking) => top.table.show(ranking.ranked(), false),
      contest: (live) => this.#showContest(live),
      status: (status) => around.pill.show(status),
      happened: (frame) => {
        if (frame.type.startsWith("team_")) this.#teamsChanged();
        around.staff?.(frame);
      },
    }, ["announcements", "staff"]);
    this.stops = [every(POOLS_EVERY, () => this.pools.refresh()), every(CHECK_EVERY, () => this.check.refresh()), every(POOLS_EVERY, () => this.system.refresh()),
      every(500, () => this.#tick())];
    for (const panel of [this.teams, this.pools, this.check, this.system]) void panel.refresh();
  }

  close() {
    this.stops.forEach((stop) => stop());
    clearTimeout(this.soon);
    this.live.close();
    this.around.pill.hide();
  }

  /**
   * @param {string} title
   * @param {() => Promise<any>} read
   * @param {(answer: any) => Node[]} show
   */
  #panel(title, read, show) {
    return new Panel(title, read, show, this.around.refused);
  }

  #head() {
    const { code } = this.contest;
    const link = (/** @type {string} */ name, /** @type {string} */ href) => el("a", { class: "button", href }, t(`desk.${name}`));
    const links = el("div", { class: "actions" }, link("board", boardPath(code)), link("lobby", `/lobby/${code}`), link("projector", `/projector/${code}`),
      link("reveal", `/projector/${code}/reveal`));
    return el("section", { class: "card" }, this.title, el("p", { class: "facts" },
      el("span", {}, `${t("desk.code")} `, el("code", {}, this.contest.code)), this.state, el("span", {}, this.clock, " ", this.clockLabel)),
      this.problem, el("div", { class: "facts" }, this.buttons, links));
  }

  #top() {
    const table = new BoardTable({ most: TOP });
    return { card: el("section", { class: "card" }, el("h3", {}, t("desk.top")), table.element, table.note), table };
  }

  /** @param {any[]} teams */
  #teamsRead(teams) {
    this.adjust.show(teams);
    return teamsText(teams);
  }

  /** Many teams may come at once: one look a second is enough. */
  #teamsChanged() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.teams.refresh(), 1000);
  }

  /** @param {Live} live */
  #showContest(live) {
    if (live.name) setText(this.title, live.name);
    this.#showState(live.clock.state, live.board ?? this.contest.board);
    this.#tick();
  }

  /**
   * @param {string} state
   * @param {string} board
   */
  #showState(state, board) {
    const { dataset } = this.state;
    if (dataset.state === state && dataset.board === board) return;
    [dataset.state, dataset.board] = [state, board];
    setText(this.state, board === "frozen" ? `${stateName(state)}, ${t("desk.board-frozen")}` : stateName(state));
    this.buttons.replaceChildren(...moveButtons(state, board, this.contest.name, (move) => this.#go(move.path)));
    // The button that was pressed is gone: the keyboard goes on from the state.
    if (this.isMoving) this.state.focus();
    this.around.moved(state);
  }

  /** @param {string} move */
  async #go(move) {
    clearProblem(this.problem);
    this.isMoving = true;
    try {
      const body = move === "start" ? {} : undefined;
      const moved = await this.api.post(`${this.path}/${move}`, body);
      this.#showState(moved.state, moved.board);
    } catch (error) {
      showProblem(this.problem, error);
    } finally {
      this.isMoving = false;
    }
  }

  #tick() {
    const { time, label } = this.live.clock.face();
    setText(this.clock, time);
    setText(this.clockLabel, label);
  }
}
