/**
 * What pages say, in the language of whoever reads it. A text is a string with `{names}`, or a
 * pair for one and for many.
 */

import { de } from "./de.js";
import { en } from "./en.js";

/** @typedef {Record<string, string | [string, string]>} Catalogue */

/** @type {Record<string, Catalogue>} */
const CATALOGUES = { en, de };

/** The language in use: the first that the reader knows and we have. */
export const language = [...navigator.languages, "en"].map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in CATALOGUES) ?? "en";
document.documentElement.lang = language;

const catalogue = CATALOGUES[language];
const plural = new Intl.PluralRules(language);
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const signedWhole = new Intl.NumberFormat(language, { maximumFractionDigits: 0, signDisplay: "exceptZero" });

/** @param {number} count */
export const number = (count) => whole.format(count);

/** With its sign: what was gained or lost. @param {number} count */
export const signed = (count) => signedWhole.format(count);

/** A time of day. @param {string} instant RFC 3339 */
export const timeOfDay = (instant) => new Date(instant).toLocaleTimeString(language, { timeStyle: "medium" });

/** The same without seconds. @param {string} instant RFC 3339 */
export const minuteOfDay = (instant) => new Date(instant).toLocaleTimeString(language, { timeStyle: "short" });

/** A day. @param {string} instant RFC 3339 */
export const dayOf = (instant) => new Date(instant).toLocaleDateString(language, { dateStyle: "medium" });

/**
 * @param {string} name in the catalogue; English stands in for what is missing there
 * @param {Record<string, string | number>} [values] numbers are written as readers write them; `n` chooses one or many
 */
export function t(name, values = {}) {
  const found = catalogue[name] ?? en[name];
  if (found === undefined) throw new Error(`there is no text ${name}`);
  const form = typeof found === "string" ? found : found[plural.select(Number(values.n)) === "one" ? 0 : 1];
  return form.replace(/\{(\w+)\}/g, (_, key) => (typeof values[key] === "number" ? number(values[key]) : String(values[key])));
}
