// A server for the page's tests: it speaks the protocol's objects over sockets that it hands out itself, and can be cut at every object.

/** Storage as a browser's: a tab has one of its own, and all tabs share another. */
export class Area {
  constructor(kept = []) {
    this.kept = new Map(kept);
    this.room = Infinity;
  }

  getItem(name) {
    return this.kept.get(name) ?? null;
  }

  setItem(name, value) {
    if (value.length > this.room) throw new Error("The storage is full.");
    this.kept.set(name, value);
  }

  removeItem(name) {
    this.kept.delete(name);
  }

  /** What a browser gives to a tab that is made as a copy of this one. */
  copy() {
    return new Area(this.kept);
  }
}

/** A clock that goes on when it is told to. */
export class Clock {
  constructor() {
    this.time = 1_700_000_000_000;
    this.timers = [];
  }

  later(ms, call) {
    const timer = { at: this.time + ms, call };
    this.timers.push(timer);
    return timer;
  }

  never(timer) {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** How long until the next timer; undefined where there is none. */
  get next() {
    return this.timers.length ? Math.min(...this.timers.map((timer) => timer.at)) - this.time : undefined;
  }

  advance(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.never(due);
      this.time = Math.max(this.time, due.at);
      due.call();
    }
    this.time = end;
  }
}

/** Let all that waits only for a promise happen. */
export async function settled() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The page's end of a connection, as a browser's WebSocket. */
class Socket {
  constructor(peer, url) {
    this.peer = peer;
    this.url = url;
    this.readyState = 0;
    this.asked = [];
  }

  send(data) {
    if (this.readyState !== 1) return;
    // The network is never so quick that the answer is there before `send` returns.
    queueMicrotask(() => {
      if (this.readyState === 1) this.peer.hear(this, JSON.parse(data));
    });
  }

  close() {
    this.readyState = 3;
    this.peer.forget(this);
  }

  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  /** The connection goes, and the page's end is told. */
  cut() {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.peer.forget(this);
    this.onclose?.({});
  }
}

/** A page's model, as one tab of a browser has it. */
export function page(Chat, peer, { local = new Area(), tab = new Area(), clock = new Clock() } = {}) {
  let chance = 0;
  const outside = {
    base: "http://127.0.0.1/",
    fetch: peer.fetch,
    connectTo: peer.connectTo,
    frame: (call) => setImmediate(call),
    now: () => clock.time,
    later: (ms, call) => clock.later(ms, call),
    never: (timer) => clock.never(timer),
    random: () => ((++chance + ++peer.chances) * 0.6180339887) % 1,
    local,
    tab,
  };
  return Object.assign(new Chat(outside), { clock, areas: { local, tab } });
}

/** The texts that a place shows, what is still being sent among them. */
export function texts(place) {
  return [...place.items, ...place.pending].filter((item) => item.text).map((item) => item.text);
}

/** A chat of one journal: what is said is recorded, told to the members, and can be asked for. */
export class Peer {
  constructor() {
    this.seq = 0;
    this.journal = [];
    this.users = new Map();
    this.rooms = new Map([["#lobby", new Set()]]);
    this.sessions = new Set();
    this.ids = new Map();
    this.refusals = new Map();
    this.hellos = [];
    this.requests = [];
    this.accounts = new Set();
    this.down = false;
    this.accepts = true;
    /** What the page sends is lost on its way. */
    this.deaf = false;
    this.most = 1000;
    this.unreadable = false;
    /** Requests of these types are answered when `release` is called, not at once. */
    this.slow = new Set();
    this.waits = [];
    /** After so many objects to the page its connection is cut. */
    this.cutAfter = Infinity;
    this.sent = 0;
    this.missed = null;
    this.secrets = 0;
    this.chances = 0;
  }

  connectTo = (url) => {
    const socket = new Socket(this, url);
    queueMicrotask(() => {
      if (socket.readyState !== 0) return;
      if (this.down) socket.cut();
      else if (this.accepts) socket.open();
    });
    return socket;
  };

