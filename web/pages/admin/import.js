/**
 * Brings a file of questions in: first it is checked, with every line that is wrong; it can be
 * mended right here; and only what is right is written. Sent twice, the same file changes nothing:
 * questions are known by their names.
 */

import { el } from "../../parts/dom.js";
import { html, live, nothing } from "../../parts/html.js";
import { clearProblem, showProblem } from "../../parts/problem.js";
import { number, t } from "../../texts/texts.js";

/** @typedef {{line?: number, item?: number, pointer: string, detail: string}} LineError */
/** @typedef {{dry_run: boolean, total: number, created: number, new_versions: number, unchanged: number, placed: number, errors: LineError[], error_count: number}} Report */

/** What a file looks like, for whoever has none. */
const SAMPLE = `external_id,kind,text,option_a,option_b,option_c,option_d,answer,difficulty,category,points
geo-1,single_choice,Which river flows through Vienna?,Rhine,Danube,Elbe,Oder,B,EASY,Geography,100
`;

/** Steps: a file, its check, the import. */
export class ImportWizard {
  #text = "";
  /** @type {Report | null} of this very text */
  #report = null;
  #isBusy = false;
  #problem = el("div");

  /** @param {import("./desk.js").Place} place */
  constructor({ api, path, paint }) {
    [this.api, this.path, this.paint] = [api, `${path}/questions/import`, paint];
  }

  open() {}

  view() {
    const canWrite = this.#report?.dry_run && this.#report.error_count === 0 && this.#report.total > 0;
    return html`<section class="card stack"><h2>${t("import.title")}</h2><p class="quiet">${t("import.lead")}</p>${this.#problem}
      <div class="row"><label class="button">${t("import.file")}<input class="unseen" type="file" accept=".csv,.json,text/csv,application/json" @change=${(/** @type {any} */ event) => void this.#take(event.target)}></label>
        <button type="button" @click=${() => this.#set(SAMPLE)}>${t("import.sample")}</button></div>
      <div class="field"><label for="import-text">${t("import.text")}</label>
        <textarea id="import-text" class="code" rows="12" spellcheck="false" wrap="off" .value=${live(this.#text)} @input=${(/** @type {any} */ event) => this.#set(event.target.value)}></textarea></div>
      <div class="actions"><button type="button" class=${canWrite ? "" : "primary"} ?disabled=${this.#isBusy || !this.#text.trim()} @click=${() => void this.#send(true)}>${t("import.check")}</button>
        ${canWrite ? html`<button type="button" class="primary" ?disabled=${this.#isBusy} @click=${() => void this.#send(false)}>${t("import.write", { n: this.#report?.total ?? 0 })}</button>` : nothing}</div>
      <div role="status">${this.#report ? this.#told(this.#report) : nothing}</div></section>`;
  }

  /** @param {HTMLInputElement} input */
  async #take(input) {
    const file = input.files?.[0];
    if (file) this.#set(await file.text());
    input.value = "";
  }

  /** @param {string} text */
  #set(text) {
    [this.#text, this.#report] = [text, null];
    this.paint();
  }

  /** @param {boolean} isDry */
  async #send(isDry) {
    this.#isBusy = true;
    clearProblem(this.#problem);
    this.paint();
    const type = /^\s*[[{]/.test(this.#text) ? "application/json" : "text/csv";
    try {
      this.#report = await this.api.file(`${this.path}?dry_run=${isDry}`, this.#text, type);
    } catch (error) {
      showProblem(this.#problem, error);
    }
    this.#isBusy = false;
    this.paint();
  }

  /** @param {Report} report */
  #told(report) {
    if (report.error_count) {
      return html`<p class="bad">${t("import.wrong", { n: report.error_count })}</p><div class="scroll"><table class="ranking"><thead><tr><th scope="col" class="number">${t("import.line")}</th>
        <th scope="col">${t("import.column")}</th><th scope="col">${t("import.what")}</th></tr></thead><tbody>${report.errors.map((one) => this.#error(one))}</tbody></table></div>`;
    }
    const counts = [t("import.created", { n: report.created }), t("import.new-versions", { n: report.new_versions }), t("import.unchanged", { n: report.unchanged })].join(" ");
    return html`<p class="good">✓ ${report.dry_run ? t("import.fine", { n: report.total }) : t("import.done", { n: report.total })}</p><p>${counts}</p>`;
  }

  /** @param {LineError} wrong */
  #error(wrong) {
    const place = wrong.line === undefined ? number(wrong.item ?? 0) : html`<button class="plain" @click=${() => this.#select(wrong.line ?? 1)}>${number(wrong.line)}</button>`;
    return html`<tr><td class="number">${place}</td><td><code>${wrong.pointer}</code></td><td>${wrong.detail}</td></tr>`;
  }

  /** Marks a line in the text, where it can be mended. @param {number} line from 1 */
  #select(line) {
    const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("import-text"));
    const before = this.#text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = this.#text.indexOf("\n", before);
    field.focus();
    field.setSelectionRange(before, end < 0 ? this.#text.length : end);
    field.scrollTop = (field.scrollHeight / this.#text.split("\n").length) * (line - 3);
  }
}
