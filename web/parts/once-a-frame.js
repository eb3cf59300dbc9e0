/**
 * Painting costs more than news: however much has come, it is painted once a frame.
 */

/**
 * @param {(isMove: boolean) => void} paint told whether all that came since the last time were changes, which may be
 *   shown as moves, or whether the whole came anew
 * @returns {(isChange?: boolean) => void} to be called for each piece of news
 */
export function onceAFrame(paint) {
  let [isWaiting, isMove] = [false, true];
  return (isChange = true) => {
    isMove &&= isChange;
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      const move = isMove;
      [isWaiting, isMove] = [false, true];
      paint(move);
    });
  };
}
