// What was said: a window of it, which moves with the reader, and never jumps under their eyes.

import { announce, byId } from "./dom.js";
import { elementOf } from "./row.js";
import { rowsOf, same } from "./rows.js";
import { words } from "./words.js";

const MOST_ROWS = 200;
const STEP = 60;
/** How near the edge more is fetched, in pixels. */
const NEAR = 600;
const MOST_ANNOUNCED = 3;
const RECENT = 50;

export class Messages {
  /** @param on what a row can ask for: act(item, at), person(name, at), resend(item), discard(item) */
  constructor(chat, on) {
    this.chat = chat;
    this.on = { ...on, toggle: (key) => this.toggle(key) };
    this.hides = (name) => chat.isIgnored(name);
    this.log = byId("log");
    this.toEnd = byId("to-end");
    this.place = null;
    this.rows = new Map();
    this.opened = new Set();
    this.from = 0;
    this.upTo = 0;
    this.atEnd = true;
    this.drawn = 0;
    this.marked = 0;
    this.announced = 0;
    this.log.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.log.addEventListener("keydown", (event) => this.key(event));
    this.log.addEventListener("focusin", (event) => this.enter(event.target.closest(".row")));
    this.toEnd.addEventListener("click", () => this.goToEnd());
    new ResizeObserver(() => this.atEnd && this.stick()).observe(this.log);
  }

  /** Show this place from its end. */
  show(place) {
    this.place = place;
    this.opened.clear();
    this.rows.clear();
    this.log.replaceChildren();
    this.announced = place?.items.at(-1)?.key;
    this.marked = 0;
    if (place) this.log.setAttribute("aria-label", `Messages in ${place.title}`);
    this.rest();
  }

  rest() {
    this.atEnd = true;
    this.from = Math.max(0, (this.place?.items.length ?? 0) - MOST_ROWS / 2);
    this.draw();
    this.openAtNews();
  }

  /** Where more is new than fits, what is new is read from its beginning. */
  openAtNews() {
    const line = this.rows.get("new");
    if (!line || !this.atEnd || line.getBoundingClientRect().top >= this.log.getBoundingClientRect().top)
      return;
    this.atEnd = false;
    this.place.reading = true;
    line.scrollIntoView({ block: "start" });
    this.count();
  }

  /** Show a message with what is around it, and mark it for a moment. */
  mark(seq) {
    const at = this.place.items.findIndex((item) => item.seq === seq);
    if (at < 0) return;
    this.atEnd = false;
    this.place.reading = true;
    this.marked = seq;
    this.from = Math.max(0, at - STEP);
    this.draw();
    const row = this.rows.get(this.place.items[at].key);
    if (!row) return;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    setTimeout(() => {
      this.marked = 0;
      this.draw();
    }, 2500);
  }

  /** Draw what has changed: all is read first and written then, so that there is one layout. */
  draw() {
    const place = this.place;
    if (!place) return;
    const kept = this.atEnd ? null : this.anchor();
    this.drawn = place.items.length;
    this.fill(this.windowOf(place));
    if (this.atEnd) this.stick();
    else if (kept) this.restore(kept);
    this.count();
    this.tell(place);
    this.fillUp(place);
  }

  /** The rows to be shown: as many items as make enough of them, as many who come and go are one. */
  windowOf(place) {
    const count = place.items.length;
    if (this.atEnd)
      this.from = Math.max(0, count - Math.max(MOST_ROWS / 2, Math.min(MOST_ROWS, count - this.from)));
    this.from = Math.min(this.from, Math.max(0, count - 1));
    this.upTo = this.atEnd ? count : Math.min(count, this.from + MOST_ROWS);
    for (;;) {
      const rows = rowsOf(place, this);
      const whole = this.atEnd ? this.from === 0 : this.upTo === count;
      if (rows.length >= MOST_ROWS / 4 || whole) return rows;
      if (this.atEnd) this.from = Math.max(0, this.from - MOST_ROWS);
      else this.upTo = Math.min(count, this.upTo + MOST_ROWS);
    }
  }

  /** Where there is nothing to scroll, nobody could ask for what is older. */
  fillUp(place) {
    const full = this.log.scrollHeight > this.log.clientHeight;
    if (full || !this.atEnd || this.from > 0 || !place.loaded || !place.hasOlder || place.loading) return;
    this.chat.older(place).catch(() => {});
  }

  fill(rows) {
    const had = this.rows;
    this.rows = new Map();
    const elements = rows.map((row) => {
      const old = had.get(row.key);
      const made = old && same(old.row, row) ? old : elementOf(row, this.on, this.chat.name);
      made.row = row;
      this.rows.set(row.key, made);
      return made;
    });
    const focused = document.activeElement?.closest?.("#log [data-key]")?.dataset.key;
    const keep = new Set(elements);
    for (const child of [...this.log.children]) if (!keep.has(child)) child.remove();
    let next = this.log.firstChild;
    for (const element of elements) {
      if (element === next) next = next.nextSibling;
      else this.log.insertBefore(element, next);
    }
    if (focused && document.activeElement === document.body)
      (this.rows.get(focused) ?? this.log).focus({ preventScroll: true });
  }

