// The rooms and conversations on the left, with what is unread in each; and how many call in the title.

import { byId, el, setText } from "./dom.js";

/** The buttons that there are, by place: what is pressed has to be there still when it is let go. */
const buttons = new Map();

/** Draw the list; go(place) is called for the one that is chosen. */
export function drawList(chat, go) {
  const places = [...chat.places.values()];
  for (const [place, button] of buttons) {
    if (places.includes(place)) continue;
    button.parentElement.remove();
    buttons.delete(place);
  }
  for (const [kind, id] of [
    ["room", "room-list"],
    ["person", "talk-list"],
  ]) {
    const list = byId(id);
    const listed = places.filter((place) => place.kind === kind);
    list.parentElement.hidden = !listed.length;
    let next = list.firstChild;
    for (const place of listed) {
      const line = (buttons.get(place) ?? made(place, go)).parentElement;
      update(place, place === chat.current);
      if (line === next) next = next.nextSibling;
      else list.insertBefore(line, next);
    }
  }
}

/** Say in the title of the tab where one is, and how often one is called. */
export function drawTitle(chat) {
  const heard = [...chat.places.values()].filter((place) => !place.muted);
  const calls = heard.reduce((sum, place) => sum + callsOf(place), 0);
  const mark = calls ? `(${calls}) ` : heard.some((place) => place.unread) ? "• " : "";
  const name = chat.current ? `${chat.current.title} – ${chat.server}` : chat.server || "Chat";
  document.title = chat.state === "out" ? chat.server || "Chat" : `${mark}${name}`;
}

const callsOf = (place) => (place.kind === "person" ? place.unread : place.mentions);

function made(place, go) {
  const parts = [el("span", { dir: "auto" }), el("span", { class: "quiet" }), el("span", { class: "badge" })];
  const button = el("button", { type: "button", class: "place", onclick: () => go(place) }, parts);
  el("li", {}, button);
  buttons.set(place, button);
  return button;
}

function update(place, current) {
  const button = buttons.get(place);
  const [title, quiet, badge] = button.children;
  const news = place.unread;
  const calls = callsOf(place);
  const said = news ? `, ${news} unread${calls ? `, ${calls} for you` : ""}` : "";
  setText(title, place.title);
  setText(quiet, place.muted ? "muted" : "");
  setText(
    badge,
    calls && calls !== news ? `@${count(calls)} · ${count(news)}` : `${calls ? "@" : ""}${count(news)}`,
  );
  badge.hidden = !news;
  if (!news) setText(badge, "");
  quiet.hidden = !place.muted;
  badge.classList.toggle("call", calls > 0);
  button.classList.toggle("news", news > 0 && !place.muted);
  button.classList.toggle("muted", place.muted);
  button.classList.toggle("gone", Boolean(place.gone));
  button.dataset.place = place.key;
  button.ariaCurrent = current ? "page" : null;
  button.ariaLabel = `${place.title}${said}${place.muted ? ", muted" : ""}${place.gone ? ", left" : ""}`;
}

const count = (number) => (number > 99 ? "99+" : String(number));
