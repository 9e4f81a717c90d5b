// The chat as this page knows it: coming in, coming back, and hearing what happens; no pixel of it.

import { Refusal } from "./asking.js";
import { HAPPENS, NOTICES } from "./happenings.js";
import { isSpeech, keyOf } from "./place.js";
import { PEOPLE_PAGE } from "./places.js";
import { Saying } from "./saying.js";
import { forgetUser } from "./store.js";

export { Refusal };

/** Rooms of which the past is fetched on entering; of the others when somebody looks. */
const FETCHED_AT_ONCE = 20;
const REPLACED = { code: "lost", text: "Another name was given meanwhile." };

export class Chat extends Saying {
  constructor(outside = {}) {
    super(outside);
    this.farewell = "";
    this.retryAt = 0;
    this.server = "";
    this.name = "";
    this.account = this.admin = this.guests = false;
    this.registration = "open";
    this.lineBytes = 4096;
    this.hello = null;
    this.entering = null;
  }

  /** Ask who one is here, and come in at once where that is known. */
  async begin() {
    const session = await this.about();
    const me = this.local.get("me");
    // Who logged out where the server could not be told is not let in by what it remembers.
    if (this.local.get("loggedOut") && session.name) await this.tellLogout();
    else if (session.name) this.enter({ name: session.name, cookie: true }).catch(() => {});
    else if (me?.resume)
      this.enter({ name: me.name }).catch((why) => {
        this.farewell = why.text;
        this.changed("state");
      });
    else this.changed("state");
  }

  /** What the server says of itself, and of who is logged in here. */
  async about() {
    const session = await (await this.fetch(new URL("session", this.base))).json();
    this.server = session.server;
    this.guests = session.guests;
    this.registration = session.registration;
    this.lineBytes = session.line_bytes;
    this.changed("state");
    return session;
  }

  /** Come in under a name; throws a Refusal. */
  async enter({ name, password, register, code, cookie }) {
    if (password && !register) {
      await this.post("login", { name, password });
      cookie = true;
    }
    const hello = { type: "hello", v: 1, name, echo: true, backlog: 0 };
    if (register) Object.assign(hello, { register: true, password, ...(code ? { code } : {}) });
    else if (cookie) hello.cookie = true;
    this.hello = hello;
    this.farewell = "";
    await new Promise((resolve, reject) => {
      this.entering?.reject(new Refusal(REPLACED));
      this.entering = { resolve, reject };
      this.become("connecting");
      if (this.net.isOpen) this.greet();
      else this.net.start();
    });
    if (register) await this.post("login", { name, password }).catch(() => {});
  }

  /** Make the name that one has one's own. */
  async register(password, code) {
    await this.ask({ type: "register", password, ...(code ? { code } : {}) });
    this.account = true;
    await this.post("login", { name: this.name, password });
    this.hello.cookie = true;
    this.local.set("me", { name: this.name, resume: "" });
    this.changed("state");
  }

  /** Be nobody here any more; everywhere: in no browser. */
  async logout(everywhere = false) {
    const account = this.account;
    this.leave("");
    forgetUser(this.local.area);
    forgetUser(this.tab.area);
    this.local.memory.clear();
    this.tab.memory.clear();
    this.ignored.clear();
    this.muted.clear();
    this.read = {};
    if (!account) return;
    this.local.set("loggedOut", { everywhere });
    await this.tellLogout();
  }

  /** Have the server forget the login too; where it cannot be reached, the next time that the page is loaded. */
  async tellLogout() {
    try {
      await this.post("logout", this.local.get("loggedOut"));
      this.local.set("loggedOut", null);
    } catch {
      this.farewell =
        "You have left, but the server could not be told. Load the page again to log out there too.";
    }
    this.changed("state");
  }

  /** Try now to get back, or find out whether one is still there. */
  retry() {
    this.net.retry();
  }

  /** Wait no longer for being let in. */
  cancel() {
    this.net.stop();
    this.entering?.reject(new Refusal({ code: "cancelled", text: "" }));
    this.entering = null;
    this.become("out");
  }

  leave(why) {
    if (this.net.isOpen) this.net.send({ type: "quit", id: ++this.lastId });
    this.net.stop();
    this.severed();
    this.outbox.clear();
    this.forgetAllOfIt(why);
  }

  /** Have nothing in view that somebody else could see who comes in here next. */
  forgetAllOfIt(why) {
    this.places.clear();
    this.current = null;
    this.seen = 0;
    this.name = "";
    this.forgetPrivate();
    this.account = this.admin = false;
    this.farewell = why;
    this.become("out");
    this.changed("places", "current");
  }

