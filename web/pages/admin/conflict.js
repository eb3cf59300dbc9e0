/**
 * Two people edit one thing: the second is told what the first has changed, and loses nothing.
 */

import { Problem } from "../../net/api.js";
import { confirmed } from "../../parts/confirm.js";
import { t } from "../../texts/texts.js";

/**
 * Sends an edit with the version that was read. When somebody was faster it says what they changed;
 * then either mine goes over theirs, or the refusal is thrown and the form stays as it was typed.
 * @param {object} edit
 * @param {import("../../net/api.js").Api} edit.api
 * @param {"PUT" | "PATCH"} edit.method
 * @param {string} edit.path
 * @param {Record<string, unknown>} edit.body
 * @param {Record<string, any>} edit.read as it was read
 * @param {() => Promise<Record<string, any>>} edit.again reads it as it is now
 * @param {string} [edit.counter] which member is the version
 * @returns {Promise<any>} as it is then
 */
export async function edited({ api, method, path, body, read, again, counter = "version" }) {
  for (let known = read; ; ) {
    try {
      return await api.edit(method, path, body, known[counter]);
    } catch (error) {
      if (!(error instanceof Problem && error.status === 412)) throw error;
      const now = await again();
      const theirs = Object.keys(body).filter((key) => same(known[key]) !== same(now[key]));
      const text = theirs.length ? t("conflict.changed", { what: theirs.map((key) => `${key}: ${said(now[key])}`).join("; ") }) : t("conflict.elsewhere");
      if (!(await confirmed({ title: t("conflict.title"), text, yes: t("conflict.mine") }))) throw error;
      known = now;
    }
  }
}

/** @param {unknown} value */
const same = (value) => JSON.stringify(value ?? null);

/** @param {unknown} value */
const said = (value) => {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
};