  /** Open or close a fold. */
  toggle(key) {
    if (!this.opened.delete(key)) this.opened.add(key);
    this.draw();
    this.rows.get(key)?.querySelector("button").focus({ preventScroll: true });
  }

  // Where the reader is.

  anchor() {
    const top = this.log.getBoundingClientRect().top;
    for (const child of this.log.children) {
      // A day line goes up with the first message of its day, and holds nothing in its place.
      const { item, moves, note } = child.row;
      const box = (item || moves || note) && child.getBoundingClientRect();
      if (box && box.bottom > top) return { key: child.dataset.key, top: box.top };
    }
    return null;
  }

  restore({ key, top }) {
    const row = this.rows.get(key);
    if (row) this.log.scrollTop += row.getBoundingClientRect().top - top;
  }

  stick() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  scrolled() {
    const place = this.place;
    if (!place) return;
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    // That the field below has grown is no wish of the reader's.
    const resized = clientHeight !== this.height;
    this.height = clientHeight;
    if (resized && this.atEnd) return this.stick();
    const below = scrollHeight - scrollTop - clientHeight;
    // What has come since is not drawn yet, and no reason to stay behind.
    const whole = place.atEnd && this.upTo === this.drawn;
    const end = whole && below < 40;
    if (end !== this.atEnd) {
      this.atEnd = end;
      place.reading = !end;
      if (end) this.chat.attended();
      this.count();
    }
    if (scrollTop < NEAR) this.up();
    else if (below < NEAR && !end) this.down();
  }

  up() {
    const place = this.place;
    if (this.from > 0) {
      this.from = Math.max(0, this.from - STEP);
      this.atEnd = false;
      this.draw();
    } else if (place.hasOlder && !place.loading) {
      const before = place.items[0];
      this.chat.older(place).then(
        () => this.moved(place, before),
        () => {},
      );
    }
  }

  /** What was fetched lies above: the window stays with what is read. */
  moved(place, before) {
    if (place !== this.place || !before) return;
    const at = place.items.indexOf(before);
    if (at > 0) {
      this.from = Math.max(0, at - STEP);
      this.draw();
    }
  }

  down() {
    const place = this.place;
    if (this.upTo < place.items.length) {
      this.from += STEP;
      this.draw();
    } else if (!place.atEnd && !place.loading) {
      const first = place.items[this.from];
      this.chat.newer(place).then(
        () => {
          if (place !== this.place) return;
          this.from = Math.max(0, place.items.indexOf(first));
          this.draw();
        },
        () => {},
      );
    }
  }

  async goToEnd() {
    const place = this.place;
    place.reading = false;
    if (!place.atEnd) await this.chat.latest(place).catch(() => {});
    this.rest();
    this.chat.attended();
    byId("text").focus();
  }

  count() {
    const { toEnd, place } = this;
    toEnd.hidden = this.atEnd;
    if (this.atEnd) return;
    const news = place.unread;
    toEnd.textContent = news ? `${news} new message${news === 1 ? "" : "s"} ↓` : "To the newest ↓";
  }

  /** Read out what others say now, and not all of it where it is much. */
  tell(place) {
    const last = place.items.at(-1)?.key;
    if (last === this.announced || !place.loaded) return;
    const recent = place.items.slice(-RECENT);
    const since = recent.findIndex((item) => item.key === this.announced);
    this.announced = last;
    // Where what was told last is not here, all of this is of the past.
    const news =
      since < 0 ? [] : recent.slice(since + 1).filter((item) => !item.mine && item.kind !== "moved");
    if (news.length > MOST_ANNOUNCED) announce(`${news.length} new messages`);
    else for (const item of news) announce(item.event ? words(item.event) : item.text);
  }

  /** The links of one row alone are stops of the Tab key: of the one that has the focus. */
  enter(row) {
    if (row === this.entered) return;
    for (const link of this.entered?.querySelectorAll("a, .act, .author") ?? []) link.tabIndex = -1;
    for (const link of row?.querySelectorAll("a, .act, .author") ?? []) link.tabIndex = 0;
    this.entered = row;
  }

  // By keyboard: up and down from message to message.

  key(event) {
    const rows = [...this.log.querySelectorAll(".message, .shown, .error")];
    const at = rows.indexOf(document.activeElement?.closest?.(".row"));
    const go = {
      ArrowUp: at < 0 ? rows.length - 1 : at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (go !== undefined && (at >= 0 || event.key === "ArrowUp") && !event.ctrlKey) {
      const row = rows[Math.max(0, Math.min(rows.length - 1, go))];
      row?.focus({ preventScroll: true });
      row?.scrollIntoView({ block: "nearest" });
      event.preventDefault();
    } else if (
      (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) &&
      at >= 0 &&
      document.activeElement === rows[at]
    ) {
      const item = rows[at].row?.item;
      if (item && !item.state) this.on.act(item, rows[at]);
      event.preventDefault();
    }
  }
}
