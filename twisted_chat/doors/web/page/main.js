// The page: what has changed is drawn, what is asked for is done.

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { announce, byId, el, setText } from "./dom.js";
import { Entry } from "./entry.js";
import { isBusy } from "./menu.js";
import { Menus } from "./menus.js";
import { Messages } from "./messages.js";
import { call, setTheme, theme } from "./notify.js";
import { People } from "./people.js";
import { openRooms, openSearch } from "./search.js";
import { drawList, drawTitle } from "./sidebar.js";
import { words } from "./words.js";

setTheme(theme());

const chat = new Chat();
chat.away = () => document.hidden || !document.hasFocus();
const entry = new Entry(chat);
const composer = new Composer(chat, {
  search: (text) => openSearch(chat, jump, text),
  sent: () => messages.goToEnd(),
  browse: () => openRooms(chat),
});
const menus = new Menus(chat, { go, insert: (text) => composer.insert(text) });
const personMenu = (name, from) => menus.person(name, from);
const messages = new Messages(chat, {
  act: (item, from) => menus.message(item, from),
  person: personMenu,
  resend: (item) => chat.resend(item),
  discard: (item) => chat.discard(item),
  join: (room) => chat.join(room).catch((why) => menus.refused(why)),
});
const people = new People(chat, personMenu);
/** Where a keyboard does not cover half of the page. */
const WIDE = matchMedia("(min-width: 721px)");
let shown = null;
let ticking = null;
let asking = null;

chat.addEventListener("change", ({ changes }) => {
  if (changes.has("state")) drawState();
  if (changes.has("places") || changes.has("state")) drawPlaces();
  const { current } = chat;
  if (changes.has("current") || current !== shown) drawCurrent();
  else if (current && changes.has(`items:${current.key}`)) messages.draw();
  if (current && (changes.has(`people:${current.key}`) || changes.has("current"))) people.show(current);
});
chat.addEventListener("unsent", ({ detail }) => composer.putBack(detail));
chat.addEventListener("mention", ({ detail }) => {
  if (detail.place !== chat.current) announce(words(detail.item.event));
  if (chat.away() || detail.place !== chat.current) call(detail, (key) => chat.look(key));
});

// Drawing.

function drawState() {
  const inside = chat.name !== "";
  byId("chat").hidden = !inside;
  if (inside) entry.hide();
  else showEntry();
  drawConnection();
  if (!inside) byId("said").replaceChildren();
  setText(byId("server"), chat.server);
  setText(byId("me"), chat.name);
}

/** Whoever is known here is in after a moment, and need not be asked. */
function showEntry() {
  clearTimeout(asking);
  if (chat.state !== "connecting") entry.show(chat.farewell);
  else asking = setTimeout(() => chat.name === "" && entry.show(chat.farewell), 700);
}

function drawConnection() {
  clearTimeout(ticking);
  const words = connectionWords();
  const bad = chat.state !== "online";
  const line = byId("connection");
  line.classList.toggle("bad", bad);
  if (chat.state !== "waiting") {
    line.replaceChildren(el("span", {}, words));
    entry.waits(...(chat.name === "" && chat.state === "connecting" ? [el("span", {}, words)] : []));
    return;
  }
  for (const said of document.querySelectorAll(".waits")) setText(said, words);
  if (line.dataset.state !== "waiting" || !line.querySelector(".waits")) {
    line.replaceChildren(...tryAgain(words));
    entry.waits(...(chat.name === "" ? tryAgain(words) : []));
  }
  line.dataset.state = chat.state;
  ticking = setTimeout(drawConnection, 500);
}

function connectionWords() {
  if (chat.state === "online") return "Connected";
  if (chat.state !== "waiting") return "Connecting…";
  const seconds = Math.max(0, Math.ceil((chat.retryAt - Date.now()) / 1000));
  return `${chat.farewell || "Connection lost"} – next try in ${seconds} s.`;
}

const tryAgain = (words) => [
  el("span", { class: "waits", "aria-live": "off" }, words),
  el("button", { type: "button", onclick: () => chat.retry() }, "Try now"),
];

function drawPlaces() {
  drawList(chat, go);
  drawTitle(chat);
  drawHeading();
}

function drawHeading() {
  const place = chat.current;
  setText(byId("title"), place?.title ?? "");
  setText(byId("topic"), place?.gone || place?.topic || "");
  byId("topic").title = place?.topic ?? "";
  byId("chat").classList.toggle("alone", place?.kind !== "room");
  byId("place-menu").setAttribute("aria-label", place?.kind === "person" ? "Conversation menu" : "Room menu");
  composer.update(place);
}

function drawCurrent() {
  const { current } = chat;
  if (current !== shown) {
    shown = current;
    messages.show(current);
    composer.show(current);
    people.show(current);
    // Who is in one place for the first time has come to say something.
    if (current && WIDE.matches && !byId("chat").contains(document.activeElement)) byId("text").focus();
  } else messages.draw();
  drawHeading();
}

// Doing.

function go(place) {
  chat.look(place.key);
  closePanels();
  if (WIDE.matches) byId("text").focus();
}

async function jump(event) {
  await chat.jump(event.seq, event.room);
  drawCurrent();
  messages.mark(event.seq);
  closePanels();
}

// Panels, and keys for all of the page.

function openPanel(id, button) {
  const panel = byId(id);
  const open = panel.classList.toggle("open");
  byId(button).setAttribute("aria-expanded", String(open));
  if (open) panel.querySelector("button:not(.narrow)")?.focus();
}

function closePanels() {
  for (const [panel, button] of [
    ["rooms", "show-rooms"],
    ["people", "show-people"],
  ]) {
    if (!byId(panel).classList.contains("open")) continue;
    byId(panel).classList.remove("open");
    byId(button).setAttribute("aria-expanded", "false");
    byId(button).focus();
  }
}

byId("show-rooms").addEventListener("click", () => openPanel("rooms", "show-rooms"));
byId("show-people").addEventListener("click", () => openPanel("people", "show-people"));
byId("close-rooms").addEventListener("click", closePanels);
byId("close-people").addEventListener("click", closePanels);
byId("middle").addEventListener("pointerdown", (event) => {
  if (!event.target.closest("#bar")) closePanels();
});
byId("open-search").addEventListener("click", () => openSearch(chat, jump));
byId("place-menu").addEventListener("click", () => menus.place());
byId("me").addEventListener("click", () => menus.me());
byId("browse").addEventListener("click", () => openRooms(chat));
document.addEventListener("keydown", (event) => {
  if (isBusy() || byId("chat").hidden) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openSearch(chat, jump);
  } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    event.preventDefault();
    const places = [...chat.places.values()];
    const at = places.indexOf(chat.current) + (event.key === "ArrowDown" ? 1 : places.length - 1);
    if (places.length) go(places[at % places.length]);
  } else if (event.key === "Escape") {
    closePanels();
    byId("text").focus();
  }
});
const attended = () => chat.away() || chat.attended();
document.addEventListener("visibilitychange", () => {
  attended();
  if (!document.hidden) chat.retry();
});
addEventListener("focus", attended);
addEventListener("online", () => chat.retry());

async function begin() {
  try {
    await chat.begin();
    drawState();
  } catch {
    // The page came from somewhere: the server is on its way down, or up.
    entry.show("The server cannot be reached. Trying again…");
    setTimeout(begin, 2000);
  }
}
begin();
