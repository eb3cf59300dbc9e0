/**
 * Asks before something that cannot be taken back.
 */

import { t } from "../texts/texts.js";
import { el } from "./dom.js";

/**
 * @param {{title: string, text: string, yes: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, yes }) {
  const form = el("form", { method: "dialog", class: "stack" }, el("h2", { id: "confirm-title" }, title), el("p", {}, text),
    el("div", { class: "actions" }, el("button", { value: "no", autofocus: true }, t("cancel")), el("button", { id: "confirm-yes", class: "primary", value: "yes" }, yes)));
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
