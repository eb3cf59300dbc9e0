/**
 * One contest in the console: its state and moves, its board, and how it goes.
 */

import { AdjustForm } from "./adjust.js";
import { BoardTable } from "../../parts/board-table.js";
import { boardPath, stateName } from "../../parts/contests.js";
import { el, setText } from "../../parts/dom.js";
import { Live } from "../../net/live.js";
import { t } from "../../texts/texts.js";
import { Monitor } from "./monitor.js";
import { moveButtons } from "./moves.js";
import { clearProblem, showProblem } from "../../parts/problem.js";

const TOP = 10;

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
   * @param {import("./desk.js").Place} place
   * @param {Surroundings} around
   */
  constructor(place, around) {
    [this.api, this.contest, this.path, this.rights, this.around] = [place.api, place.contest, place.path, place.rights, around];
    this.isMoving = false;
    this.soon = 0;
    this.state = el("span", { class: "state", role: "status", tabindex: "-1" });
    this.clock = el("span", { class: "clock", role: "timer" });
    this.clockLabel = el("span");
    this.buttons = el("div", { class: "actions" });
    this.problem = el("div");
    this.title = el("h2", {}, this.contest.name);
    this.monitor = new Monitor(place, around.refused);
    const top = this.#top();
    this.adjust = this.rights.may("judge") ? new AdjustForm(place) : null;
    const cards = [top.card, ...(this.adjust ? [el("section", { class: "card" }, el("h3", {}, t("adjust.title")), this.adjust.form)] : [])];
    this.element = el("div", {}, this.#head(), el("div", { class: "overview" }, this.monitor.element, el("div", { class: "stack" }, ...cards)));
    this.#showState(this.contest.state, this.contest.board);
    this.live = new Live(this.contest.id, this.api, {
      board: (ranking) => top.table.show(ranking.ranked(), false),
      contest: (live) => this.#showContest(live),
      status: (status) => around.pill.show(status),
      happened: (frame) => this.#heard(frame),
    }, ["announcements", "staff"]);
    this.ticking = setInterval(() => this.#tick(), 500);
    void this.adjust?.load();
  }

  close() {
    clearInterval(this.ticking);
    clearTimeout(this.soon);
    this.monitor.close();
    this.live.close();
    this.around.pill.hide();
  }

  /** @param {any} frame */
  #heard(frame) {
    this.monitor.soon();
    if (frame.type.startsWith("team_") && this.adjust) {
      // Many teams may come at once: one look a second is enough.
      this.soon ||= setTimeout(() => {
        this.soon = 0;
        void this.adjust?.load();
      }, 1000);
    }
    this.around.staff?.(frame);
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
    this.buttons.replaceChildren(...moveButtons({ state, board, name: this.contest.name, rights: this.rights }, (path, body) => this.#go(path, body)));
    // The button that was pressed is gone: the keyboard goes on from the state.
    if (this.isMoving) this.state.focus();
    this.contest.state = state;
    this.around.moved(state);
    this.monitor.soon();
  }

  /**
   * @param {string} move
   * @param {unknown} [body]
   */
  async #go(move, body) {
    clearProblem(this.problem);
    this.isMoving = true;
    try {
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
