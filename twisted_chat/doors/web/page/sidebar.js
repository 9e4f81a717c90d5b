// The rooms and conversations on the left, with what is unread in each; and how many call in the title.

import { byId, el } from "./dom.js";

/** Draw the list; go(place) is called for the one that is chosen. */
export function drawList(chat, go) {
  const places = [...chat.places.values()];
  const list = byId("place-list");
  const focused = document.activeElement?.dataset?.place;
  const rooms = places.filter((place) => place.kind === "room");
  const talks = places.filter((place) => place.kind === "person");
  list.replaceChildren(
    ...section("Rooms", rooms, chat.current, go),
    ...section("Private", talks, chat.current, go),
  );
  if (focused) list.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
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

function section(title, places, current, go) {
  if (!places.length) return [];
  return [
    el("h3", {}, title),
    el(
      "ul",
      {},
      places.map((place) => el("li", {}, placeButton(place, place === current, go))),
    ),
  ];
}

function placeButton(place, current, go) {
  const news = place.unread > 0;
  const calls = place.kind === "person" ? place.unread : place.mentions;
  const said = news ? `, ${place.unread} unread${calls ? `, ${calls} for you` : ""}` : "";
  const classes = ["place", news && !place.muted && "news", place.muted && "muted", place.gone && "gone"]
    .filter(Boolean)
    .join(" ");
  return el(
    "button",
    {
      type: "button",
      class: classes,
      "data-place": place.key,
      "aria-current": current ? "page" : undefined,
      "aria-label": `${place.title}${said}${place.muted ? ", muted" : ""}${place.gone ? ", left" : ""}`,
      onclick: () => go(place),
    },
    el("span", { dir: "auto" }, place.title),
    place.muted && el("span", { class: "quiet" }, "muted"),
    news &&
      el(
        "span",
        { class: `badge${calls ? " call" : ""}` },
        calls && calls !== place.unread
          ? `@${calls} · ${count(place.unread)}`
          : calls
            ? `@${count(calls)}`
            : count(place.unread),
      ),
  );
}

const count = (number) => (number > 99 ? "99+" : String(number));