  hears() {
    return {
      open: () => this.greet(),
      object: (object) => this.heard(object),
      lost: (retryAt) => {
        this.retryAt = retryAt;
        this.severed();
        this.become("waiting");
      },
    };
  }

  greet() {
    const me = this.local.get("me");
    const hello = { ...this.hello, id: ++this.lastId };
    if (!hello.cookie && !hello.register && me && keyOf(me.name) === keyOf(hello.name) && me.resume) {
      hello.resume = me.resume;
    }
    if (this.name) hello.seen = this.seen;
    this.helloId = hello.id;
    this.become("connecting");
    this.net.send(hello);
  }

  refusedHello(error) {
    const refusal = new Refusal(error);
    if (this.entering) {
      const { reject } = this.entering;
      this.entering = null;
      this.net.stop();
      this.become("out");
      reject(refusal);
      return;
    }
    // What is half written stays where it is kept; all else is as before one came in.
    this.net.stop();
    this.local.set("me", null);
    this.outbox.refuseAll(refusal.text);
    this.forgetAllOfIt(refusal.text);
  }

  welcomed(welcome) {
    const again = this.name !== "";
    this.name = welcome.name;
    this.admin = welcome.admin === true;
    this.account = welcome.resume === "";
    this.hello = { type: "hello", v: 1, name: welcome.name, echo: true, backlog: 0 };
    if (this.account) this.hello.cookie = true;
    this.local.set("me", { name: welcome.name, resume: welcome.resume });
    if (!again) this.seen = welcome.seq;
    else if (welcome.seq < this.seen) this.startAnew(welcome.seq);
    this.upto = welcome.seq;
    this.net.settled();
    this.local.set("loggedOut", null);
    this.farewell = "";
    const remembered = again
      ? [...this.places.values()]
          .filter((place) => place.kind === "room" && !place.gone)
          .map((place) => place.title)
      : this.tab.get("rooms", this.local.get("rooms", []));
    for (const room of welcome.rooms) this.room(room).gone = "";
    this.become("online");
    this.entering?.resolve();
    this.entering = null;
    const since = again ? (this.hello.seen ?? this.seenBefore) : 0;
    // Who has an account is in the rooms that the server says; a guest is in none but the first.
    for (const title of remembered) {
      if (this.account && again) this.missing(title, welcome);
      else if (!this.account && !welcome.rooms.some((room) => keyOf(room) === keyOf(title)))
        this.rejoin(this.room(title), since);
    }
    for (const place of this.places.values()) place.forgetPeople();
    this.settle(welcome, again);
  }

  /** A room that one is not in any more, as one has left it elsewhere. */
  missing(title, welcome) {
    const place = this.places.get(keyOf(title));
    if (place && !welcome.rooms.some((room) => keyOf(room) === place.key))
      place.gone = "You are not in this room any more.";
  }

  /** The server's numbers begin anew: what is here is of another record. */
  startAnew(seq) {
    this.seen = this.seenBefore = seq;
    this.read = {};
    this.local.set("read", null);
    for (const place of this.places.values()) place.lastSeq = 0;
    this.forgetAll();
  }

  /** Have in view what was in view before, or the first room. */
  settle(welcome, again) {
    const wanted = again ? this.current?.key : this.tab.get("current", null);
    const first =
      this.places.get(wanted) ?? this.places.get(keyOf(welcome.room)) ?? [...this.places.values()][0];
    const start = wanted?.startsWith("@") && !again ? this.conversation(this.tab.get("title", "")) : first;
    if (!this.privateFetched) this.fetchPrivate().catch(() => {});
    if (!again) {
      const rooms = [...this.places.values()].filter((place) => place.kind === "room");
      for (const place of rooms.slice(0, FETCHED_AT_ONCE))
        if (place !== start) this.latest(place).catch(() => {});
    }
    if (start) this.look(start.key);
    for (const name of this.ignored) this.ask({ type: "ignore", name }).catch(() => {});
    this.flush();
    this.keepRooms();
    this.changed("places");
  }

  async rejoin(place, since) {
    try {
      const request = { type: "join", room: place.title };
      if (since) request.seen = since;
      const entered = await this.ask(request);
      place.topic = entered.topic;
      place.gone = "";
    } catch (why) {
      if (why.code !== "lost") place.gone = why.text;
    }
    this.changed("places");
  }

  /** Show this place, and take it as read. */
  look(key) {
    const place = this.places.get(key);
    if (!place) return;
    if (this.current && this.current !== place) {
      this.current.seen = false;
      this.current.reading = false;
      this.current.unreadFrom = 0;
    }
    this.current = place;
    place.seen = true;
    this.tab.set("current", key);
    this.tab.set("title", place.title);
    this.markRead(place);
    if (this.state === "online") {
      if (place.kind === "room" && !place.gone) this.attend(place);
      if (!place.loaded) this.latest(place).catch(() => {});
    }
    this.changed("current", "places", `items:${key}`);
  }

