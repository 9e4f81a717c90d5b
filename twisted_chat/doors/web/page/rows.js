// From what was said to the rows that are shown of it: days, what is new, groups, comings and goings.

import { dayOf, startOf } from "./dom.js";
import { isSpeech } from "./place.js";

const GROUP_SECONDS = 300;

/**
 * The rows for the items from one to another.
 * @param view {from, upTo, opened: keys of folds that are open, marked: a message to mark, hides: name -> bool}
 */
export function rowsOf(place, view) {
  const rows = [];
  const items = place.items.slice(view.from, view.upTo);
  if (place.loading && view.from === 0 && place.hasOlder) rows.push({ key: "start", text: "Loading…" });
  else if (view.from === 0 && !place.hasOlder) {
    rows.push({
      key: "start",
      text:
        place.kind === "room"
          ? `This is where ${place.title} begins.`
          : `You and ${place.title}: nobody else reads this.`,
    });
  }
  let day = 0;
  let before = null;
  let line = place.unreadFrom;
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (item.who && !item.mine && isSpeech(item) && view.hides(item.who)) continue;
    const today = startOf(new Date(item.time * 1000));
    if (today !== day) {
      rows.push({ key: `d${today}`, day: dayOf(item.time) });
      before = null;
      day = today;
    }
    if (line && item.seq >= line && !item.mine && isSpeech(item)) {
      rows.push({ key: "new", unread: true });
      line = 0;
      before = null;
    }
    if (item.kind === "moved") {
      const moves = [item];
      while (items[at + 1]?.kind === "moved" && startOf(new Date(items[at + 1].time * 1000)) === day)
        moves.push(items[++at]);
      rows.push({ key: item.key, moves, open: view.opened.has(item.key) });
      before = null;
    } else if (isSpeech(item)) {
      rows.push({
        key: item.key,
        item,
        first: !follows(before, item),
        found: item.seq !== 0 && item.seq === view.marked,
      });
      before = item;
    } else {
      rows.push({ key: item.key, note: item });
      before = null;
    }
  }
  if (view.upTo === place.items.length && place.atEnd) {
    for (const item of place.pending) {
      rows.push({ key: item.key, item, first: !follows(before, item) });
      before = item;
    }
  }
  return rows;
}

function follows(before, item) {
  return (
    before !== null &&
    before.who === item.who &&
    item.kind !== "emoted" &&
    before.kind !== "emoted" &&
    item.time - before.time < GROUP_SECONDS
  );
}

/** Whether two rows look the same. */
export function same(a, b) {
  if (a.item || b.item) return a.item === b.item && a.first === b.first && a.found === b.found;
  if (a.moves && b.moves)
    return a.open === b.open && a.moves.length === b.moves.length && a.moves.at(-1) === b.moves.at(-1);
  return a.text === b.text && a.day === b.day && a.note === b.note && a.unread === b.unread;
}
