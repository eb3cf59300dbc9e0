/**
 * Who sits at the console, and what they may do: a control that would be refused is not shown.
 */

import { Problem } from "../../net/api.js";
import { t } from "../../texts/texts.js";

/** @typedef {"see" | "answers" | "questions" | "judge" | "announce" | "moderate" | "operate" | "manage"} Right */

/** The rights of whoever is signed in. */
export class Rights {
  /** @param {{name: string | null, role: string | null, rights: Right[]}} said */
  constructor({ name, role, rights }) {
    [this.name, this.role, this.rights] = [name ?? "", role ?? "", rights];
  }

  /** @param {Right} right */
  may(right) {
    return this.rights.includes(right);
  }
}

/**
 * Asks who it is. Whoever is no staff is told so.
 * @param {import("../../net/api.js").Api} api
 */
export async function rightsOf(api) {
  // Said without asking: it must not count as a wrong guess of a token.
  if (api.token?.startsWith("pdm_team_")) throw new Problem({ title: t("sign-in.team"), detail: t("sign-in.team-text"), status: 403 });
  const rights = new Rights(await api.get("/auth/rights"));
  if (!rights.may("see")) throw new Problem({ title: t("sign-in.no-staff"), detail: t("sign-in.no-staff-text"), status: 403 });
  return rights;
}