  fetch = async (url, options) => {
    const path = new URL(url).pathname;
    if (options?.method === "POST") {
      const { name } = JSON.parse(options.body);
      if (path.endsWith("login")) this.cookie = name;
      if (path.endsWith("logout")) this.cookie = "";
      return { ok: true, status: 200, json: async () => ({ name }) };
    }
    const session = {
      server: "twisted_chat",
      name: this.cookie ?? "",
      guests: true,
      registration: "open",
      line_bytes: 4096,
    };
    return { ok: true, status: 200, json: async () => session };
  };

  forget(socket) {
    this.sessions.delete(socket);
  }

  /** All connections go at once. */
  cut() {
    for (const socket of [...this.sessions]) socket.cut();
  }

  /** The server starts anew: guests and rooms are forgotten, the journal is kept, or lost. */
  restart({ journal = true } = {}) {
    this.users.clear();
    this.rooms = new Map([["#lobby", new Set()]]);
    if (!journal) {
      this.journal = [];
      this.seq = 0;
      this.ids.clear();
    }
    this.cut();
  }

  give(socket, object) {
    if (socket.readyState !== 1) return;
    socket.onmessage?.({ data: JSON.stringify(object) });
    this.sent += 1;
    if (this.sent === this.cutAfter) socket.cut();
  }

  hears(name, event) {
    if (event.type === "told") return event.who === name || event.to === name;
    if (event.room === undefined || event.room === "*") return true;
    return this.rooms.get(event.room)?.has(name) ?? false;
  }

  /** Something happens: it goes on record, and to all who hear it. */
  happen(event, { kept = true } = {}) {
    const { type, ...fields } = event;
    const whole = { type, ...(kept ? { seq: ++this.seq } : {}), time: 1_700_000_000 + this.seq, ...fields };
    if (kept) this.journal.push(whole);
    for (const socket of [...this.sessions])
      if (socket.name && this.hears(socket.name, whole)) this.give(socket, whole);
    return whole.seq;
  }

  say(who, room, text) {
    return this.happen({ type: "said", room, who, text });
  }

  /** Give an object to everyone, as it is. */
  tell(object) {
    for (const socket of [...this.sessions]) this.give(socket, object);
  }

  hear(socket, request) {
    if (this.deaf) return;
    this.requests.push(request);
    socket.asked.push(request);
    const { id, type } = request;
    const refusal = this.refusals.get(type);
    if (refusal) {
      const refused = refusal(request);
      if (refused) return this.give(socket, { type: "error", id, ...refused });
    }
    const answer = this[`on_${type}`]?.(socket, request) ?? { type: "ok" };
    const give = () => this.give(socket, { id, ...answer });
    if (this.slow.has(type)) this.waits.push(give);
    else if (answer.type) give();
    socket.after?.splice(0).forEach((call) => call());
  }

  /** Give the answers that wait. */
  release() {
    for (const give of this.waits.splice(0)) give();
  }

  on_hello(socket, { name, resume, seen, id }) {
    this.hellos.push({ name, resume, seen });
    const known = this.users.get(name);
    const here = [...this.sessions].some((other) => other.name === name);
    if (here && known.secret !== resume && !this.accounts.has(name)) {
      return { type: "error", code: "name_taken", text: `The name ${name} is taken.` };
    }
    const same = known && known.secret === resume;
    const secret = this.accounts.has(name) ? "" : same ? known.secret : `secret-${++this.secrets}`;
    this.users.set(name, { secret });
    this.rooms.get("#lobby").add(name);
    socket.name = name;
    this.sessions.add(socket);
    if (!known) this.happen({ type: "joined", room: "#lobby", who: name }, { kept: false });
    const rooms = [...this.rooms].filter(([, members]) => members.has(name)).map(([room]) => room);
    if (seen !== undefined) (socket.after ??= []).push(() => this.catchUp(socket, seen));
    else if (this.missed) (socket.after ??= []).push(() => this.give(socket, this.missed));
    const names = [...this.rooms.get("#lobby")];
    return {
      type: "welcome",
      v: 1,
      server: "twisted_chat",
      name,
      room: "#lobby",
      topic: "",
      names,
      more: 0,
      motd: "",
      rooms,
      seq: this.seq,
      resume: secret,
    };
  }

