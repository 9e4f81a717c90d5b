// What can be done to a message, a person, a room, and to how the page is for oneself.

import { byId, el } from "./dom.js";
import { ask, openMenu } from "./menu.js";
import { notifies, setNotifies, setSounds, setTheme, sounds, theme } from "./notify.js";

const TIME = {
  name: "time",
  label: "For how long",
  options: [
    ["10 minutes", "10m"],
    ["1 hour", "1h"],
    ["1 day", "1d"],
    ["1 week", "1w"],
    ["For good", ""],
  ],
  value: "1h",
};
const REASON = { name: "reason", label: "Reason", hint: "It is told to them, and to the room." };

export class Menus {
  /** @param on go(place): have it in view; insert(text): put it where one writes */
  constructor(chat, { go, insert }) {
    this.chat = chat;
    this.go = go;
    this.insert = insert;
  }

  // Doing what was chosen, and showing what came of it.

  note(kind, text) {
    if (this.chat.current) this.chat.note(this.chat.current, kind, text);
  }

  refused(why) {
    this.note("error", why.text ?? String(why));
  }

  async doIt(request) {
    const answer = await this.chat.ask(request);
    // What is on record is shown as what happened.
    if (answer.text && answer.seq === undefined) this.note("shown", answer.text);
  }

  /** A page that did not come by TLS may not write to the clipboard: there it is selected and copied. */
  copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text).catch(() => {});
    const field = el("textarea", { value: text, class: "unseen" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }

  message(item, from) {
    const moderates = this.chat.mayModerate(this.chat.current);
    const others = !item.mine;
    openMenu(from, "Message", [
      { label: "Copy text", act: () => this.copy(item.text) },
      {
        label: "Quote",
        act: () =>
          this.insert(
            `${item.text
              .split("\n")
              .map((line) => `> ${line}`)
              .join("\n")}\n`,
          ),
      },
      ...(others
        ? [
            { label: `Mention ${item.who}`, act: () => this.insert(`@${item.who} `) },
            { label: `Write to ${item.who} privately`, act: () => this.talk(item.who) },
          ]
        : []),
      ...((item.mine || moderates) && item.seq && !item.deleted
        ? [null, { label: "Delete…", grave: true, act: () => this.remove(item) }]
        : []),
      ...(others && moderates ? this.ruling(item.who) : []),
      ...(others ? [null, this.ignoring(item.who)] : []),
    ]);
  }

  person(name, from) {
    if (name === this.chat.name)
      return openMenu(from, name, [{ label: "Who I am", act: () => this.typed(`/whois ${name}`) }]);
    const place = this.chat.current;
    openMenu(from, name, [
      { label: "Write privately", act: () => this.talk(name) },
      { label: "Mention", act: () => this.insert(`@${name} `) },
      { label: "Who is that?", act: () => this.typed(`/whois ${name}`) },
      this.ignoring(name),
      ...(this.chat.mayModerate(place) ? this.ruling(name) : []),
    ]);
  }

  typed(text) {
    this.chat.say(this.chat.current, text).catch((why) => this.refused(why));
  }

  talk(name) {
    this.go(this.chat.talkTo(name));
  }

  ignoring(name) {
    const ignored = this.chat.isIgnored(name);
    return {
      label: ignored ? `Hear ${name} again` : `Ignore ${name}`,
      act: () => this.chat.ignore(name, !ignored),
    };
  }

  ruling(name) {
    const room = this.chat.current.title;
    const person = this.chat.current.people.get(name);
    const rule = (title, word, type, field, fields) => ({
      label: `${word}…`,
      grave: true,
      act: () =>
        ask(
          title,
          `In ${room}.`,
          fields,
          word,
          ({ time, reason }) =>
            this.doIt({
              type,
              room,
              [field]: name,
              ...(time ? { time } : {}),
              ...(reason ? { reason } : {}),
            }),
          true,
        ),
    });
    const set = (type, label) => ({
      label,
      act: () => this.doIt({ type, room, name }).catch((why) => this.refused(why)),
    });
    return [
      null,
      rule(`Kick ${name}`, "Kick", "kick", "name", [REASON]),
      rule(`Mute ${name}`, "Mute", "mute", "who", [TIME, REASON]),
      rule(`Ban ${name}`, "Ban", "ban", "who", [TIME, REASON]),
      set("unmute", "Let speak again", "who"),
      person?.operator ? set("deop", "Make no operator any more") : set("op", "Make an operator"),
    ];
  }

  remove(item) {
    ask(
      "Delete this message?",
      "Nobody can bring it back.",
      [],
      "Delete",
      () => this.chat.ask({ type: "delete", seq: item.seq }),
      true,
    );
  }

  place() {
    const place = this.chat.current;
    if (!place) return;
    const mute = {
      label: place.muted ? "Notify me again" : "Mute notifications",
      act: () => this.chat.setMuted(place, !place.muted),
    };
    if (place.kind === "person") {
      return openMenu(byId("place-menu"), "Conversation", [
        mute,
        this.ignoring(place.title),
        { label: "Close this conversation", act: () => this.chat.close(place) },
      ]);
    }
    const room = place.title;
    if (place.gone) {
      return openMenu(byId("place-menu"), "Room", [
        { label: "Enter again", act: () => this.chat.join(room).catch((why) => this.refused(why)) },
        { label: "Take it off the list", act: () => this.chat.close(place) },
      ]);
    }
    const bans = { label: "Who is banned or muted", act: () => this.typed("/bans") };
    openMenu(byId("place-menu"), "Room", [
      {
        label: "Set the topic…",
        act: () =>
          ask(
            `Topic of ${room}`,
            "",
            [{ name: "text", label: "Topic", value: place.topic }],
            "Set",
            ({ text }) => this.chat.ask({ type: "topic", room, text }),
          ),
      },
      {
        label: "Invite somebody…",
        act: () =>
          ask(
            `Invite into ${room}`,
            "",
            [{ name: "name", label: "Name", required: true }],
            "Invite",
            ({ name }) => this.doIt({ type: "invite", room, name }),
          ),
      },
      mute,
      ...(this.chat.mayModerate(place) ? [bans] : []),
      null,
      {
        label: `Leave ${room}`,
        grave: true,
        act: () => this.chat.part(place).catch((why) => this.refused(why)),
      },
    ]);
  }

  me() {
    const theming = ["auto", "light", "dark"].map((name) => ({
      label: { auto: "As the system", light: "Light", dark: "Dark" }[name],
      checked: theme() === name,
      act: () => setTheme(name),
    }));
    const notify = notifies()
      ? { label: "Turn notifications off", act: () => setNotifies(false) }
      : { label: "Notify me of mentions", act: () => this.askToNotify() };
    openMenu(byId("me"), this.chat.name, [
      notify,
      { label: sounds() ? "Turn the sound off" : "Turn the sound on", act: () => setSounds(!sounds()) },
      null,
      ...theming,
      null,
      ...(this.chat.account ? [] : [{ label: "Make this name mine…", act: () => this.register() }]),
      { label: "Help", act: () => this.typed("/help") },
      { label: this.chat.account ? "Log out" : "Leave", act: () => this.chat.logout() },
      ...(this.chat.account
        ? [{ label: "Log out everywhere", grave: true, act: () => this.chat.logout(true) }]
        : []),
    ]);
  }

  async askToNotify() {
    if (!(await setNotifies(true))) this.note("error", "The browser does not allow notifications here.");
  }

  register() {
    const fields = [
      {
        name: "password",
        label: "Password",
        kind: "password",
        required: true,
        hint: "8 characters or more.",
      },
    ];
    if (this.chat.registration === "invite")
      fields.push({ name: "code", label: "Invitation code", required: true });
    ask(
      `Make ${this.chat.name} yours`,
      "From then on the name needs your password.",
      fields,
      "Register",
      ({ password, code }) => this.chat.register(password, code),
    );
  }
}
