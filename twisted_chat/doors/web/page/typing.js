// What can be completed while one types: verbs, names, rooms.

import { keyOf } from "./place.js";

const MOST = 8;
const CHAPTER = /^\/help ([a-z]+)$/;

/** All verbs, from the chapters of help. */
export async function verbsOf(help) {
  const first = (await help()).verbs;
  const lines = first.filter(({ usage }) => !CHAPTER.test(usage));
  for (const { usage } of first) {
    const chapter = CHAPTER.exec(usage);
    if (chapter) lines.push(...(await help(chapter[1])).verbs);
  }
  return lines.map(({ usage, text }) => ({ usage, text, name: usage.split(" ")[0] }));
}

/** What the word before the caret could become: from where to where, and the choices. */
export function complete(text, caret, { verbs, names, rooms, me }) {
  const from = text.slice(0, caret).search(/\S*$/);
  const word = text.slice(from, caret);
  const begun = keyOf(word.slice(1));
  const fits = (other) => keyOf(other).startsWith(begun);
  let options = [];
  if (word.startsWith("/") && from === 0) {
    options = verbs
      .filter((verb) => fits(verb.name.slice(1)))
      .map((verb) => ({
        text: `${verb.name} `,
        hint: `${verb.usage.slice(verb.name.length)} ${verb.text}`.trim(),
      }));
  } else if (word.startsWith("@")) {
    const others = [...new Set(names)].filter((name) => name !== me && fits(name));
    options = others.map((name) => ({ text: `${text.startsWith("/") ? "" : "@"}${name} `, hint: "" }));
  } else if (word.startsWith("#")) {
    options = [...new Set(rooms)]
      .filter((room) => fits(room.slice(1)))
      .map((room) => ({ text: `${room} `, hint: "" }));
  }
  options.sort((a, b) => a.text.length - b.text.length || (a.text < b.text ? -1 : 1));
  return { from, to: caret, options: options.slice(0, MOST) };
}
