// One row as an element; what people wrote is put in as text, and as nothing else.

import { colourOf, el, timeOf } from "./dom.js";
import { parse } from "./markdown.js";
import { words } from "./words.js";

/** The element of a row; `on` is told what is asked for: act, person, resend, discard, toggle. */
export function elementOf(row, on, me) {
  const made = shapeOf(row, on, me);
  made.classList.add("row");
  made.dataset.key = row.key;
  return made;
}

function shapeOf(row, on, me) {
  if (row.text) return el("p", { class: "start" }, row.text);
  if (row.day) return el("h2", { class: "day" }, row.day);
  if (row.unread) return el("p", { class: "new" }, "New");
  if (row.moves) return movesOf(row, on);
  if (row.note) return noteOf(row.note, on);
  return messageOf(row, on, me);
}

function noteOf(item, on) {
  if (item.event?.type === "invited") return invitationOf(item, on);
  if (item.kind === "ruled")
    return el("p", { class: "ruled" }, `${words(isolated(item.event))} `, timeOf(item.time));
  return el("p", { class: item.kind, dir: "auto", tabIndex: -1 }, item.text);
}

function invitationOf({ event, time }, on) {
  const enter = el("button", { type: "button", onclick: () => on.join(event.room) }, `Enter ${event.room}`);
  return el("p", { class: "ruled" }, `${words(isolated(event))} `, timeOf(time), " ", enter);
}

/** The event with its names set apart, so that one that is read from the right does not turn the sentence. */
function isolated(event) {
  const apart = (name) => (name ? `\u2068${name}\u2069` : name);
  const { who, by, to, joined, left } = event;
  const names = { who: apart(who), by: apart(by), to: apart(to) };
  return { ...event, ...names, joined: joined?.map(apart), left: left?.map(apart) };
}

function movesOf({ key, moves, open }, on) {
  if (moves.length === 1) return el("p", { class: "moved" }, words(isolated(moves[0].event)));
  return el(
    "div",
    { class: "moved" },
    el(
      "button",
      { type: "button", "aria-expanded": String(open), onclick: () => on.toggle(key) },
      `${open ? "▾" : "▸"} ${folded(moves)}`,
    ),
    open &&
      el(
        "ul",
        {},
        moves.map((move) => el("li", {}, words(isolated(move.event)))),
      ),
  );
}

function messageOf({ item, first, found }, on, me) {
  const classes = [
    "message",
    item.kind,
    item.state,
    first && "first",
    item.mention && "call",
    item.deleted && "deleted",
    found && "found",
  ];
  const author = first || item.kind === "emoted";
  const act = (event) => {
    event.stopPropagation();
    on.act(item, event.currentTarget);
  };
  return el(
    "div",
    { class: classes.filter(Boolean).join(" "), tabIndex: -1, role: "article", "aria-label": label(item) },
    author &&
      el(
        "div",
        {},
        el(
          "button",
          {
            type: "button",
            tabIndex: -1,
            class: `author ${colourOf(item.who)}`,
            dir: "auto",
            onclick: (event) => on.person(item.who, event.currentTarget),
          },
          item.who,
        ),
        item.state ? null : timeOf(item.time),
      ),
    el("div", { class: "body", dir: "auto" }, bodyOf(item, me)),
    !item.state &&
      el(
        "span",
        { class: "late" },
        author ? null : timeOf(item.time),
        el(
          "button",
          {
            type: "button",
            tabIndex: -1,
            class: "act",
            "aria-label": `Actions for the message of ${item.who}`,
            "aria-haspopup": "menu",
            onclick: act,
          },
          "⋯",
        ),
      ),
    item.state === "failed" &&
      el(
        "div",
        { class: "failure" },
        el("span", {}, item.why),
        el("button", { type: "button", onclick: () => on.resend(item) }, "Send again"),
        el("button", { type: "button", onclick: () => on.discard(item) }, "Discard"),
      ),
  );
}

function folded(moves) {
  const counts = new Map();
  const note = (what, count) => counts.set(what, (counts.get(what) ?? 0) + count);
  for (const { event } of moves) {
    if (event.type === "crowd_moved") {
      note("joined", (event.joined?.length ?? 0) + (event.others_joined ?? 0));
      note("left", (event.left?.length ?? 0) + (event.others_left ?? 0));
    } else
      note(
        {
          joined: "joined",
          left: "left",
          kicked: "left",
          renamed: "renamed",
          went_away: "went away",
          came_back: "came back",
        }[event.type],
        1,
      );
  }
  return [...counts]
    .filter(([, count]) => count)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

function label(item) {
  const when = new Date(item.time * 1000).toLocaleTimeString(undefined, { timeStyle: "short" });
  const state = { sending: " Being sent.", failed: " Not sent." }[item.state] ?? "";
  return `${item.who}, ${when}: ${item.deleted ? "message deleted" : item.text}${state}`;
}

function bodyOf(item, me) {
  if (item.deleted) return ["message deleted"];
  if (item.kind === "emoted") return [item.text];
  return parse(item.text).map((block) =>
    block.type === "code" ? el("pre", {}, el("code", {}, block.text)) : el("p", {}, spansOf(block.spans, me)),
  );
}

function spansOf(spans, me) {
  return spans.flatMap((span) => {
    switch (span.type) {
      case "code":
        return [el("code", {}, span.text)];
      case "bold":
        return [el("strong", {}, spansOf(span.spans, me))];
      case "italic":
        return [el("em", {}, spansOf(span.spans, me))];
      case "break":
        return [el("br")];
      case "link":
        return [
          el(
            "a",
            { href: span.href, target: "_blank", rel: "noopener noreferrer nofollow", tabIndex: -1 },
            span.text,
          ),
        ];
      default:
        return named(span.text, me);
    }
  });
}

/** A text with one's own name marked in it. */
function named(text, me) {
  if (!me || !text.toLowerCase().includes(me.toLowerCase())) return [text];
  const quoted = me.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  return text
    .split(new RegExp(`((?<![\\p{L}\\p{N}_])@?${quoted}(?![\\p{L}\\p{N}_]))`, "iu"))
    .map((part, at) => (at % 2 ? el("span", { class: "mention" }, part) : part));
}
