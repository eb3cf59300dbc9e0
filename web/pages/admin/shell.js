/**
 * The frame of the console: signing in, the list of contests, and the place of the chosen one.
 */

import { t } from "../../texts/texts.js";
import { byId, el } from "../../parts/dom.js";

/** Puts the frame into the page. */
export function frame() {
  const brand = el("a", { class: "brand", href: "/" }, el("img", { src: "/web/mark.svg", alt: "", width: "32", height: "32" }), "Podium");
  const bar = el("header", { class: "bar" }, brand, el("p", { class: "title" }, t("console")), el("p", { id: "pill", class: "pill" }),
    el("button", { id: "sign-out", type: "button", hidden: true }, t("sign-out")));
  const nav = el("nav", { class: "card stack tight", "aria-labelledby": "contests-title" }, el("h2", { id: "contests-title" }, t("home.contests")),
    el("button", { id: "create", type: "button", class: "primary" }, t("create.do")), el("ul", { id: "contests", class: "list" }), el("button", { id: "more", type: "button", hidden: true }, t("home.more")));
  const desk = el("div", { id: "console", class: "console", hidden: true }, nav, el("div", { id: "contest" }));
  byId("app").replaceChildren(bar, el("main", {}, el("h1", { class: "unseen" }, t("console")), el("div", { id: "problem" }), signIn(), desk));
}

function signIn() {
  const token = el("input", { id: "token", type: "password", required: true, maxlength: "512", pattern: "\\s*[\\x21-\\x7e]+\\s*",
    title: t("sign-in.token-means"), autocomplete: "off", spellcheck: "false" });
  return el("form", { id: "sign-in", class: "card stack narrow", hidden: true }, el("h2", {}, t("sign-in")),
    el("p", { class: "quiet" }, t("sign-in.how")),
    el("div", { class: "field" }, el("label", { for: "token" }, t("sign-in.token")), token), el("button", { class: "primary big", type: "submit" }, t("sign-in")));
}
