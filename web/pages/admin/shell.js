/**
 * The frame of the console: signing in, the list of contests, and the place of the chosen one.
 */

import { byId, el } from "../../parts/dom.js";

/** Puts the frame into the page. */
export function frame() {
  const brand = el("a", { class: "brand", href: "/" }, el("img", { src: "/web/mark.svg", alt: "", width: "32", height: "32" }), "Podium");
  const bar = el("header", { class: "bar" }, brand, el("p", { class: "title" }, "Console"), el("p", { id: "pill", class: "pill" }),
    el("button", { id: "sign-out", type: "button", hidden: true }, "Sign out"));
  const nav = el("nav", { class: "card stack tight", "aria-labelledby": "contests-title" }, el("h2", { id: "contests-title" }, "Contests"),
    el("ul", { id: "contests", class: "list" }), el("button", { id: "more", type: "button", hidden: true }, "Show older contests"));
  const desk = el("div", { id: "console", class: "console", hidden: true }, nav, el("div", { id: "contest" }));
  byId("app").replaceChildren(bar, el("main", {}, el("h1", { class: "unseen" }, "Console"), el("div", { id: "problem" }), signIn(), desk));
}

function signIn() {
  const token = el("input", { id: "token", type: "password", required: true, maxlength: "512", pattern: "\\s*[\\x21-\\x7e]+\\s*",
    title: "Letters, digits and signs, no spaces", autocomplete: "off", spellcheck: "false" });
  return el("form", { id: "sign-in", class: "card stack narrow", hidden: true }, el("h2", {}, "Sign in"),
    el("p", { class: "quiet" }, "Open the one-time link that the server printed at its first start, or that ", el("code", {}, "podium admin link"), " prints. Or paste an admin token."),
    el("div", { class: "field" }, el("label", { for: "token" }, "Admin token"), token), el("button", { class: "primary big", type: "submit" }, "Sign in"));
}
