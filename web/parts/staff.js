/**
 * The token of staff, kept until the tab is closed.
 */

const KEPT = "podium.admin-token";

export const staffToken = () => sessionStorage.getItem(KEPT);

/** @param {string} token */
export const keepStaffToken = (token) => sessionStorage.setItem(KEPT, token);

export const forgetStaffToken = () => sessionStorage.removeItem(KEPT);
