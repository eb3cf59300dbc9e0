/**
 * Turns the pages of a board that is longer than the wall. The first page, where the leaders are,
 * stays longest.
 */

/** How long the first page and each other one is seen, in ms. */
const FIRST = 15_000;
const OTHER = 8000;

/** Which rows fit, and which are seen now. */
export class Pager {
  page = 0;
  #rows = 0;
  #fit = 10;
  #timer = 0;

  /**
   * @param {HTMLElement} place of the rows
   * @param {() => void} turned
   */
  constructor(place, turned) {
    [this.place, this.turned] = [place, turned];
    new ResizeObserver(() => this.measure()).observe(place);
  }

  get count() {
    return Math.max(1, Math.ceil(this.#rows / this.#fit));
  }

  /** Of the rows that are seen: the first, and the one behind the last. @returns {[number, number]} */
  get range() {
    return [this.page * this.#fit, (this.page + 1) * this.#fit];
  }

  /** @param {number} rows how many there are */
  of(rows) {
    this.#rows = rows;
    if (this.page >= this.count) this.page = 0;
    if (this.count > 1 && !this.#timer) this.#wait();
  }

  /** Looks how many rows fit; there must be one. */
  measure() {
    const row = this.place.querySelector("li")?.offsetHeight;
    const fit = row ? Math.max(3, Math.floor(this.place.clientHeight / row)) : this.#fit;
    if (fit === this.#fit) return;
    this.#fit = fit;
    this.of(this.#rows);
    this.turned();
  }

  #wait() {
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.page = (this.page + 1) % this.count;
      if (this.count > 1) this.#wait();
      this.turned();
    }, this.page === 0 ? FIRST : OTHER);
  }
}