  catchUp(socket, seen, room) {
    const all = this.journal.filter(
      (event) => event.seq > seen && (room ? event.room === room : this.hears(socket.name, event)),
    );
    if (this.unreadable) {
      this.give(socket, {
        type: "notice",
        code: "no_history",
        text: "What was said before cannot be read now.",
        after: seen,
        upto: this.seq,
      });
    } else if (all.length || !room) {
      const events = all.slice(-this.most);
      this.give(socket, {
        type: "backlog",
        ...(room ? { room } : {}),
        events,
        more: events.length < all.length,
      });
    }
  }

  speak(socket, id, event) {
    const known = `${socket.name} ${id}`;
    if (!this.ids.has(known)) {
      this.ids.set(known, { text: event.text, seq: this.happen(event) });
    } else if (this.ids.get(known).text !== event.text) {
      return { type: "error", code: "id_used", text: "That id was used before, for something else." };
    }
    return { type: "ok", seq: this.ids.get(known).seq };
  }

  on_say(socket, { id, room, text }) {
    if (!this.rooms.get(room)?.has(socket.name))
      return { type: "error", code: "not_in_room", text: `You are not in ${room}.` };
    return this.speak(socket, id, { type: "said", room, who: socket.name, text });
  }

  on_msg(socket, { id, name, text }) {
    return this.speak(socket, id, { type: "told", who: socket.name, to: name, text });
  }

  on_join(socket, { room, seen }) {
    if (!this.rooms.has(room)) this.rooms.set(room, new Set());
    this.rooms.get(room).add(socket.name);
    this.happen({ type: "joined", room, who: socket.name }, { kept: false });
    if (seen !== undefined) (socket.after ??= []).push(() => this.catchUp(socket, seen, room));
    return this.look(room);
  }

  on_switch(socket, { room }) {
    return this.look(room);
  }

  look(room) {
    return { type: "entered", room, topic: "", names: [...this.rooms.get(room)], more: 0 };
  }

  on_part(socket, { room }) {
    this.happen({ type: "left", room, who: socket.name }, { kept: false });
    this.rooms.get(room).delete(socket.name);
    return { type: "ok" };
  }

  on_who(socket, { room, skip = 0, most = 200 }) {
    const all = [...(this.rooms.get(room) ?? [])];
    const people = all.slice(skip, skip + most).map((name) => ({ name, doors: ["web"] }));
    return { type: "people", room, people, more: Math.max(0, all.length - skip - most) };
  }

  record(name, room) {
    const gone = new Set(this.journal.filter((event) => event.type === "deleted").map((event) => event.of));
    const there =
      room === "@"
        ? (event) => event.type === "told" && this.hears(name, event)
        : (event) => event.room === room;
    return this.journal.filter((event) => event.type !== "deleted" && !gone.has(event.seq) && there(event));
  }

  on_history(socket, { room, most = 20, before = Infinity, after = 0 }) {
    const all = this.record(socket.name, room).filter((event) => event.seq < before && event.seq > after);
    const events = all.slice(-most);
    return { type: "history", room, events, more: events.length < all.length, next: "" };
  }

  on_context(socket, { seq, n }) {
    const found = this.journal.find((event) => event.seq === seq);
    const room = found?.type === "told" ? "@" : found?.room;
    const all = this.record(socket.name, room);
    const at = all.findIndex((event) => event.seq === seq);
    if (at < 0) return { type: "error", code: "no_such_message", text: `There is no message ${seq}.` };
    const half = Math.floor(n / 2);
    return {
      type: "history",
      room,
      events: all.slice(Math.max(0, at - half), at + half),
      more: true,
      next: "",
    };
  }

  on_search(socket, { text }) {
    const events = this.journal.filter((event) => event.text?.includes(text)).reverse();
    return { type: "found", text, events, reached: 0, next: "" };
  }

  on_list() {
    return {
      type: "rooms",
      rooms: [...this.rooms].map(([room, members]) => ({ room, people: members.size, topic: "" })),
      more: 0,
    };
  }

  on_typed() {
    return { type: "shown", text: "One line,\nand another." };
  }

  on_uptime() {
    return { type: "uptime", seconds: 1, people: 1, rooms: 1 };
  }
}
