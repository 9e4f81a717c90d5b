// Asking the server for something, and telling the page what has changed.

import { Net } from "./net.js";
import { Store, area } from "./store.js";

/** Why something is not done: a code that stays, and words for people. */
export class Refusal extends Error {
  constructor({ code, text }) {
    super(text);
    this.code = code;
    this.text = text;
  }
}

const LOST = { code: "lost", text: "The connection was lost before this was answered." };

/** What all parts of the chat stand on: each of the others adds what it knows. */
export class Asking extends EventTarget {
  /** @param outside the browser's own ways; a test has others. */
  constructor(outside = {}) {
    super();
    this.base = outside.base ?? globalThis.document?.baseURI;
    this.fetch = outside.fetch ?? ((...all) => fetch(...all));
    this.frame = outside.frame ?? soon;
    this.now = outside.now ?? (() => Date.now());
    this.local = new Store(outside.local === undefined ? area("localStorage") : outside.local);
    this.tab = new Store(outside.tab === undefined ? area("sessionStorage") : outside.tab);
    const socket = new URL("ws", this.base);
    socket.protocol = socket.protocol.replace("http", "ws");
    this.net = new Net(socket.href, this.hears(), outside);
    this.state = "out";
    this.lastId = 0;
    this.waiting = new Map();
    this.changes = new Set();
  }

  /** Ask for something; the answer, or a Refusal. */
  ask(request) {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      if (this.state !== "online" || !this.net.send({ ...request, id })) reject(new Refusal(LOST));
      else this.waiting.set(id, { resolve, reject });
    });
  }

  async post(path, body) {
    const answer = await this.fetch(new URL(path, this.base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }).catch(() => {
      throw new Refusal({ code: "lost", text: "The server cannot be reached." });
    });
    const told = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok)
      throw new Refusal({ code: told.code ?? "error", text: told.text ?? "That did not work." });
    return told;
  }

  become(state) {
    this.state = state;
    this.changed("state");
  }

  /** Note what has changed; the page is told once a frame. */
  changed(...what) {
    const first = this.changes.size === 0;
    for (const one of what) this.changes.add(one);
    if (first && this.changes.size) this.frame(() => this.tell());
  }

  tell() {
    const changes = this.changes;
    this.changes = new Set();
    const event = new Event("change");
    event.changes = changes;
    this.dispatchEvent(event);
  }

  /** Whoever waits for an answer has none. */
  unanswered() {
    for (const { reject } of this.waiting.values()) reject(new Refusal(LOST));
    this.waiting.clear();
  }
}

/** With the next frame; a page that is not looked at has none. */
function soon(call) {
  let done = false;
  const once = () => {
    if (!done) call();
    done = true;
  };
  if (globalThis.requestAnimationFrame) requestAnimationFrame(once);
  setTimeout(once, 150);
}
