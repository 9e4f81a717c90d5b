// What was said before: fetched when it is looked at, and what was missed put in its place.

import { Refusal } from "./asking.js";
import { isSpeech, itemOf, keyOf } from "./place.js";
import { Places } from "./places.js";

const PAGE = 50;
const MOST_PAGES = 10;
/** What was said in private has one record, whoever it was said to. */
const PRIVATE = "@";

export class Past extends Places {
  constructor(outside) {
    super(outside);
    this.seen = 0;
    this.news = new Map();
    this.unheard = new Set();
    this.forgetPrivate();
  }

  async older(place) {
    if (!place.hasOlder || place.loading) return false;
    return this.loading(place, async () => {
      const before = place.items.length;
      if (place.kind === "person") await this.olderPrivate(place);
      else {
        const first = place.firstSeq;
        const answer = await this.history(place.title, first ? { before: first } : {});
        place.prepend(answer.events.map((event) => this.item(event)));
        place.hasOlder = answer.more;
      }
      return place.items.length > before;
    });
  }

  async newer(place) {
    if (place.atEnd || place.loading) return false;
    return this.loading(place, async () => {
      // What was deleted has nothing around it that one could ask for.
      const last = place.items.findLast((item) => item.seq && !item.deleted);
      if (!last) return this.replaceWithLatest(place);
      const answer = await this.ask({ type: "context", seq: last.seq, n: 2 * PAGE });
      const end = place.endSeq;
      const after = answer.events.filter((event) => event.seq > end);
      place.extend(after.map((event) => this.item(event)));
      if (!after.length || place.endSeq >= place.lastSeq) {
        if (place.endSeq >= place.lastSeq) place.atEnd = true;
        else return this.replaceWithLatest(place);
      }
      return after.length > 0;
    });
  }

  async latest(place) {
    if (place.loading) {
      await place.loading.catch(() => {});
      if (place.loaded && place.atEnd) return true;
      return this.latest(place);
    }
    return this.loading(place, () => this.replaceWithLatest(place));
  }

  async replaceWithLatest(place) {
    if (place.kind === "person") {
      if (!place.loaded) await this.olderPrivate(place);
      place.loaded = true;
      return true;
    }
    place.held = [];
    try {
      const answer = await this.history(place.title, {});
      place.replace(
        answer.events.map((event) => this.item(event)),
        { hasOlder: answer.more, atEnd: true },
      );
      this.recount(place);
    } catch (why) {
      const held = place.held ?? [];
      place.held = null;
      if (place.atEnd) for (const item of held) place.put(item);
      throw why;
    }
    return true;
  }

  /** How much of what was fetched is new since one looked here last. */
  recount(place) {
    const read = this.read[place.key];
    const others = place.items.filter((item) => !item.mine && isSpeech(item));
    const missed = this.news.get(place.kind === "room" ? place.key : PRIVATE);
    let news = others.filter((item) => item.seq > read);
    // In a browser that was never here, the server knows what its account has not heard.
    if (read === undefined && place.kind === "room") news = missed?.new ? others.slice(-missed.new) : [];
    else if (read === undefined) news = others.filter((item) => this.unheard.has(item.seq));
    place.unreadFrom ||= news[0]?.seq ?? 0;
    place.unread = news.length;
    place.mentions = news.filter((item) => item.mention).length;
    if (place === this.current || (read === undefined && !news.length)) this.markRead(place);
    this.changed("places");
  }

  /** Have that message in view, with what was said around it. */
  async jump(seq, room) {
    if (room === undefined) return this.jumpPrivate(seq);
    const answer = await this.ask({ type: "context", seq, n: 2 * PAGE });
    const place = this.room(answer.room);
    const items = answer.events.map((event) => this.item(event));
    const last = items.at(-1)?.seq ?? 0;
    const after = items.filter((item) => item.seq > seq).length;
    place.reading = true;
    const atEnd = last >= place.lastSeq && after < PAGE - 1;
    if (atEnd) place.held = place.held ?? [];
    place.replace(items, { hasOlder: true, atEnd });
    this.look(place.key);
    this.changed(`items:${place.key}`);
    return place;
  }

