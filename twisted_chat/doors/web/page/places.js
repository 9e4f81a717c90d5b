// The rooms one is in and the people one talks to, what is kept of them here, and who is there.

import { Asking } from "./asking.js";
import { Place, keyOf } from "./place.js";

/** People who are asked for at once; the server gives as many as fit into an answer. */
export const PEOPLE_PAGE = 200;
const RECOUNT_MS = 3000;
const MOST_TALKS = 200;
const MOST_READ = 1000;
/** Who may have gone unnamed, in a crowd, before the list of people is read anew. */
const MOST_GHOSTS = 50;

export class Places extends Asking {
  constructor(outside) {
    super(outside);
    this.places = new Map();
    this.current = null;
    this.known = [];
    this.ignored = new Set(this.local.get("ignored", []));
    this.muted = new Set(this.local.get("muted", []));
    this.read = this.local.get("read", {});
  }

  room(title) {
    return this.at("room", title);
  }

  conversation(name) {
    return this.at("person", name);
  }

  at(kind, title) {
    const key = keyOf(kind === "room" ? title : `@${title}`);
    let place = this.places.get(key);
    if (!place) {
      place = new Place(kind, title);
      place.muted = this.muted.has(key);
      if (kind === "person") this.closeOldest();
      this.places.set(key, place);
      this.sortPlaces();
      for (const pending of this.outbox.of(key)) this.showPending(place, pending);
      this.changed("places");
    }
    return place;
  }

  /** Strangers may write, each a line: of very many conversations the one longest quiet goes. */
  closeOldest() {
    const talks = [...this.places.values()].filter(
      (place) => place.kind === "person" && place !== this.current,
    );
    if (talks.length < MOST_TALKS) return;
    const oldest = talks.reduce((a, b) => (a.lastSeq <= b.lastSeq ? a : b));
    this.places.delete(oldest.key);
  }

  sortPlaces() {
    const order = (place) => `${place.kind === "room" ? 0 : 1}${place.key}`;
    const places = [...this.places.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    this.places = new Map(places.map((place) => [place.key, place]));
  }

  placesOf(room) {
    return room ? [this.places.get(keyOf(room))].filter(Boolean) : [...this.places.values()];
  }

  /** The rooms in which somebody is known to be. */
  placesWith(name) {
    return [...this.places.values()].filter((place) => place.kind === "room" && place.people.has(name));
  }

  close(place) {
    this.places.delete(place.key);
    if (place.kind === "person") this.setClosed(place.key, place.lastSeq);
    this.keepRooms();
    if (this.current === place) {
      this.current = null;
      const next = [...this.places.values()][0];
      if (next) this.look(next.key);
    }
    this.changed("places", "current");
  }

  /** Up to where a conversation was closed: what is older does not bring it back. */
  setClosed(key, seq) {
    const closed = Object.entries({ ...this.local.get("closed", {}), [key]: seq });
    this.local.set("closed", Object.fromEntries(closed.filter(([, upTo]) => upTo).slice(-MOST_TALKS)));
  }

  isClosed(key, seq) {
    return !this.places.has(key) && seq <= (this.local.get("closed", {})[key] ?? 0);
  }

  keepRooms() {
    const rooms = [...this.places.values()].filter((place) => place.kind === "room" && !place.gone);
    const titles = rooms.map((place) => place.title);
    this.tab.set("rooms", titles);
    this.local.set("rooms", titles);
  }

  markRead(place) {
    place.unread = place.mentions = 0;
    if (place.lastSeq > (this.read[place.key] ?? 0)) {
      this.read[place.key] = place.lastSeq;
      this.saveRead();
    }
  }

  saveRead() {
    if (this.saving) return;
    this.saving = true;
    this.frame(() => {
      this.saving = false;
      const read = Object.entries({ ...this.local.get("read", {}), ...this.read });
      this.local.set("read", Object.fromEntries(read.slice(-MOST_READ)));
    });
  }

  setMuted(place, muted) {
    place.muted = muted;
    if (muted) this.muted.add(place.key);
    else this.muted.delete(place.key);
    this.local.set("muted", [...this.muted]);
    this.changed("places");
  }

  isIgnored(name) {
    return this.ignored.has(keyOf(name));
  }

  async ignore(name, on) {
    if (on) this.ignored.add(keyOf(name));
    else this.ignored.delete(keyOf(name));
    this.local.set("ignored", [...this.ignored]);
    this.changed("places", ...[...this.places.keys()].map((key) => `items:${key}`));
    // Who is not here is not known to the server; here they are ignored all the same.
    await this.ask({ type: on ? "ignore" : "unignore", name }).catch(() => {});
  }

  mayModerate(place) {
    return (
      place?.kind === "room" &&
      (this.admin || place.operator || place.people.get(this.name)?.operator === true)
    );
  }

  draft(place) {
    const name = `draft.${place.key}`;
    return this.tab.get(name) ?? this.local.get(name, "");
  }

  setDraft(place, text) {
    const name = `draft.${place.key}`;
    this.tab.set(name, text || null);
    this.local.set(name, text || null);
  }

  /** Whom one talks to is called something else; what is kept of the conversation goes with them. */
  moveTalk(talk, to) {
    const from = talk.key;
    const draft = this.draft(talk);
    this.setDraft(talk, "");
    this.places.delete(from);
    talk.title = to;
    talk.key = keyOf(`@${to}`);
    this.places.set(talk.key, talk);
    this.setDraft(talk, draft);
    this.outbox.move(from, talk.key, to);
    if (this.read[from] !== undefined) this.read[talk.key] = this.read[from];
    if (talk.muted) this.setMuted(talk, true);
    if (talk === this.current) {
      this.tab.set("current", talk.key);
      this.tab.set("title", to);
    }
    this.saveRead();
  }

  /** Load the list of people as far as that many. */
  async people(place, upTo) {
    if (place.fetching) return place.fetching;
    place.fetching = this.loadPeople(place, upTo).finally(() => (place.fetching = null));
    return place.fetching;
  }

  /** The list is in the order in which they came: whoever comes is at its end. */
  async loadPeople(place, upTo) {
    // In a crowd not everybody who goes is named: then it is read anew, from its beginning.
    if (place.ghosts > MOST_GHOSTS) place.forgetPeople();
    for (let had = -1; !place.peopleComplete && place.listed < upTo && place.listed > had;) {
      had = place.listed;
      const page = await this.ask({ type: "who", room: place.title, skip: place.listed, most: PEOPLE_PAGE });
      place.list(page.people, page.more);
      if (place.people.has(this.name)) place.operator = place.people.get(this.name).operator === true;
      this.changed(`people:${place.key}`, "places");
    }
  }

  /** Ask anew how many there are, a while after some came or went of whom not each is named. */
  recountPeople(place) {
    if (place !== this.current || place.recounting) return;
    place.recounting = true;
    setTimeout(async () => {
      place.recounting = false;
      const page = await this.ask({
        type: "who",
        room: place.title,
        skip: place.listed,
        most: PEOPLE_PAGE,
      }).catch(() => null);
      if (!page) return;
      place.list(page.people, page.more);
      this.changed(`people:${place.key}`);
    }, RECOUNT_MS);
  }

  async rooms() {
    const answer = await this.ask({ type: "list" });
    this.known = answer.rooms.map((room) => room.room);
    return answer.rooms;
  }
}
