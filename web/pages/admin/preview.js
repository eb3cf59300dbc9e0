/**
 * A question as a team sees it.
 */

import { html, nothing } from "../../parts/html.js";
import { inline, markdown } from "../../parts/markdown.js";
import { sign } from "../../parts/shape.js";
import { t } from "../../texts/texts.js";

/** @param {{kind: string, text: string, options: string[]}} question */
export const preview = ({ kind, text, options }) => html`<div class="preview stack">${text.trim() ? markdown(text) : html`<p class="quiet">${t("editor.no-text")}</p>`}
  ${options.length ? html`<ul class="list">${options.map((option, index) => html`<li class="row">${sign(index)}<span dir="auto">${inline(option)}</span></li>`)}</ul>` : nothing}
  ${kind === "true_false" ? html`<p class="row"><span class="tag">${t("question.true")}</span><span class="tag">${t("question.false")}</span></p>` : nothing}
  ${kind === "text" ? html`<p class="quiet">${t("question.your-answer")} …</p>` : nothing}${kind === "numeric" ? html`<p class="quiet">${t("question.your-number")} …</p>` : nothing}</div>`;
