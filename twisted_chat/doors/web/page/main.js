// The page: what has changed is drawn, what is asked for is done.

import { Chat } from "./chat.js";
import { Composer } from "./composer.js";
import { byId, el, setText } from "./dom.js";
import { Entry } from "./entry.js";
import { ask, isBusy, openMenu } from "./menu.js";
import { Messages } from "./messages.js";
import { call, notifies, setNotifies, setSounds, setTheme, sounds, theme } from "./notify.js";
import { People } from "./people.js";
import { openRooms, openSearch } from "./search.js";

setTheme(theme());

const chat = new Chat();
chat.away = () => document.hidden || !document.hasFocus();
const entry = new Entry(chat);
const messages = new Messages(chat, {
  act: actOn,
  person: personMenu,
  resend: (item) => chat.resend(item),
  discard: (item) => chat.discard(item),
});
const people = new People(chat, personMenu);
const composer = new Composer(chat, (text) => openSearch(chat, jump, text));
/** Where a keyboard does not cover half of the page. */
const WIDE = matchMedia("(min-width: 721px)");
let shown = null;
let ticking = null;

chat.addEventListener("change", ({ changes }) => {
  if (changes.has("state")) drawState();
  if (changes.has("places") || changes.has("state")) drawPlaces();
  const { current } = chat;
  if (changes.has("current") || current !== shown) drawCurrent();
  else if (current && changes.has(`items:${current.key}`)) messages.draw();
  if (current && (changes.has(`people:${current.key}`) || changes.has("current"))) people.show(current);
});
chat.addEventListener("mention", ({ detail }) => {
  if (chat.away() || detail.place !== chat.current) call(detail, (key) => chat.look(key));
});

// Drawing.

function drawState() {
  const inside = chat.state !== "out" && chat.name !== "";
  byId("chat").hidden = !inside;
  if (chat.state === "out") entry.show(chat.farewell);
  else if (inside) entry.hide();
  drawConnection();
  setText(byId("server"), chat.server);
  setText(byId("me"), chat.name);
}

function drawConnection() {
  clearTimeout(ticking);
  const line = byId("connection");
  const bad = chat.state !== "online";
  line.classList.toggle("bad", bad);
  if (chat.state === "online") return line.replaceChildren(el("span", {}, "Connected"));
  if (chat.state === "connecting") return line.replaceChildren(el("span", {}, "Connecting…"));
  const seconds = Math.max(0, Math.ceil((chat.retryAt - Date.now()) / 1000));
  const why = chat.farewell || "Connection lost";
  const text = `${why} – next try in ${seconds} s.`;
  if (line.dataset.why === why && line.children.length === 2) setText(line.firstChild, text);
  else
    line.replaceChildren(
      el("span", { "aria-live": "off" }, text),
      el("button", { type: "button", onclick: () => chat.retry() }, "Try now"),
    );
  line.dataset.why = why;
  ticking = setTimeout(drawConnection, 500);
}

function drawPlaces() {
  const places = [...chat.places.values()];
  const list = byId("place-list");
  const focused = document.activeElement?.dataset?.place;
  const rooms = places.filter((place) => place.kind === "room");
  const talks = places.filter((place) => place.kind === "person");
  list.replaceChildren(...section("Rooms", rooms), ...section("Private", talks));
  if (focused) list.querySelector(`[data-place="${CSS.escape(focused)}"]`)?.focus();
  const calls = places
    .filter((place) => !place.muted)
    .reduce((sum, place) => sum + (place.kind === "person" ? place.unread : place.mentions), 0);
  const unread = places.some((place) => place.unread && !place.muted);
  const name = chat.current ? `${chat.current.title} – ${chat.server}` : chat.server || "Chat";
  document.title =
    chat.state === "out" ? chat.server || "Chat" : `${calls ? `(${calls}) ` : unread ? "• " : ""}${name}`;
  drawHeading();
}

function section(title, places) {
  if (!places.length) return [];
  return [
    el("h3", {}, title),
    el(
      "ul",
      {},
      places.map((place) => el("li", {}, placeButton(place))),
    ),
  ];
}

