/**
 * What staff did, the newest first.
 */

import { html, nothing } from "../../parts/html.js";
import { t, timeOfDay } from "../../texts/texts.js";
import { Reading } from "./reading.js";

/** @typedef {{at: string, actor: string, action: string, reason: string | null, request_id: string}} Line */

/** The latest lines. */
export class Audit {
  /**
   * @param {import("../../net/api.js").Api} api
   * @param {string} contest
   * @param {() => void} paint
   */
  constructor(api, contest, paint) {
    /** @type {Reading<Line>} */
    this.list = new Reading(async () => (await api.get(`/audit?contest=${contest}&limit=200`)).data, paint);
  }

  open() {
    void this.list.refresh();
  }

  view() {
    return html`<section class="card stack"><h2>${t("desk.audit")}</h2>${this.list.view((items) => html`<div class="scroll"><table class="ranking"><thead><tr><th scope="col">${t("audit.at")}</th>
      <th scope="col">${t("audit.who")}</th><th scope="col">${t("points.what")}</th><th scope="col">${t("reason")}</th></tr></thead><tbody>${items.map((line) => html`<tr><td>${timeOfDay(line.at)}</td>
      <td dir="auto">${line.actor}</td><th scope="row"><code>${line.action}</code></th><td dir="auto">${line.reason ?? nothing}</td></tr>`)}</tbody></table></div>`, t("audit.none"))}</section>`;
  }
}
