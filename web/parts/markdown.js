/**
 * Markdown as elements. No text is ever read as HTML: the parser's tokens become elements one by
 * one, and what somebody wrote as markup is shown as they wrote it. Images are shown as their text,
 * because a page sends no request to anywhere else.
 */

import { Lexer, lexer } from "../vendor/marked/marked.esm.js";
import { el } from "./dom.js";

/** @typedef {{type: string, raw: string, text?: string, tokens?: Token[], [more: string]: any}} Token */

const PLAIN = new Map([
  ["paragraph", "p"], ["blockquote", "blockquote"], ["strong", "strong"], ["em", "em"], ["del", "del"], ["list_item", "li"],
]);

/**
 * @param {string} text
 * @returns {HTMLElement}
 */
export const markdown = (text) => el("div", { class: "prose" }, ...nodes(/** @type {Token[]} */ (lexer(text))));

/**
 * Its words alone, for a list: no more than `most` letters, and a sign that there are more.
 * @param {string} text
 * @param {number} most
 */
export function words(text, most) {
  const plain = [...markdown(text.slice(0, 2 * most)).children].map((one) => one.textContent).join(" ").replace(/\s+/g, " ").trim();
  return plain.length > most || text.length > 2 * most ? `${plain.slice(0, most).trimEnd()}…` : plain;
}

/**
 * What stands in one line, such as a choice: nothing in it can be pressed, since the whole of it is pressed.
 * @param {string} text
 */
export function inline(text) {
  const line = el("span", {}, ...nodes(/** @type {Token[]} */ (Lexer.lexInline(text))));
  for (const link of line.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  return line;
}

/** @param {Token[] | undefined} tokens */
const nodes = (tokens) => (tokens ?? []).map(node);

/**
 * @param {Token} token
 * @returns {Node | string}
 */
function node(token) {
  const plain = PLAIN.get(token.type);
  if (plain) return el(/** @type {"p"} */ (plain), {}, ...nodes(token.tokens));
  switch (token.type) {
    case "space":
    case "def":
      return "";
    case "heading":
      // The page's own heading is above it.
      return el(token.depth === 1 ? "h3" : "h4", {}, ...nodes(token.tokens));
    case "code":
      return el("pre", { tabindex: "0" }, el("code", {}, token.text ?? ""));
    case "codespan":
      return el("code", {}, decoded(token.text ?? ""));
    case "hr":
      return el("hr");
    case "br":
      return el("br");
    case "list":
      return el(token.ordered ? "ol" : "ul", token.ordered && token.start !== 1 ? { start: String(token.start) } : {}, ...token.items.map(node));
    case "link":
      return link(token);
    case "image":
      return el("span", { class: "image" }, decoded(token.text ?? ""));
    case "table":
      return table(token);
    case "text":
      return token.tokens ? fragment(token.tokens) : decoded(token.text ?? "");
    case "escape":
      return token.text ?? "";
    default:
      return token.raw;
  }
}

/** @param {Token[]} tokens */
function fragment(tokens) {
  const all = document.createDocumentFragment();
  all.append(...nodes(tokens));
  return all;
}

/** Only addresses that open a page are links. @param {Token} token */
function link(token) {
  if (!/^https?:\/\//i.test(token.href)) return el("span", {}, ...nodes(token.tokens));
  return el("a", { href: token.href, rel: "noopener noreferrer nofollow", target: "_blank" }, ...nodes(token.tokens));
}

/** @param {Token} token */
function table(token) {
  const row = (/** @type {Token[]} */ cells, /** @type {"th" | "td"} */ tag) => el("tr", {}, ...cells.map((cell) => el(tag, {}, ...nodes(cell.tokens))));
  return el("table", {}, el("thead", {}, row(token.header, "th")), el("tbody", {}, ...token.rows.map((/** @type {Token[]} */ cells) => row(cells, "td"))));
}

const ENTITY = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][\da-z]{1,31});/gi;

/** `&amp;` and its like stand for a character. @param {string} text */
const decoded = (text) => text.replace(ENTITY, (entity) => new DOMParser().parseFromString(entity, "text/html").body.textContent ?? entity);
