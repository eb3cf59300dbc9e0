/**
 * A plot of figures, in the colours of the page: lines, steps or bars, with a legend that says the
 * figures under the pointer, and a table of all of them for whoever does not see the plot.
 */

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { language, number, t, timeOfDay } from "../texts/texts.js";
import { minutes } from "../net/clock.js";
import { el, setText } from "./dom.js";

/** Colours there are (`plot.css`); a series beyond them has the first again, with another dash. */
const COLOURS = 5;
const DASHES = [[], [6, 4], [2, 3]];
/** So wide is the name of a place, in CSS pixels. */
const NAME = 80;
/** The table holds so many rows at most, the latest. */
const ROWS = 200;

/**
 * @typedef {(number | null)[]} Figures
 * @typedef {"time" | "contest-time" | "name"} Axis instants in ms; ms since the start of a contest; or the places in `names`
 *
 * @typedef {object} Look
 * @property {string} title what it shows, also for whoever hears it
 * @property {string} across what the horizontal axis is
 * @property {Axis} axis
 * @property {"lines" | "steps" | "bars"} [shape]
 * @property {number} [height] in CSS pixels
 */

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** Steps of an axis of time; a shorter one would say the same minute twice. */
const TIMES = [1, 5, 10, 15, 30].map((n) => n * MINUTE).concat([1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY));
/** Steps of an axis of whole figures. */
const WHOLE = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();

const dark = matchMedia("(prefers-color-scheme: dark)");
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const short = new Intl.NumberFormat(language, { notation: "compact" });

/** A plot that can be shown other figures. Put its `element` anywhere; it takes the width there is. */
export class Plot {
  /** @type {uPlot | null} */
  #drawn = null;
  /** @type {string[]} */
  #series = [];
  /** @type {string[]} */
  #names = [];
  /** @type {Figures[]} x, then one for each series */
  #data = [[]];
  #picture = el("div", { class: "plot-picture", role: "img" });
  #legend = el("ul", { class: "plot-legend" });
  #table = el("div", { class: "scroll" });
  #sizes = new ResizeObserver(() => this.#fit());
  /** With new paths: those that there are keep their colours. */
  #recolour = () => this.#drawn?.redraw();

