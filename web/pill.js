/**
 * The pill that says how the connection is. The seconds tick for the eye only: the live
 * region speaks when the kind changes.
 */

import { el, setText } from "./dom.js";

/** @type {Record<string, string>} */
const SPOKEN = {
  connecting: "Connecting",
  live: "Live",
  stale: "Connected, but the board may be old",
  waiting: "Connection lost, reconnecting",
  offline: "Offline, trying again",
  refused: "Not connected",
};

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

  /** @param {import("./socket.js").Status} status */
  show(status) {
    this.place.hidden = false;
    // A try that follows a wait is part of it: "connecting" is news only at first.
    const again = status.kind === "connecting" && (this.status?.kind === "waiting" || this.status?.kind === "offline");
    if (again) return;
    this.status = status;
    this.place.dataset.kind = status.kind;
    setText(this.spoken, SPOKEN[status.kind]);
    this.#paint();
  }

  #paint() {
    if (this.status) setText(this.shown, words(this.status));
  }
}

/** @param {import("./socket.js").Status} status */
function words(status) {
  switch (status.kind) {
    case "waiting": {
      const seconds = Math.ceil((status.until - Date.now()) / 1000);
      return seconds > 0 ? `reconnecting in ${seconds} s` : "reconnecting…";
    }
    case "stale":
      return "live, may be old";
    case "connecting":
      return "connecting…";
    case "refused":
      return "not connected";
    default:
      return status.kind;
  }
}