function placeButton(place) {
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
      "aria-current": place === chat.current ? "page" : undefined,
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

const refusal = (why) => chat.current && chat.note(chat.current, "error", why.text ?? String(why));
const doIt = (request) =>
  chat.ask(request).then((answer) => answer.text && chat.note(chat.current, "shown", answer.text));

function actOn(item, from) {
  const moderates = chat.mayModerate(chat.current);
  const others = !item.mine;
  openMenu(from, "Message", [
    { label: "Copy text", act: () => navigator.clipboard?.writeText(item.text).catch(() => {}) },
    {
      label: "Quote",
      act: () =>
        composer.insert(
          `${item.text
            .split("\n")
            .map((line) => `> ${line}`)
            .join("\n")}\n`,
        ),
    },
    ...(others
      ? [
          { label: `Mention ${item.who}`, act: () => composer.insert(`@${item.who} `) },
          { label: `Write to ${item.who} privately`, act: () => talk(item.who) },
        ]
      : []),
    ...((item.mine || moderates) && item.seq && !item.deleted
      ? [null, { label: "Delete…", grave: true, act: () => remove(item) }]
      : []),
    ...(others && moderates ? ruling(item.who) : []),
    ...(others ? [null, ignoring(item.who)] : []),
  ]);
}

function personMenu(name, from) {
  if (name === chat.name)
    return openMenu(from, name, [{ label: "Who I am", act: () => typed(`/whois ${name}`) }]);
  const place = chat.current;
  openMenu(from, name, [
    { label: "Write privately", act: () => talk(name) },
    { label: "Mention", act: () => composer.insert(`@${name} `) },
    { label: "Who is that?", act: () => typed(`/whois ${name}`) },
    ignoring(name),
    ...(chat.mayModerate(place) ? ruling(name) : []),
  ]);
}

const typed = (text) => chat.say(chat.current, text).catch(refusal);
const talk = (name) => go(chat.talkTo(name));
const ignoring = (name) => {
  const ignored = chat.isIgnored(name);
  return { label: ignored ? `Hear ${name} again` : `Ignore ${name}`, act: () => chat.ignore(name, !ignored) };
};

const TIME = {
  name: "time",
  label: "For how long",
  options: [
    ["10 minutes", "10m"],
    ["1 hour", "1h"],
    ["1 day", "1d"],
    ["1 week", "1w"],
    ["For good", ""],
  ],
  value: "1h",
};
const REASON = { name: "reason", label: "Reason", hint: "It is told to them, and to the room." };

function ruling(name) {
  const room = chat.current.title;
  const person = chat.current.people.get(name);
  const rule = (title, word, type, field, fields) => ({
    label: `${word}…`,
    grave: true,
    act: () =>
      ask(
        title,
        `In ${room}.`,
        fields,
        word,
        ({ time, reason }) =>
          doIt({ type, room, [field]: name, ...(time ? { time } : {}), ...(reason ? { reason } : {}) }),
        true,
      ),
  });
  const set = (type, label) => ({ label, act: () => doIt({ type, room, name }).catch(refusal) });
  return [
    null,
    rule(`Kick ${name}`, "Kick", "kick", "name", [REASON]),
    rule(`Mute ${name}`, "Mute", "mute", "who", [TIME, REASON]),
    rule(`Ban ${name}`, "Ban", "ban", "who", [TIME, REASON]),
    person?.operator ? set("deop", "Make no operator any more") : set("op", "Make an operator"),
  ];
}

function remove(item) {
  ask(
    "Delete this message?",
    "Nobody can bring it back.",
    [],
    "Delete",
    () => chat.ask({ type: "delete", seq: item.seq }),
    true,
  );
}

function placeMenu() {
  const place = chat.current;
  if (!place) return;
  const mute = {
    label: place.muted ? "Notify me again" : "Mute notifications",
    act: () => chat.setMuted(place, !place.muted),
  };
  if (place.kind === "person") {
    return openMenu(byId("place-menu"), "Conversation", [
      mute,
      ignoring(place.title),
      { label: "Close this conversation", act: () => chat.close(place) },
    ]);
  }
  const room = place.title;
  openMenu(byId("place-menu"), "Room", [
    {
      label: "Set the topic…",
      act: () =>
        ask(
          `Topic of ${room}`,
          "",
          [{ name: "text", label: "Topic", value: place.topic }],
          "Set",
          ({ text }) => chat.say(place, `/topic ${text || "-"}`),
        ),
    },
    {
      label: "Invite somebody…",
      act: () =>
        ask(
          `Invite into ${room}`,
          "",
          [{ name: "name", label: "Name", required: true }],
          "Invite",
          ({ name }) => doIt({ type: "invite", room, name }),
        ),
    },
    mute,
    null,
    { label: `Leave ${room}`, grave: true, act: () => chat.part(place).catch(refusal) },
  ]);
}

function meMenu() {
  const theming = ["auto", "light", "dark"].map((name) => ({
    label: { auto: "As the system", light: "Light", dark: "Dark" }[name],
    checked: theme() === name,
    act: () => setTheme(name),
  }));
  const notify = notifies()
    ? { label: "Turn notifications off", act: () => setNotifies(false) }
    : { label: "Notify me of mentions", act: askToNotify };
  openMenu(byId("me"), chat.name, [
    notify,
    { label: sounds() ? "Turn the sound off" : "Turn the sound on", act: () => setSounds(!sounds()) },
    null,
    ...theming,
    null,
    ...(chat.account ? [] : [{ label: "Make this name mine…", act: register }]),
    { label: "Help", act: () => typed("/help") },
    { label: chat.account ? "Log out" : "Leave", act: () => chat.logout() },
    ...(chat.account ? [{ label: "Log out everywhere", grave: true, act: () => chat.logout(true) }] : []),
  ]);
}

async function askToNotify() {
  if (!(await setNotifies(true)) && chat.current)
    chat.note(chat.current, "error", "The browser does not allow notifications here.");
}

function register() {
  const fields = [
    { name: "password", label: "Password", kind: "password", required: true, hint: "8 characters or more." },
  ];
  if (chat.registration === "invite") fields.push({ name: "code", label: "Invitation code", required: true });
  ask(
    `Make ${chat.name} yours`,
    "From then on the name needs your password.",
    fields,
    "Register",
    ({ password, code }) => chat.register(password, code),
  );
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
byId("place-menu").addEventListener("click", placeMenu);
byId("me").addEventListener("click", meMenu);
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
