/**
 * What staff changes of a team: name, address, division, extra time, and whether it is seen.
 */

import { wrongAt } from "../../parts/field.js";
import { html, nothing } from "../../parts/html.js";
import { asProblem } from "../../parts/problem.js";
import { t } from "../../texts/texts.js";
import { choice, line, tick } from "./inputs.js";

const MINUTE = 60_000;

/** Only what differs is sent, so two people change two things of one team without harm. */
export class TeamForm {
  /** @type {import("../../net/api.js").Problem | null} */
  #problem = null;
  #isSaved = false;

  /**
   * @param {import("./desk.js").Place} place
   * @param {import("./team-panel.js").Team} team
   * @param {() => Promise<void>} saved
   */
  constructor(place, team, saved) {
    [this.place, this.saved, this.id, this.path] = [place, saved, team.id, `${place.path}/teams/${team.id}`];
    this.was = typed(team);
    this.is = { ...this.was, reason: "" };
  }

  /**
   * @param {string} name
   * @param {string | boolean} value
   */
  #type(name, value) {
    Object.assign(this.is, { [name]: value });
    this.#isSaved = false;
    this.place.paint();
  }

  view() {
    const { is, id } = this;
    const { divisions } = this.place.contest;
    const field = (/** @type {"name" | "email" | "minutes" | "reason"} */ name, /** @type {string} */ label, more = {}) =>
      line({ id: `${name}-${id}`, label, value: is[name], wrong: wrongAt(this.#problem, `/${name === "minutes" ? "extra_time_ms" : name}`), ...more }, (value) => this.#type(name, value));
    return html`<form class="stack tight" @submit=${(/** @type {SubmitEvent} */ event) => void this.#save(event)} novalidate><div class="columns">
      ${field("name", t("join.team-name"), { maxlength: 200 })}${field("email", t("teams.email"), { maxlength: 254 })}
      ${divisions.length ? choice({ id: `division-${id}`, label: t("join.division"), value: is.division, options: [["", t("join.no-division")], ...divisions.map((one) => /** @type {[string, string]} */ ([one, one]))] }, (value) => this.#type("division", value)) : nothing}
      ${field("minutes", t("teams.extra"), { type: "number", min: 0, max: 1440, step: "any" })}${field("reason", t("teams.reason"), { maxlength: 500 })}</div>
      ${tick({ id: `hidden-${id}`, label: t("teams.hide"), value: is.hidden }, (value) => this.#type("hidden", value))}
      ${this.#problem && this.#problem.errors.length === 0 ? html`<p class="wrong" role="alert">${this.#problem.title}. ${this.#problem.detail}</p>` : nothing}
      <div class="row"><button class="primary">${t("save")}</button>${this.#isSaved ? html`<span class="good" role="status">✓ ${t("saved")}</span>` : nothing}</div></form>`;
  }

  /** @param {SubmitEvent} event */
  async #save(event) {
    event.preventDefault();
    const { was, is } = this;
    const changes = {
      ...(is.name !== was.name && { name: is.name }),
      ...(is.email !== was.email && { email: is.email }),
      ...(is.division !== was.division && { division: is.division || null }),
      ...(is.hidden !== was.hidden && { hidden: is.hidden }),
      ...(is.minutes !== was.minutes && { extra_time_ms: Math.round(Number(is.minutes) * MINUTE) }),
    };
    try {
      if (Object.keys(changes).length) {
        const team = await this.place.api.edit("PATCH", this.path, { ...changes, ...(is.reason.trim() && { reason: is.reason.trim() }) });
        this.was = typed(team);
        this.is = { ...this.was, reason: "" };
        await this.saved();
      }
      [this.#problem, this.#isSaved] = [null, true];
    } catch (error) {
      this.#problem = asProblem(error);
    }
    this.place.paint();
  }
}

/** A team as the fields have it. @param {import("./team-panel.js").Team} team */
const typed = ({ name, email, division, hidden, extra_time_ms }) => ({ name, email, division: division ?? "", hidden, minutes: String(extra_time_ms / MINUTE) });
