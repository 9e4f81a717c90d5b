// Who is in the room: a list of which only what is in view is in the page.

import { byId, el, setText } from "./dom.js";

const HEIGHT = 36;
const PHONE_HEIGHT = 44;
const AROUND = 10;
const AHEAD = 600;
const PATIENCE = 500;
const DOORS = { line: "terminal", web: "web", irc: "IRC", ssh: "ssh" };

export class People {
  /** @param act what a click on somebody does: (name, element) */
  constructor(chat, act) {
    this.chat = chat;
    this.act = act;
    this.list = byId("people-list");
    this.space = el("div");
    this.list.append(this.space);
    this.rows = new Map();
    this.sorted = [];
    this.list.addEventListener("scroll", () => this.draw(), { passive: true });
    this.list.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(this.list);
  }

  show(place) {
    this.place = place;
    const people = [...(place?.people.values() ?? [])];
    const rank = (person) => (person.admin ? 0 : person.operator ? 1 : person.voice ? 2 : 3);
    const names = new Intl.Collator(undefined, { sensitivity: "base" });
    this.sorted =
      people.length > 2000
        ? people
        : people.sort((a, b) => rank(a) - rank(b) || names.compare(a.name, b.name));
    setText(byId("people-title"), `${(place?.peopleTotal ?? 0).toLocaleString()} here`);
    this.draw();
  }

  draw() {
    const height = matchMedia("(max-width: 720px)").matches ? PHONE_HEIGHT : HEIGHT;
    this.height = height;
    const { scrollTop, clientHeight } = this.list;
    const from = Math.max(0, Math.floor(scrollTop / height) - AROUND);
    const upTo = Math.min(this.sorted.length, Math.ceil((scrollTop + clientHeight) / height) + AROUND);
    this.space.style.height = `${this.sorted.length * height}px`;
    const had = this.rows;
    this.rows = new Map();
    for (let at = from; at < upTo; at++) {
      const person = this.sorted[at];
      const old = had.get(person.name);
      const row = old?.person === person ? old : this.make(person);
      row.person = person;
      row.style.top = `${at * height}px`;
      this.rows.set(person.name, row);
      had.delete(person.name);
      if (old && old !== row) old.replaceWith(row);
    }
    for (const row of had.values()) row.remove();
    // In the order in which they are seen, also for who goes from one to the next by Tab.
    let next = this.space.nextSibling;
    for (const row of this.rows.values()) {
      if (row === next) next = next.nextSibling;
      else this.list.insertBefore(row, next);
    }
    this.more(upTo);
  }

  /** Fetch more of them where the end of what is here comes into view. */
  more(upTo) {
    const { place } = this;
    if (!place || place.kind !== "room" || place.peopleComplete || this.waits || this.chat.state !== "online")
      return;
    if (upTo + AROUND < this.sorted.length) return;
    // Newcomers may be several, and one question is enough for them.
    const newcomers = place.people.size >= place.peopleTotal;
    this.waits = setTimeout(
      () => {
        this.waits = null;
        if (place === this.place && !place.gone)
          this.chat.people(place, place.people.size + AHEAD).catch(() => {});
      },
      newcomers ? PATIENCE : 0,
    );
  }

  make(person) {
    const tags = [
      person.admin && "admin",
      person.operator && "operator",
      person.voice && "voice",
      person.bot && "bot",
      person.away !== undefined && "away",
    ];
    tags.push(...(person.doors ?? []).map((door) => DOORS[door] ?? door));
    const title = person.away ? `away: ${person.away}` : undefined;
    return el(
      "button",
      {
        type: "button",
        tabIndex: -1,
        class: `person${person.away === undefined ? "" : " away"}`,
        title,
        "aria-haspopup": "menu",
        onclick: (event) => this.act(person.name, event.currentTarget),
      },
      el("span", { dir: "auto" }, person.name),
      tags.filter(Boolean).map((tag) => el("span", { class: "tag" }, tag)),
    );
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = this.sorted.findIndex((person) => person === document.activeElement.person);
    const next = Math.max(0, Math.min(this.sorted.length - 1, at + step));
    if (!this.sorted[next]) return;
    this.list.scrollTop = Math.min(
      Math.max(this.list.scrollTop, (next + 1) * this.height - this.list.clientHeight),
      next * this.height,
    );
    this.draw();
    this.rows.get(this.sorted[next].name)?.focus({ preventScroll: true });
  }
}