  async jumpPrivate(seq) {
    for (
      let page = 0;
      page < MOST_PAGES && this.privateMore && !(this.privateOldest <= seq && this.privateOldest);
      page++
    ) {
      await this.fetchPrivate(1000);
    }
    for (const place of this.places.values()) {
      if (place.kind === "person" && place.items.some((item) => item.seq === seq)) {
        this.look(place.key);
        return place;
      }
    }
    throw new Refusal({ code: "no_such_message", text: "That message is not here any more." });
  }

  /** Find what was said, as `/search` does: words, then perhaps `from:NAME`, `since:1d`, `in:#room`. */
  async search(line) {
    return this.ask({ type: "typed", text: line.startsWith("/") ? line : `/search ${line}` });
  }

  history(room, also, most = PAGE) {
    return this.ask({ type: "history", room, most, ...also });
  }

  async loading(place, load) {
    const begun = load();
    place.loading = begun;
    this.changed(`items:${place.key}`);
    try {
      return await begun;
    } finally {
      place.loading = null;
      this.changed(`items:${place.key}`);
    }
  }

  /** What one was told alone, and told others, is on one record: fetched, it goes to whom it is with. */
  async fetchPrivate(most = 2 * PAGE, upTo = this.privateOldest) {
    const answer = await this.history(PRIVATE, upTo ? { before: upTo } : {}, most);
    this.privateFetched = true;
    const reached = answer.events[0]?.seq ?? upTo;
    if (!this.privateOldest || reached <= this.privateOldest) this.privateMore = answer.more;
    const by = new Map();
    for (const event of answer.events) {
      this.privateOldest = Math.min(this.privateOldest || Infinity, event.seq);
      const peer = this.peerOf(event);
      if (this.isClosed(keyOf(`@${peer}`), event.seq)) continue;
      const place = this.conversation(peer);
      by.set(place, [...(by.get(place) ?? []), this.item(event)]);
    }
    for (const [place, items] of by) {
      const fresh = !place.loaded;
      place.prepend(items);
      place.loaded = true;
      place.lastSeq = Math.max(place.lastSeq, place.endSeq);
      if (fresh) this.recount(place);
      this.changed(`items:${place.key}`);
    }
    for (const place of this.places.values()) {
      if (place.kind === "person")
        place.hasOlder = this.privateMore || (place.firstSeq !== 0 && place.trimmed);
    }
    return { by, reached, more: answer.more };
  }

  async olderPrivate(place) {
    let upTo = place.firstSeq || this.privateOldest;
    for (let page = 0, more = true; page < MOST_PAGES && more; page++) {
      const before = place.firstSeq;
      const fetched = await this.fetchPrivate(2 * PAGE, upTo);
      if (place.firstSeq !== before) return;
      ({ reached: upTo, more } = fetched);
    }
    place.hasOlder = this.privateMore;
  }

  forgetPrivate() {
    this.privateOldest = 0;
    this.privateMore = true;
    this.privateFetched = false;
  }

  peerOf(event) {
    return event.who === this.name ? event.to : event.who;
  }

  missedEvents(backlog) {
    const events = backlog.events;
    if (!backlog.room) this.seen = Math.max(this.seen, this.upto);
    if (backlog.more) this.forgetAll(backlog.room);
    for (const event of events) {
      if (event.seq > this.seen) this.seen = event.seq;
      this.happened(event, false);
    }
    if (backlog.more)
      for (const place of this.placesOf(backlog.room)) {
        place.loaded = place.items.length > 0;
        if (!place.loaded && place === this.current) this.latest(place).catch(() => {});
      }
  }

  /** There is a hole between what is here and what comes: what is here is fetched anew. */
  forgetAll(room) {
    for (const place of this.placesOf(room)) {
      place.forget();
      if (place.kind === "person") {
        this.privateOldest = 0;
        this.privateMore = true;
      }
      this.changed(`items:${place.key}`);
    }
  }

  refetch(room) {
    this.forgetAll(room);
    for (const place of this.placesOf(room)) this.latest(place).catch(() => {});
  }

  item(event) {
    return itemOf(event, this.name);
  }
}
