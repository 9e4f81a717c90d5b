// Saying something: until it is on record it waits, and is sent once.

import { Refusal } from "./asking.js";
import { Outbox } from "./outbox.js";
import { Past } from "./past.js";
import { noteOf } from "./place.js";
import { complete, verbsOf } from "./typing.js";
import { words } from "./words.js";

const MOST_SENT = 50;
/** As the server has it. */
const MOST_LINES = 50;
const TELLS = /^\/(?:msg|m|tell|pm|query)\s+(\S+)\s+(\S[^]*)$/i;
const DOES = /^\/me\s+(\S[^]*)$/i;
const ABOUT_A_ROOM =
  /^\/(topic|who|w|part|p|leave|invite|history|hist|kick|k|ban|unban|bans|mute|unmute|op|deop|moderate|voice|devoice|slow|filter|unfilter|filter-test|lock|private|retention|owner|audit)(?:\s+(?![#*@])|$)/i;

/** What one types to go. */
const LEAVES = /^\/(quit|q|exit|bye|logout)(\s|$)/i;

export class Saying extends Past {
  constructor(outside = {}) {
    super(outside);
    this.outbox = new Outbox(this.tab, outside.random);
  }

  /** Say something, or do what a line with a slash asks for; throws a Refusal where it cannot be sent at all. */
  async say(place, text) {
    const trimmed = text.replace(/\s+$/, "");
    if (!trimmed) return;
    if (LEAVES.test(trimmed)) return this.logout();
    const request = this.requestFor(place, trimmed);
    this.checkSize(request);
    if (request.type === "typed") this.checkTyped(place, trimmed);
    place.sent = [...place.sent.slice(1 - MOST_SENT), trimmed];
    if (request.type === "typed") return this.type(place, request);
    const to = request.type === "msg" ? this.conversation(request.name) : place;
    this.showPending(to, this.outbox.add(to.key, request, this.now() / 1000));
    this.flush();
  }

  requestFor(place, text) {
    const told = TELLS.exec(text);
    if (told) return { type: "msg", name: told[1], text: told[2] };
    const done = DOES.exec(text)?.[1];
    if (done && place.kind === "room") return { type: "me", room: place.title, text: done };
    if (text.startsWith("/") && !text.startsWith("//") && !done) return { type: "typed", text };
    // To one alone there is no doing, only saying: it is written as it would be in a book.
    const said = done ? `_${done}_` : text.startsWith("//") ? text.slice(1) : text;
    return place.kind === "room"
      ? { type: "say", room: place.title, text: said }
      : { type: "msg", name: place.title, text: said };
  }

  checkSize(request) {
    const size = new TextEncoder().encode(JSON.stringify({ ...request, id: "x".repeat(24) })).length;
    const bytes = size - this.lineBytes;
    const lines = request.text.split("\n").length;
    if (bytes > 0) throw new Refusal({ code: "too_long", text: `That is ${bytes} bytes too long.` });
    if (lines > MOST_LINES) {
      throw new Refusal({ code: "too_long", text: `That has ${lines} lines: ${MOST_LINES} at most.` });
    }
  }

  /** What is typed means the room that one looks at: where there is none, it has to name one. */
  checkTyped(place, text) {
    if (this.state !== "online") {
      throw new Refusal({
        code: "lost",
        text: "There is no connection now: it is kept here until there is.",
      });
    }
    if (place.kind !== "room" && ABOUT_A_ROOM.test(text)) {
      throw new Refusal({
        code: "no_room",
        text: "That is about a room: go there, or name it, as in /who #lobby.",
      });
    }
  }

  async type(place, request) {
    try {
      const answer = await this.ask(request);
      if (answer.type === "entered") this.entered(answer);
      else if (answer.type === "welcome") this.becomeAnother(answer);
      else if (answer.type === "history") this.note(place, "shown", this.past(answer));
      else if (answer.text) this.note(place, "shown", answer.text);
    } catch (why) {
      this.note(place, "error", why.text ?? String(why));
      if (why.code === "lost")
        this.dispatchEvent(new CustomEvent("unsent", { detail: { place, text: request.text } }));
    }
  }

  past(answer) {
    const lines = answer.events.map((event) => `${event.seq} ${words(event)}`);
    return lines.join("\n") || "There is nothing.";
  }

  note(place, kind, text) {
    place.items.push(noteOf(kind, text));
    this.changed(`items:${place.key}`);
  }

  showPending(place, pending) {
    const { id, request, time } = pending;
    if (place.pending.some((item) => item.id === id)) return;
    const item = noteOf(request.type === "me" ? "emoted" : "said", request.text, {
      who: this.name,
      mine: true,
      state: "sending",
      time,
      id,
    });
    if (pending.why) Object.assign(item, { state: "failed", why: pending.why });
    place.pending = [...place.pending, item];
    this.changed(`items:${place.key}`);
  }

  /** Send what waits, in its order. */
  flush() {
    if (this.state !== "online") return;
    for (const pending of this.outbox.unsent()) {
      pending.sent = this.net.send({ ...pending.request, id: pending.id });
    }
  }

  resend(item) {
    const pending = this.outbox.again(item.id);
    if (!pending) return;
    this.amend(pending, { state: "sending", why: "" });
    this.flush();
  }

  discard(item) {
    const pending = this.outbox.take(item.id);
    if (pending) this.unshow(pending);
  }

  amend(pending, fields) {
    const place = this.places.get(pending.place);
    if (!place) return;
    place.pending = place.pending.map((item) => (item.id === pending.id ? { ...item, ...fields } : item));
    this.changed(`items:${place.key}`);
  }

  unshow(pending) {
    const place = this.places.get(pending.place);
    if (!place) return;
    place.pending = place.pending.filter((item) => item.id !== pending.id);
    this.changed(`items:${place.key}`);
  }

  /** What one has said oneself has come back: what stood for it goes. */
  arrived(place, item) {
    const text = item.event.text;
    const waits = place.pending.find((other) => other.state === "sending" && other.text === text);
    if (waits) place.pending = place.pending.filter((other) => other !== waits);
  }

  /** What was sent here before; 1 is the last. */
  sent(place, back) {
    return place.sent.at(-back) ?? "";
  }

  async verbs() {
    this.verbList ??= verbsOf((verb) => this.ask(verb ? { type: "help", verb } : { type: "help" }));
    return this.verbList.then(
      (verbs) => (this.knownVerbs = verbs),
      (why) => {
        this.verbList = null;
        throw why;
      },
    );
  }

  /** Ask which rooms there are, now and then, for who is about to name one. */
  learnRooms() {
    if (this.now() - (this.learntRooms ?? -Infinity) < 60_000) return;
    this.learntRooms = this.now();
    this.rooms().catch(() => (this.learntRooms = undefined));
  }

  complete(place, text, caret) {
    const names = [
      ...place.people.keys(),
      ...[...this.places.values()].filter((p) => p.kind === "person").map((p) => p.title),
    ];
    if (text.slice(0, caret).endsWith("#")) this.learnRooms();
    const rooms = [
      ...[...this.places.values()].filter((p) => p.kind === "room").map((p) => p.title),
      ...this.known,
    ];
    return complete(text, caret, { verbs: this.knownVerbs ?? [], names, rooms, me: this.name });
  }
}
