/**
 * The frame of the console: the list of contests, and the place of the chosen one.
 */

import { t } from "../../texts/texts.js";
import { byId, el } from "../../parts/dom.js";

/** Puts the frame into the page. */
export function frame() {
  const brand = el("a", { class: "brand", href: "/" }, el("img", { src: "/web/mark.svg", alt: "", width: "32", height: "32" }), "Podium");
  const bar = el("header", { class: "bar" }, brand, el("p", { class: "title" }, t("console")), el("p", { id: "pill", class: "pill" }),
    el("span", { id: "who", class: "quiet small" }), el("button", { id: "sign-out", type: "button", hidden: true }, t("sign-out")));
  const nav = el("nav", { class: "card stack tight", "aria-labelledby": "contests-title" }, el("h2", { id: "contests-title" }, t("home.contests")),
    el("button", { id: "create", type: "button", class: "primary" }, t("create.do")), el("ul", { id: "contests", class: "list" }), el("button", { id: "more", type: "button", hidden: true }, t("home.more")));
  const desk = el("div", { id: "console", class: "console", hidden: true }, nav, el("div", { id: "contest" }));
  byId("app").replaceChildren(bar, el("main", {}, el("h1", { class: "unseen" }, t("console")), el("div", { id: "problem" }), el("div", { id: "entrance", hidden: true }), desk));
}