  /** @param {Look} look */
  constructor(look) {
    this.look = look;
    this.#picture.setAttribute("aria-label", look.title);
    this.element = el("figure", { class: "plot" }, el("figcaption", {}, look.title), this.#legend, this.#picture,
      el("details", {}, el("summary", {}, t("plot.figures")), this.#table));
  }

  /** Nobody looks any more; it can be shown again. */
  close() {
    this.#sizes.disconnect();
    dark.removeEventListener("change", this.#recolour);
    this.#drawn?.destroy();
    this.#drawn = null;
  }

  /**
   * @param {string[]} series what each is called
   * @param {Figures} x rising
   * @param {Figures[]} figures one for each series, as long as `x`; null where there is none
   * @param {string[]} [names] of the places, for an axis of names
   */
  show(series, x, figures, names = []) {
    this.#sizes.observe(this.#picture);
    dark.addEventListener("change", this.#recolour);
    const isOther = series.join("\n") !== this.#series.join("\n");
    [this.#series, this.#names, this.#data] = [series, names, [x, ...figures]];
    if (isOther) {
      this.#drawn?.destroy();
      this.#drawn = null;
      this.#legend.replaceChildren(...series.map((name, index) => legendItem(name, index)));
    }
    if (this.#drawn) this.#drawn.setData(/** @type {any} */ (this.#data));
    else this.#fit();
    this.#table.replaceChildren(this.#asTable());
  }

  /** Draws at the width that there is, once there is one. */
  #fit() {
    const width = this.#picture.clientWidth;
    if (width === 0 || this.#series.length === 0) return;
    const size = { width, height: this.look.height ?? 260 };
    if (this.#drawn) return this.#drawn.setSize(size);
    this.#drawn = new uPlot({ ...size, ...this.#options() }, /** @type {any} */ (this.#data), this.#picture);
  }

  #options() {
    const { shape = "lines" } = this.look;
    const style = getComputedStyle(this.#picture);
    const axes = { font: `12px ${style.fontFamily}`, stroke: () => this.#colour("quiet"), grid: { stroke: () => this.#colour("grid"), width: 1 }, ticks: { show: false } };
    return {
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: shape !== "bars" } },
      scales: { x: { time: false, ...(shape === "bars" ? { range: () => this.#aroundBars() } : {}) }, y: { range: fromNought } },
      axes: [
        { ...axes, grid: { show: false }, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((value) => this.#across(value, true)),
          size: 28, ...(shape === "bars" ? { splits: () => this.#places() } : { space: 70, incrs: TIMES }) },
        { ...axes, size: 48, incrs: WHOLE, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((value) => short.format(value)) },
      ],
      series: [{}, ...this.#series.map((name, index) => this.#stroke(name, index, shape))],
      hooks: { setCursor: [(/** @type {uPlot} */ plot) => this.#point(plot.cursor.idx)] },
    };
  }

  /** Room for half a bar at either end. @returns {[number, number]} */
  #aroundBars() {
    const [x] = this.#data;
    const [first, last] = [x[0] ?? 0, x.at(-1) ?? 0];
    const half = x.length > 1 ? (last - first) / (x.length - 1) / 2 : 0.5;
    return [first - half, last + half];
  }

  /** The bars that say what they are: as many as can be read. */
  #places() {
    const [x] = this.#data;
    const each = Math.ceil((x.length * NAME) / this.#picture.clientWidth);
    return x.filter((_, place) => place % each === 0);
  }

  /**
   * @param {string} label
   * @param {number} index
   * @param {string} shape
   */
  #stroke(label, index, shape) {
    const colour = () => this.#colour(String(index));
    const { bars, stepped } = /** @type {any} */ (uPlot.paths);
    if (shape === "bars") return { label, stroke: colour, fill: colour, width: 0, points: { show: false }, paths: bars({ size: [0.72, 64] }) };
    const paths = shape === "steps" ? { paths: stepped({ align: 1 }) } : {};
    return { label, stroke: colour, width: 2, dash: DASHES[Math.floor(index / COLOURS) % DASHES.length], spanGaps: true, points: { show: this.#data[0].length === 1 }, ...paths };
  }

  /** A colour as the page has it now: the style sheet knows light from dark. @param {string} name of a series by its place, or of a part */
  #colour(name) {
    const known = name === "quiet" ? this.#picture : name === "grid" ? this.#table : this.#legend.children[Number(name)]?.firstElementChild;
    return getComputedStyle(known ?? this.#picture)[name === "grid" ? "borderTopColor" : "color"];
  }

  /** The legend says what is under the pointer. @param {number | null | undefined} at */
  #point(at) {
    const there = at ?? null;
    this.#series.forEach((_, index) => {
      const figure = there === null ? null : this.#data[index + 1][there];
      const place = /** @type {Element} */ (this.#legend.children[index]?.lastElementChild);
      setText(place, figure === null || figure === undefined ? "" : number(figure));
    });
  }

  /**
   * @param {number} value
   * @param {boolean} isShort
   */
  #across(value, isShort) {
    if (this.look.axis === "name") return this.#names[value] ?? "";
    if (this.look.axis === "contest-time") return minutes(value);
    const instant = new Date(value);
    if (!isShort) return day.format(instant);
    const [first, last] = [this.#data[0][0] ?? 0, this.#data[0].at(-1) ?? 0];
    return last - first > 86_400_000 ? instant.toLocaleDateString(language, { day: "numeric", month: "short" }) : timeOfDay(instant.toISOString()).replace(/(:\d\d):\d\d/, "$1");
  }

  #asTable() {
    const from = Math.max(0, this.#data[0].length - ROWS);
    const head = el("tr", {}, el("th", { scope: "col" }, this.look.across), ...this.#series.map((name) => el("th", { scope: "col", class: "number" }, name)));
    const lines = this.#data[0].slice(from).map((x, index) => el("tr", {}, el("th", { scope: "row" }, this.#across(x ?? 0, false)),
      ...this.#data.slice(1).map((figures) => el("td", { class: "number" }, figures[from + index] === null ? "–" : number(figures[from + index] ?? 0)))));
    return el("table", { class: "ranking" }, el("caption", { class: "unseen" }, this.look.title), el("thead", {}, head), el("tbody", {}, ...lines));
  }
}

/**
 * @param {string} name
 * @param {number} index
 */
const legendItem = (name, index) => el("li", {},
  el("span", { class: "plot-mark", "data-colour": String(index % COLOURS), "data-dash": String(Math.floor(index / COLOURS) % DASHES.length), "aria-hidden": "true" }),
  el("span", { dir: "auto" }, name), el("b", { class: "number" }));

/** From nought, unless something is below it; never a height of nothing. */
const fromNought = (/** @type {any} */ _, /** @type {number | null} */ from, /** @type {number | null} */ to) => {
  const [low, high] = [Math.min(0, from ?? 0), Math.max(to ?? 1, 1)];
  return [low, high + (high - low) * 0.06];
};
