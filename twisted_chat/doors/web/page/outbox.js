// What is being said, until the server has it on record: kept over a reload, and said once.

/** What may be unanswered at once: the server closes on who sends much more than it can take. */
const MOST_SENT = 50;

/** Each tab has its own; ids are new with each load, as a tab that is duplicated has a copy of all. */
export class Outbox {
  /** @param tab the store of this tab alone. */
  constructor(tab, random = Math.random) {
    this.tab = tab;
    this.waits = tab.get("outbox", []).map((pending) => ({ ...pending, sent: false }));
    this.prefix = random().toString(36).slice(2, 12);
    this.last = 0;
  }

  /** Have this be said; the id makes it safe to say it again. */
  add(place, request, time) {
    const pending = { id: `${this.prefix}-${++this.last}`, place, request, time, sent: false, why: "" };
    this.waits.push(pending);
    this.keep();
    return pending;
  }

  of(place) {
    return this.waits.filter((pending) => pending.place === place);
  }

  /** What is to be sent now, in its order. */
  unsent() {
    const sent = this.waits.filter((pending) => pending.sent && !pending.why).length;
    return this.waits
      .filter((pending) => !pending.sent && !pending.why)
      .slice(0, Math.max(0, MOST_SENT - sent));
  }

  /** Whom it is for is called something else. */
  move(from, to, name) {
    for (const pending of this.of(from)) {
      pending.place = to;
      if (!pending.sent) pending.request = { ...pending.request, name };
    }
    this.keep();
  }

  /** None of it can be said any more, unless somebody wants it to be. */
  refuseAll(why) {
    for (const pending of this.waits) pending.why = why;
    this.keep();
  }

  /** The connection is gone: whether the server has it is not known. */
  doubt() {
    for (const pending of this.waits) pending.sent = false;
  }

  /** It is on record, or nobody wants it any more. */
  take(id) {
    const pending = this.waits.find((other) => other.id === id);
    if (pending) {
      this.waits = this.waits.filter((other) => other !== pending);
      this.keep();
    }
    return pending;
  }

  refused(id, why) {
    const pending = this.waits.find((other) => other.id === id);
    if (pending) {
      pending.why = why;
      this.keep();
    }
    return pending;
  }

  again(id) {
    const pending = this.waits.find((other) => other.id === id);
    if (pending) {
      pending.why = "";
      pending.sent = false;
      this.keep();
    }
    return pending;
  }

  clear() {
    this.waits = [];
    this.keep();
  }

  keep() {
    this.tab.set("outbox", this.waits.length ? this.waits : null);
  }
}
