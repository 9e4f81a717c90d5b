// Elements, made without a word of HTML: what people wrote can only ever become text.

/** The element of that id. */
export const byId = (id) => document.getElementById(id);

/** An element with these properties, and children that are elements or text. */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (name in made && !name.startsWith("aria")) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Set a text only where it is another: what is not written needs no layout, and is not read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** One of eight colours for a name, always the same. */
export function colourOf(name) {
  let sum = 0;
  for (const char of name) sum = (sum * 31 + char.codePointAt(0)) >>> 0;
  return `c${sum % 8}`;
}

/** Say something to who listens to the page rather than looks at it. */
export function announce(text) {
  const region = byId("said");
  region.append(el("p", {}, text));
  while (region.children.length > 3) region.firstChild.remove();
}

const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });
const fullDay = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});

/** The time of a moment in seconds, as an element. */
export function timeOf(seconds) {
  const date = new Date(seconds * 1000);
  return el("time", { dateTime: date.toISOString(), title: fullTime.format(date) }, clockTime.format(date));
}

/** The day of a moment, as people say it. */
export function dayOf(seconds) {
  const date = new Date(seconds * 1000);
  const days = Math.round((startOf(new Date()) - startOf(date)) / 86_400_000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : fullDay.format(date);
}

/** What tells one day from another. */
export function startOf(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
