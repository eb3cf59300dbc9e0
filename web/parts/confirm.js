/**
 * Asks before something that cannot be taken back.
 */

import { t } from "../texts/texts.js";
import { el } from "./dom.js";

/**
 * @param {{title: string, text: string, yes: string, more?: Node[]}} question `more` stands below the text; a field there must
 *   be filled in before the answer can be yes
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, yes, more = [] }) {
  const cancel = el("button", { type: "button", autofocus: true, onclick: () => dialog.close("no") }, t("cancel"));
  const form = el("form", { method: "dialog", class: "stack" }, el("h2", { id: "confirm-title" }, title), el("p", {}, text), ...more,
    el("div", { class: "actions" }, cancel, el("button", { id: "confirm-yes", class: "primary", value: "yes" }, yes)));
  const dialog = el("dialog", { "aria-labelledby": "confirm-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes");
    }, { once: true });
  });
}
