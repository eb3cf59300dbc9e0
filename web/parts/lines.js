/**
 * The elements of a board's rows: each team keeps its own, and only those that moved are moved.
 */

/** @template {{line: HTMLElement}} L */
export class Lines {
  /** @type {Map<string, L>} */
  #of = new Map();

  /**
   * @param {HTMLElement} place
   * @param {() => L} make
   */
  constructor(place, make) {
    [this.place, this.make] = [place, make];
  }

  /** @returns {Iterable<[string, L]>} */
  all() {
    return this.#of;
  }

  /**
   * Has exactly these rows, in this order.
   * @template {{team_id: string}} R
   * @param {R[]} rows
   * @param {(line: L, row: R, isNew: boolean) => void} fill
   */
  show(rows, fill) {
    this.#drop(new Set(rows.map((row) => row.team_id)));
    let next = this.place.firstElementChild;
    for (const row of rows) {
      const known = this.#of.get(row.team_id);
      const line = known ?? this.make();
      if (!known) this.#of.set(row.team_id, line);
      fill(line, row, !known);
      // Whoever fell is taken out of the way of those behind it, so that they need not move.
      if (next !== line.line && next?.nextElementSibling === line.line) {
        const fallen = next;
        next = line.line;
        this.place.append(fallen);
      }
      if (next === line.line) next = next.nextElementSibling;
      else this.place.insertBefore(line.line, next);
    }
  }

  /** @param {Set<string>} staying */
  #drop(staying) {
    for (const [team, { line }] of this.#of) {
      if (staying.has(team)) continue;
      line.remove();
      this.#of.delete(team);
    }
  }
}
