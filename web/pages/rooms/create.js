/**
 * Makes a room. All of it may be left as it is; what is asked in it, its owner adds there.
 */

import { Once } from "../../net/kept.js";
import { el } from "../../parts/dom.js";
import { field, wrongAt } from "../../parts/field.js";
import { html, nothing, render } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";

/** A dialog. */
export class NewRoom {
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;
  #once = new Once();
  #isBusy = false;
  #dialog = el("dialog", { "aria-labelledby": "create-title" });

  /**
   * @param {import("../../net/api.js").Api} api
   * @param {(made: {room_id: string}) => void} made
   */
  constructor(api, made) {
    [this.api, this.made] = [api, made];
  }

  open() {
    document.body.append(this.#dialog);
    this.#dialog.addEventListener("close", () => this.#dialog.remove(), { once: true });
    // A page that one comes back to is as it was left.
    [this.#problem, this.#isBusy] = [null, false];
    this.#paint();
    this.#dialog.showModal();
  }

  #paint() {
    const wrong = (/** @type {string} */ pointer) => wrongAt(this.#problem, pointer);
    render(html`<form class="stack" @submit=${(/** @type {SubmitEvent} */ event) => void this.#send(event)} novalidate>
      <h2 id="create-title">${t("rooms.create")}</h2>
      ${field({ id: "room-title", label: t("rooms.name"), hint: t("rooms.name-hint"), wrong: wrong("/title"), maxlength: 200 })}
      ${field({ id: "minutes", label: t("rooms.minutes"), hint: t("rooms.minutes-hint"), wrong: wrong("/duration_ms"), inputmode: "decimal" })}
      ${field({ id: "most", label: t("rooms.most"), hint: t("rooms.most-hint"), wrong: wrong("/max_members"), inputmode: "numeric" })}
      ${field({ id: "bonus", label: t("rooms.bonus"), wrong: wrong("/first_correct_bonus"), inputmode: "numeric", value: "10" })}
      <label class="row tick-box"><input type="checkbox" name="private"> ${t("rooms.make-private")}</label>
      ${this.#problem && this.#problem.errors.length === 0 ? html`<p class="wrong" role="alert">${this.#problem.title}. ${this.#problem.detail}</p>` : nothing}
      <div class="actions"><button type="button" @click=${() => this.#dialog.close()}>${t("cancel")}</button>
        <button class="primary" ?disabled=${this.#isBusy}>${t("rooms.make")}</button></div>
    </form>`, this.#dialog);
  }

  /** @param {SubmitEvent} event */
  async #send(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
    const body = { title: text("room-title") || null, private: data.has("private"), max_members: whole(text("most")), duration_ms: whole(text("minutes"), 60_000),
      first_correct_bonus: whole(text("bonus")) };
    this.#isBusy = true;
    this.#paint();
    try {
      this.made(await this.#once.post(this.api, "/rooms", body));
    } catch (error) {
      [this.#problem, this.#isBusy] = [asProblem(error), false];
      this.#paint();
      this.#dialog.querySelector("[aria-invalid]")?.focus();
    }
  }
}

/**
 * What was typed as a number. What is none is sent as it is, so that the server says what is wrong with it.
 * @param {string} text
 * @param {number} [unit]
 */
function whole(text, unit = 1) {
  const typed = Number(text.replace(",", "."));
  return text && Number.isFinite(typed) ? Math.round(typed * unit) : text || null;
}
