/**
 * The one record that this browser keeps of its account. It is in IndexedDB, whose transactions come one after
 * the other in all tabs; what a tab writes into `localStorage`, another one may see too late, even behind a lock.
 */

/** @typedef {import("./account.js").Kept} Kept */

const [NAME, KEY] = ["account", 0];

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open("podium", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(NAME);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

/**
 * Reads the record and makes it what it is to be, with nobody in between.
 * @param {(found: Kept | null) => Kept | null} become
 * @returns {Promise<Kept | null>} what it was
 */
export async function change(become) {
  opened ??= open();
  const transaction = (await opened).transaction(NAME, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(NAME);
  return new Promise((done, failed) => {
    const found = store.get(KEY);
    found.onsuccess = () => {
      const next = become(found.result ?? null);
      if (next) store.put(next, KEY);
      else store.delete(KEY);
    };
    transaction.oncomplete = () => done(found.result ?? null);
    transaction.onabort = () => failed(transaction.error);
  });
}
