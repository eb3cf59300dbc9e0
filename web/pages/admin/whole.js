/**
 * A report with all that is on its later pages.
 * @param {import("../../net/api.js").Api} api
 * @param {string} path without a query when it comes in pages
 * @returns {Promise<any>}
 */
export async function whole(api, path) {
  const { next_cursor: first, ...said } = await api.get(path);
  for (let next = first; next; ) {
    const page = await api.get(`${path}?limit=200&cursor=${encodeURIComponent(next)}`);
    said.data.push(...page.data);
    next = page.next_cursor;
  }
  return said;
}
