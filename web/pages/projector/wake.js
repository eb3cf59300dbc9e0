/**
 * Keeps the screen on while the page is seen. Browsers allow it over HTTPS and on this machine;
 * elsewhere the screen's own settings decide.
 */

export function stayAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock?.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