  async attend(place) {
    const entered = await this.ask({ type: "switch", room: place.title }).catch(() => null);
    if (!entered) return;
    place.topic = entered.topic;
    place.operator = entered.operator === true;
    this.changed("places");
    await this.people(place, PEOPLE_PAGE).catch(() => {});
  }

  async join(room) {
    const title = room.startsWith("#") ? room : `#${room}`;
    this.entered(await this.ask({ type: "join", room: title }));
  }

  entered(answer) {
    const place = this.room(answer.room);
    place.gone = "";
    place.topic = answer.topic;
    this.keepRooms();
    this.look(place.key);
  }

  async part(place) {
    if (!place.gone) await this.ask({ type: "part", room: place.title });
    this.close(place);
  }

  /** Write to somebody alone; nothing is said yet. */
  talkTo(name) {
    const place = this.conversation(name);
    this.setClosed(place.key, 0);
    this.look(place.key);
    return place;
  }

  /** Go on as the owner of another name, who has other rooms and another past. */
  becomeAnother(welcome) {
    this.places.clear();
    this.current = null;
    this.name = "";
    this.forgetPrivate();
    this.welcomed(welcome);
  }

  /** The connection is gone: what was on its way is in doubt. */
  severed() {
    this.unanswered();
    this.seenBefore = this.seen;
    this.outbox.doubt();
  }

  heard(object) {
    if (object.seq > this.seen && object.time) this.seen = object.seq;
    if (object.id !== undefined) this.answered(object);
    else if (Object.hasOwn(NOTICES, object.type)) NOTICES[object.type](this, object);
    else if (object.time) this.happened(object, true);
  }

  answered(answer) {
    if (answer.id === this.helloId && this.state === "connecting") {
      this.helloId = null;
      if (answer.type === "error") this.refusedHello(answer);
      else this.welcomed(answer);
      return;
    }
    const waits = this.waiting.get(answer.id);
    if (waits) {
      this.waiting.delete(answer.id);
      if (answer.type === "error") waits.reject(new Refusal(answer));
      else waits.resolve(answer);
      return;
    }
    if (answer.type === "error") {
      const pending = this.outbox.refused(answer.id, answer.text);
      if (pending) this.amend(pending, { state: "failed", why: answer.text });
    } else {
      const pending = this.outbox.take(answer.id);
      if (pending) this.unshow(pending);
      if (answer.seq > this.seen) this.seen = answer.seq;
    }
    this.flush();
  }

  happened(event, live) {
    // Who leaves the chat is in no room any more once that is noted.
    const among = event.room === undefined ? this.placesWith(event.who) : [];
    if (Object.hasOwn(HAPPENS, event.type)) HAPPENS[event.type](this, event);
    if (event.type === "told") this.add(this.conversation(this.peerOf(event)), event, live);
    else if (event.room === "*" || event.type === "invited" || event.type === "locked_down") {
      if (this.current) this.add(this.current, event, live);
    } else if (event.room !== undefined) {
      const place = this.places.get(keyOf(event.room));
      if (place) this.add(place, event, live);
    } else if (event.type !== "deleted") for (const place of among) this.add(place, event, live);
  }

  add(place, event, live) {
    if (event.who !== this.name && this.isIgnored(event.who ?? "") && event.text !== undefined) return;
    const item = this.item(event);
    if (item.mine) this.arrived(place, item);
    if (event.type === "deleted" || !place.append(item)) return;
    this.changed(`items:${place.key}`);
    if (!isSpeech(item) || item.mine) {
      if (place === this.current) this.markRead(place);
      if (live && event.type === "invited") this.calls(place, item);
      return;
    }
    if (place === this.current && !this.away?.() && !place.reading) this.markRead(place);
    else {
      if (!place.unread) place.unreadFrom = item.seq;
      place.unread += 1;
      if (item.mention) place.mentions += 1;
      this.changed("places");
    }
    if (live && item.mention && !place.muted) this.calls(place, item);
  }

  /** Somebody wants the user. */
  calls(place, item) {
    this.dispatchEvent(new CustomEvent("mention", { detail: { place, item } }));
  }

  /** The tab is looked at again. */
  attended() {
    if (this.current && !this.current.reading) this.markRead(this.current);
    this.changed("places");
  }

  ended(text) {
    this.farewell = text;
    this.changed("state");
  }
}
