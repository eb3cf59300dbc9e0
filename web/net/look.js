/**
 * Reads again what may have changed: one look for many changes, never two at once, and again when the
 * server could not be asked. Where a whole hall hears of the same change, each device looks at an
 * instant of its own.
 */

import { Problem } from "./api.js";

/** The wait after a first failure, and the longest one, in ms. */
const AGAIN = 1000;
const LONGEST = 30_000;

/** So many failures in a row that pass by themselves are nobody's business: the pill tells of the line. */
const QUIET = 1;

/** Keeps something up to date. */
export class Look {
  #timer = 0;
  /** When the next look begins; never, unless something has changed. */
  #due = Infinity;
  /** What failed is not tried again before, whatever changes meanwhile. */
  #notBefore = 0;
  #isLooking = false;
  #failures = 0;
  #isTold = false;

  /**
   * @param {() => Promise<void>} read
   * @param {(error: unknown) => void} tell what went wrong; null once that is over
   */
  constructor(read, tell) {
    [this.read, this.tell] = [read, tell];
  }

  /** Looks at some instant of so many ms, unless that is going to happen earlier anyway. @param {number} spread */
  within(spread) {
    this.#by(Date.now() + Math.random() * spread);
  }

  /** @param {number} due */
  #by(due) {
    this.#due = Math.max(this.#notBefore, Math.min(this.#due, due));
    clearTimeout(this.#timer);
    if (!this.#isLooking) this.#timer = setTimeout(() => void this.now(), Math.max(0, this.#due - Date.now()));
  }

  /** Looks at once; while a look is under way, right after it. */
  async now() {
    if (this.#isLooking) return this.#by(Date.now());
    clearTimeout(this.#timer);
    [this.#isLooking, this.#due] = [true, Infinity];
    try {
      await this.read();
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
    this.#isLooking = false;
    if (this.#due < Infinity) this.#by(this.#due);
  }

  #succeeded() {
    if (this.#isTold) this.tell(null);
    [this.#failures, this.#isTold, this.#notBefore] = [0, false, 0];
  }

  /** @param {unknown} error */
  #failed(error) {
    const passes = error instanceof Problem && error.isPassing;
    this.#failures += 1;
    if (passes) this.#due = this.#notBefore = Date.now() + wait(error, this.#failures);
    if (passes && this.#failures <= QUIET) return;
    this.#isTold = true;
    this.tell(error);
  }
}

/**
 * @param {Problem} problem
 * @param {number} failures
 */
const wait = ({ wait: asked }, failures) => Math.max(asked, Math.min(LONGEST, AGAIN * 2 ** (failures - 1))) * (1 + Math.random() / 2);
