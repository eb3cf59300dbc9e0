/**
 * Asks for a sentence, such as a reason, before something that staff must account for.
 */

import { confirmed } from "./confirm.js";
import { el } from "./dom.js";

/**
 * @param {{title: string, text: string, label: string, yes: string, type?: string}} question `type` of the field
 * @returns {Promise<string>} what was typed; empty when it was not to be
 */
export async function asked({ title, text, label, yes, type = "text" }) {
  const input = el("input", { id: "asked", type, required: true, maxlength: "500", autocomplete: "off", autofocus: true });
  const field = el("div", { class: "field" }, el("label", { for: "asked" }, label), input);
  return (await confirmed({ title, text, yes, more: [field] })) ? input.value.trim() : "";
}
