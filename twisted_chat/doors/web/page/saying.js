// Saying something: until it is on record it waits, and is sent once.

import { Refusal } from "./asking.js";
import { Outbox } from "./outbox.js";
import { Past } from "./past.js";
import { noteOf } from "./place.js";
import { complete, verbsOf } from "./typing.js";
import { words } from "./words.js";

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
    const most = this.lineBytes;
    const size = new TextEncoder().encode(JSON.stringify({ ...request, id: "x".repeat(24) })).length;
    if (size > most) throw new Refusal({ code: "too_long", text: `That is ${size - most} bytes too long.` });
    place.sent = [...place.sent.slice(-49), trimmed];
    if (request.type === "typed") await this.type(place, request);
    else {
      const pending = this.outbox.add(place.key, request, this.now() / 1000);
      this.showPending(place, pending);
      this.flush();
    }
  }

  requestFor(place, text) {
    if (text.startsWith("/") && !text.startsWith("//")) return { type: "typed", text };
    const said = text.startsWith("//") ? text.slice(1) : text;
    return place.kind === "room"
      ? { type: "say", room: place.title, text: said }
      : { type: "msg", name: place.title, text: said };
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
    const item = noteOf("said", request.text, { who: this.name, mine: true, state: "sending", time, id });
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

  complete(place, text, caret) {
    const names = [
      ...place.people.keys(),
      ...[...this.places.values()].filter((p) => p.kind === "person").map((p) => p.title),
    ];
    const rooms = [
      ...[...this.places.values()].filter((p) => p.kind === "room").map((p) => p.title),
      ...this.known,
    ];
    return complete(text, caret, { verbs: this.knownVerbs ?? [], names, rooms, me: this.name });
  }
}
