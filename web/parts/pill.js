/**
 * The pill that says how the connection is. The seconds tick for the eye only: the live
 * region speaks when the kind changes.
 */

import { t } from "../texts/texts.js";
import { el, setText } from "./dom.js";

/** Shows a connection's status. */
export class Pill {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.shown = el("span", { "aria-hidden": "true" });
    this.spoken = el("span", { class: "unseen", role: "status", "aria-live": "polite" });
    place.replaceChildren(this.shown, this.spoken);
    this.hide();
    setInterval(() => this.#paint(), 250);
  }

  hide() {
    this.place.hidden = true;
  }

  /** @param {import("../net/socket.js").Status} status */
  show(status) {
    this.place.hidden = false;
    // A try that follows a wait is part of it: "connecting" is news only at first.
    const again = status.kind === "connecting" && (this.status?.kind === "waiting" || this.status?.kind === "offline");
    if (again) return;
    this.status = status;
    this.place.dataset.kind = status.kind;
    setText(this.spoken, t(`pill.spoken.${status.kind}`));
    this.#paint();
  }

  #paint() {
    if (this.status) setText(this.shown, words(this.status));
  }
}

/** @param {import("../net/socket.js").Status} status */
function words(status) {
  const seconds = status.kind === "waiting" ? Math.ceil((status.until - Date.now()) / 1000) : 0;
  return seconds > 0 ? t("pill.waiting-for", { seconds }) : t(`pill.${status.kind}`);
}
