/**
 * Makes a contest. It is a draft at first: nobody but staff sees it.
 */

import { Once } from "../../net/kept.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { html, nothing, render } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/** A dialog with what a contest cannot do without; all else has a sensible default. */
export class NewContest {
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;
  #once = new Once();
  #dialog = el("dialog", { "aria-labelledby": "create-title" });

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {(made: import("../../parts/contests.js").Contest) => void} made
   */
  constructor(api, made) {
    [this.api, this.made] = [api, made];
  }

  open() {
    document.body.append(this.#dialog);
    this.#dialog.addEventListener("close", () => this.#dialog.remove());
    this.#paint();
    this.#dialog.showModal();
  }

  #paint() {
    const wrong = (/** @type {string} */ pointer) => wrongAt(this.#problem, pointer);
    render(html`<form class="stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)} novalidate>
      <h2 id="create-title">${t("create.title")}</h2>
      ${field({ id: "contest-name", label: t("create.name"), wrong: wrong("/name"), required: true, maxlength: 200 })}
      ${field({ id: "minutes", label: t("create.minutes"), hint: t("create.minutes-hint"), wrong: wrong("/duration_ms") })}
      ${field({ id: "freeze", label: t("create.freeze"), hint: t("create.freeze-hint"), wrong: wrong("/freeze_before_end_ms") })}
      ${field({ id: "penalty", label: t("create.penalty"), wrong: wrong("/wrong_penalty"), value: "0" })}
      ${field({ id: "divisions", label: t("create.divisions"), hint: t("create.divisions-hint"), wrong: wrong("/divisions"), maxlength: 1000 })}
      ${this.#problem && this.#problem.errors.length === 0 ? html`<p class="wrong" role="alert">${this.#problem.title} ${this.#problem.detail}</p>` : nothing}
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t("cancel")}</button><button class="primary">${t("create.make")}</button></div>
    </form>`, this.#dialog);
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
    const whole = (/** @type {string} */ name) => (text(name) ? Number(text(name).replace(",", ".")) : null);
    const inMs = (/** @type {string} */ name) => { const minutes = whole(name); return minutes === null ? null : Math.round(minutes * 60_000); };
    const divisions = text("divisions").split(",").map((one) => one.trim()).filter(Boolean);
    const body = { name: text("contest-name"), duration_ms: inMs("minutes"), freeze_before_end_ms: inMs("freeze"), wrong_penalty: whole("penalty") ?? 0, divisions };
    try {
      const made = await this.#once.post(this.api, "/contests", body);
      this.#dialog.close();
      this.made(made);
    } catch (error) {
      this.#problem = asProblem(error);
      this.#paint();
    }
  }
}
