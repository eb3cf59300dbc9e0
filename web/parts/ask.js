/**
 * Asks for a sentence, such as a reason, before something that staff must account for.
 */

import { t } from "../texts/texts.js";
import { el } from "./dom.js";

/**
 * @param {{title: string, text: string, label: string, yes: string}} question
 * @returns {Promise<string>} what was typed; empty when it was not to be
 */
export function asked({ title, text, label, yes }) {
  const input = el("input", { id: "asked", required: true, maxlength: "500", autocomplete: "off" });
  const cancel = el("button", { type: "button" }, t("cancel"));
  const form = el("form", { method: "dialog", class: "stack" }, el("h2", { id: "ask-title" }, title), el("p", {}, text),
    el("div", { class: "field" }, el("label", { for: "asked" }, label), input),
    el("div", { class: "actions" }, cancel, el("button", { class: "primary", value: "yes" }, yes)));
  const dialog = el("dialog", { "aria-labelledby": "ask-title" }, form);
  cancel.onclick = () => dialog.close("");
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      answer(dialog.returnValue === "yes" ? input.value.trim() : "");
    }, { once: true });
  });
}
