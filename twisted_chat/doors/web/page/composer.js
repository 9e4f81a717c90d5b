// Where one writes: several lines, completions, what was sent before; nothing half written is lost.

import { byId, el, setText } from "./dom.js";

const TOUCH = matchMedia("(hover: none) and (pointer: coarse)");

export class Composer {
  /** @param on search(text), sent(), browse() */
  constructor(chat, on) {
    this.chat = chat;
    this.on = on;
    this.text = byId("text");
    this.list = byId("choices");
    this.trouble = byId("trouble");
    this.back = 0;
    this.chosen = -1;
    this.found = { options: [] };
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("blur", () => this.offer([]));
  }

  show(place) {
    this.place = place;
    this.back = 0;
    this.offer([]);
    setText(this.trouble, "");
    if (!place) return;
    const label = `Message ${place.title}`;
    this.text.setAttribute("aria-label", label);
    this.text.placeholder = label;
    this.text.value = this.chat.draft(place);
    this.fit();
  }

  /** Whether one may write here; where not, why, and what to do about it. */
  update(place) {
    const why = place ? place.gone : "You are in no room.";
    const [said, button] = byId("gone").children;
    byId("gone").hidden = !why;
    this.text.hidden = byId("send").hidden = Boolean(why);
    if (!why) return;
    setText(said, why);
    setText(button, place ? `Enter ${place.title} again` : "Browse rooms");
    button.onclick = () => (place ? this.enterAgain(place) : this.on.browse());
  }

  enterAgain(place) {
    this.chat.join(place.title).catch((why) => setText(this.trouble, why.text ?? String(why)));
  }

  /** What was typed and not done for want of a connection is here again, unless something else is. */
  putBack({ place, text }) {
    if (this.chat.draft(place)) return;
    this.chat.setDraft(place, text);
    if (place === this.place) this.show(place);
  }

  insert(text) {
    const { selectionStart: from, selectionEnd: to, value } = this.text;
    this.text.value = value.slice(0, from) + text + value.slice(to);
    this.text.setSelectionRange(from + text.length, from + text.length);
    this.text.focus();
    this.changed(false);
  }

  async send() {
    const { place } = this;
    const text = this.text.value;
    if (!place || !text.trim()) return;
    const search = /^\/(?:search|find)\s+(.+)$/s.exec(text);
    if (search) {
      this.clear();
      this.on.search(search[1]);
      return;
    }
    setText(this.trouble, "");
    try {
      const sent = this.chat.say(place, text);
      // A verb may take a while; the field is free at once, unless it cannot be sent at all.
      await Promise.race([sent, new Promise((resolve) => setTimeout(resolve))]);
      if (this.place === place) {
        this.clear();
        this.on.sent();
      } else this.chat.setDraft(place, "");
    } catch (why) {
      setText(this.trouble, why.text ?? String(why));
    }
  }

  clear() {
    this.text.value = "";
    this.back = 0;
    this.changed(false);
  }

  changed(offers = true) {
    if (!this.place) return;
    this.chat.setDraft(this.place, this.text.value);
    this.fit();
    setText(this.trouble, "");
    const caret = this.text.selectionStart;
    this.found =
      offers && this.text.value ? this.chat.complete(this.place, this.text.value, caret) : { options: [] };
    this.offer(this.found.options);
    if (this.text.value.startsWith("/") && !this.chat.knownVerbs) this.learn();
  }

  /** Ask which verbs there are, once, and then go on completing. */
  learn() {
    const again = () => this.chat.knownVerbs && this.text.value.startsWith("/") && this.changed();
    this.chat.verbs().then(again, () => {});
  }

  fit() {
    this.text.style.height = "auto";
    const height = `${this.text.scrollHeight + 2}px`;
    this.text.style.height = height;
  }

  // Completions.

  offer(options) {
    this.chosen = options.length ? 0 : -1;
    this.list.hidden = !options.length;
    this.list.replaceChildren(
      ...options.map((option, at) =>
        el(
          "div",
          { role: "option", id: `choice-${at}`, onpointerdown: (event) => this.pick(event, at) },
          el("span", { dir: "auto" }, option.text.trim()),
          el("span", { class: "quiet" }, option.hint),
        ),
      ),
    );
    this.point();
  }

  point() {
    [...this.list.children].forEach((option, at) =>
      option.setAttribute("aria-selected", String(at === this.chosen)),
    );
    if (this.chosen < 0) this.text.removeAttribute("aria-activedescendant");
    else this.text.setAttribute("aria-activedescendant", `choice-${this.chosen}`);
  }

  pick(event, at) {
    event.preventDefault();
    const { from, to, options } = this.found;
    this.text.setSelectionRange(from, to);
    this.found = { options: [] };
    this.insert(options[at].text);
  }

  key(event) {
    // Safari ends a composition with an Enter that says nothing of it but its number.
    if (event.isComposing || event.keyCode === 229) return;
    if (this.chosen >= 0 && this.keyInList(event)) {
      event.preventDefault();
      return;
    }
    // A keyboard on the screen has no Shift and Enter: there Enter is a new line, and the button sends.
    if (
      event.key === "Enter" &&
      !TOUCH.matches &&
      !event.shiftKey &&
      !event.ctrlKey &&
      !event.altKey &&
      !event.metaKey
    ) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && (this.text.value === "" || this.back)) {
      this.recall(this.back + 1, event);
    } else if (event.key === "ArrowDown" && this.back) this.recall(this.back - 1, event);
  }

  keyInList(event) {
    const count = this.list.children.length;
    const typed = this.text.value.slice(this.found.from, this.found.to).toLowerCase();
    const whole = this.found.options[this.chosen]?.text.trim().toLowerCase() === typed;
    if (event.key === "ArrowDown") this.chosen = (this.chosen + 1) % count;
    else if (event.key === "ArrowUp") this.chosen = (this.chosen + count - 1) % count;
    else if (event.key === "Escape") {
      event.stopPropagation();
      this.offer([]);
    } else if (
      (event.key === "Tab" && !event.shiftKey) ||
      (event.key === "Enter" && !event.shiftKey && !whole)
    ) {
      this.pick(event, this.chosen);
    } else return false;
    this.point();
    return true;
  }

  recall(back, event) {
    const text = back ? this.chat.sent(this.place, back) : "";
    if (back && !text) return;
    event.preventDefault();
    this.back = back;
    this.text.value = text;
    this.changed(false);
    this.text.setSelectionRange(text.length, text.length);
  }
}
