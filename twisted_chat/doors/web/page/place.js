// A room, or a conversation with one person: what was said there, and who is there.

const MOST_ITEMS = 1000;
const MOST_UNSEEN = 400;
/** What is cut off at once, so that it is not done for every message. */
const SLACK = 100;
const KEPT_NOTES = 5;

const KINDS = {
  said: "said",
  emoted: "emoted",
  told: "told",
  joined: "moved",
  left: "moved",
  crowd_moved: "moved",
  renamed: "moved",
  went_away: "moved",
  came_back: "moved",
};

let made = 0;

/** How names are compared on this side. */
export function keyOf(name) {
  return name.normalize("NFKC").toLowerCase();
}

/** What is shown in a line of its own, or with others of its author. */
export function itemOf(event, me) {
  const kind = KINDS[event.type] ?? "ruled";
  const speech = kind === "said" || kind === "emoted" || kind === "told";
  const mine = speech && event.who === me;
  return {
    key: event.seq ? `s${event.seq}` : `n${++made}`,
    kind,
    seq: event.seq ?? 0,
    time: event.time ?? Date.now() / 1000,
    who: event.who ?? event.by ?? "",
    text: event.text ?? "",
    event,
    mine,
    mention: speech && !mine && (kind === "told" || mentions(event.text, me)),
    deleted: speech && event.text === "",
    state: "",
  };
}

/** A line of the page's own: an answer to read, an error, or what is being sent. */
export function noteOf(kind, text, also = {}) {
  return {
    key: `n${++made}`,
    kind,
    seq: 0,
    time: Date.now() / 1000,
    who: "",
    text,
    event: null,
    mine: false,
    mention: false,
    deleted: false,
    state: "",
    ...also,
  };
}

/** Whether a text names somebody as a word of its own. */
export function mentions(text, name) {
  if (!name || !text) return false;
  const at = keyOf(text).indexOf(keyOf(name));
  if (at < 0) return false;
  const quoted = name.normalize("NFKC").replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(`(?<![\\p{L}\\p{N}_])${quoted}(?![\\p{L}\\p{N}_])`, "iu").test(text.normalize("NFKC"));
}

/** Whether somebody said it, to all or to one. */
export function isSpeech(item) {
  return item.kind === "said" || item.kind === "emoted" || item.kind === "told";
}

export class Place {
  constructor(kind, title) {
    this.kind = kind;
    this.title = title;
    this.key = keyOf(kind === "room" ? title : `@${title}`);
    this.topic = "";
    this.items = [];
    this.pending = [];
    this.hasOlder = true;
    this.trimmed = false;
    this.atEnd = true;
    this.loaded = false;
    this.loading = null;
    this.held = null;
    this.reading = false;
    this.unread = 0;
    this.mentions = 0;
    this.muted = false;
    this.unreadFrom = 0;
    this.lastSeq = 0;
    this.gone = "";
    this.operator = false;
    this.forgetPeople();
    this.sent = [];
  }

  /** The number of the first message that is here; 0 where there is none. */
  get firstSeq() {
    return this.items.find((item) => item.seq)?.seq ?? 0;
  }

  /** The number of the last one. */
  get endSeq() {
    for (let at = this.items.length - 1; at >= 0; at--) if (this.items[at].seq) return this.items[at].seq;
    return 0;
  }

  /** Take what comes now; whether it is new here. */
  append(item) {
    if (item.seq) {
      if (item.seq <= this.lastSeq) return false;
      this.lastSeq = item.seq;
    }
    if (this.held !== null) this.held.push(item);
    else if (this.atEnd) this.put(item);
    return true;
  }

  put(item) {
    if (item.seq && item.seq <= this.endSeq) return;
    this.items.push(item);
    this.trim();
  }

  trim() {
    const most = this.seen ? MOST_ITEMS : MOST_UNSEEN;
    if (this.items.length <= most + SLACK) return;
    if (this.reading) {
      // Whoever reads what is old does not have it taken away: the newest is fetched again then.
      if (this.items.length > MOST_ITEMS + SLACK) {
        this.items.length = MOST_ITEMS;
        this.atEnd = false;
      }
      return;
    }
    this.items.splice(0, this.items.length - most);
    this.hasOlder = this.trimmed = true;
  }

  /** Put what was said before in front; what is here already is left out. */
  prepend(items) {
    const first = this.firstSeq || Infinity;
    const older = items.filter((item) => item.seq < first);
    this.items = [...older, ...this.items];
    if (this.items.length > MOST_ITEMS + SLACK) {
      this.items.length = MOST_ITEMS;
      this.atEnd = false;
    }
  }

  /** Have these alone, and what came while they were fetched. */
  replace(items, { hasOlder, atEnd }) {
    const held = this.held ?? [];
    this.held = null;
    // Answers to what one typed are nowhere else.
    const notes = atEnd ? this.items.filter((item) => item.kind === "shown" || item.kind === "error") : [];
    this.items = items;
    this.hasOlder = hasOlder;
    this.atEnd = atEnd;
    this.loaded = true;
    const end = items.at(-1)?.seq ?? 0;
    this.lastSeq = Math.max(this.lastSeq, end);
    if (atEnd) for (const item of held) if (!item.seq || item.seq > end) this.items.push(item);
    this.items.push(...notes.slice(-KEPT_NOTES));
  }

  /** Put what comes after the end behind it. */
  extend(items) {
    const end = this.endSeq;
    for (const item of items) if (item.seq > end) this.items.push(item);
    if (this.items.length > MOST_ITEMS + SLACK) {
      this.items.splice(0, this.items.length - MOST_ITEMS);
      this.hasOlder = true;
    }
    this.lastSeq = Math.max(this.lastSeq, this.endSeq);
  }

  /** Have nothing here be true any more: it is fetched when somebody looks. */
  forget() {
    this.items = [];
    this.hasOlder = true;
    this.atEnd = true;
    this.loaded = false;
    this.held = null;
  }

  /** Who is here is asked for anew. */
  forgetPeople() {
    this.people = new Map();
    this.listed = 0;
    this.ghosts = 0;
    this.peopleTotal = 0;
    this.peopleComplete = false;
  }

  /** These are on the list, after those that are here. */
  list(people, more) {
    for (const person of people) {
      if (!this.people.has(person.name) || this.people.get(person.name).fresh) this.listed += 1;
      this.people.set(person.name, person);
    }
    this.peopleTotal = Math.max(this.people.size, this.listed + more);
    this.peopleComplete = more === 0 || people.length === 0;
  }

  /** Somebody came, of whom no more is known yet; they are at the end of the list. */
  arrive(person) {
    if (this.people.has(person.name)) return;
    this.people.set(person.name, { ...person, fresh: true });
    this.peopleTotal += 1;
    this.peopleComplete = false;
  }

  /** Somebody has gone; whether they were known. */
  depart(name) {
    const person = this.people.get(name);
    if (person && !person.fresh) this.listed -= 1;
    if (!this.people.delete(name) && this.peopleComplete) return false;
    this.peopleTotal = Math.max(this.people.size, this.peopleTotal - 1);
    return true;
  }

  /** Show a message as deleted; whether it is here. */
  strike(seq) {
    if (this.held)
      this.held = this.held.map((item) =>
        item.seq === seq ? { ...item, text: "", deleted: true, mention: false } : item,
      );
    const at = this.items.findIndex((item) => item.seq === seq);
    if (at < 0) return false;
    this.items[at] = { ...this.items[at], text: "", deleted: true, mention: false };
    return true;
  }
}
