/**
 * Everything that can be taken away as a file.
 */

import { html, nothing } from "../../parts/html.js";
import { el } from "../../parts/dom.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { number, t } from "../../texts/texts.js";
import { download } from "./download.js";

/** @typedef {{name: string, formats: Record<string, string>, right: import("./rights.js").Right}} File `formats`: for each the path */

/** Files of a contest, each with how much of it has come. */
export class Exports {
  /** @type {Map<string, number>} bytes so far of what is on its way */
  #coming = new Map();
  #problem = el("div");

  /** @param {import("./desk.js").Place} place */
  constructor(place) {
    this.place = place;
    const { path, contest } = place;
    const both = (/** @type {string} */ at) => ({ csv: `${at}?format=csv`, json: `${at}?format=json` });
    /** @type {File[]} */
    this.files = /** @type {File[]} */ ([
      { name: "questions", formats: both(`${path}/questions/export`), right: "answers" },
      { name: "events", formats: { ndjson: `${path}/events?since=0&format=ndjson` }, right: "see" },
      { name: "participation", formats: both(`${path}/reports/participation`), right: "see" },
      { name: "question-report", formats: { csv: `${path}/reports/questions?format=csv` }, right: "answers" },
      { name: "audit", formats: { ndjson: `/audit?contest=${contest.id}&format=ndjson` }, right: "manage" },
    ]).filter((file) => place.rights.may(file.right));
  }

  open() {}

  /**
   * @param {string} path
   * @param {string} name
   */
  async #take(path, name) {
    clearProblem(this.#problem);
    const tell = (/** @type {number} */ bytes) => {
      this.#coming.set(name, bytes);
      this.place.paint();
    };
    tell(0);
    try {
      download(await this.place.api.download(path, tell), name);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.#coming.delete(name);
    this.place.paint();
  }

  /** The board has no file of its own: it is read page by page. */
  async #board() {
    const name = `board-${this.place.contest.code}.csv`;
    clearProblem(this.#problem);
    this.#coming.set(name, 0);
    this.place.paint();
    try {
      const rows = await this.place.api.all(`${this.place.path}/leaderboard`);
      download(new Blob([csv(["rank", "team", "division", "points", "last_gain_ms", "wrong"], rows)], { type: "text/csv" }), name);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.#coming.delete(name);
    this.place.paint();
  }

  view() {
    const { code } = this.place.contest;
    return html`<section class="card stack"><h2>${t("desk.exports")}</h2>${this.#problem}<ul class="list">
      <li class="row spread"><span class="grow"><strong>${t("exports.board")}</strong><br><span class="quiet small">${t("exports.board-means")}</span></span>${this.#button("csv", `board-${code}.csv`, () => this.#board())}</li>
      ${this.files.map(({ name, formats }) => html`<li class="row spread"><span class="grow"><strong>${t(`exports.${name}`)}</strong><br><span class="quiet small">${t(`exports.${name}-means`)}</span></span>
        <span class="actions">${Object.entries(formats).map(([format, path]) => { const file = `${name}-${code}.${format}`; return this.#button(format, file, () => this.#take(path, file)); })}</span></li>`)}</ul></section>`;
  }

  /**
   * @param {string} format
   * @param {string} file
   * @param {() => Promise<void>} take
   */
  #button(format, file, take) {
    const bytes = this.#coming.get(file);
    return html`<span class="row">${bytes === undefined ? nothing : html`<span class="quiet small" role="status">${t("exports.so-far", { kib: number(bytes / 1024) })}</span>`}
      <button ?disabled=${bytes !== undefined} @click=${() => void take()}>${format.toUpperCase()}</button></span>`;
  }
}

/**
 * A table as spreadsheets read it (RFC 4180); what one would take for a formula gets a quote mark in front.
 * @param {string[]} columns
 * @param {Record<string, unknown>[]} rows
 */
function csv(columns, rows) {
  const cell = (/** @type {unknown} */ value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = String(value).replace(/^('*[=+\-@\t\r])/, "'$1");
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => `${line.map(cell).join(",")}\r\n`).join("");
}
