// Text: what is shown of what people write, what is kept, and what can be completed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { parse } from "../../twisted_chat/doors/web/page/markdown.js";
import { Outbox } from "../../twisted_chat/doors/web/page/outbox.js";
import { itemOf, mentions } from "../../twisted_chat/doors/web/page/place.js";
import { Store } from "../../twisted_chat/doors/web/page/store.js";
import { complete, verbsOf } from "../../twisted_chat/doors/web/page/typing.js";
import { words } from "../../twisted_chat/doors/web/page/words.js";
import { Area } from "./peer.mjs";

const spans = (text) => parse(text).flatMap((block) => block.spans ?? [block]);
const flat = (tokens) => tokens.flatMap((token) => [token, ...flat(token.spans ?? [])]);
const plain = (text) =>
  flat(spans(text))
    .map((token) => token.text ?? (token.type === "break" ? "\n" : ""))
    .join("");

test("knows code, bold, italics and links", () => {
  assert.deepEqual(spans("`a*b*`"), [{ type: "code", text: "a*b*" }]);
  assert.deepEqual(spans("**b**"), [{ type: "bold", spans: [{ type: "text", text: "b" }] }]);
  assert.deepEqual(spans("_i_"), [{ type: "italic", spans: [{ type: "text", text: "i" }] }]);
  assert.deepEqual(spans("[w](https://a.example/)"), [
    { type: "link", href: "https://a.example/", text: "w" },
  ]);
  assert.deepEqual(parse("```py\n<b>\n```"), [{ type: "code", text: "<b>", lang: "py" }]);
});

test("leaves the full stop and the bracket around a link out of it", () => {
  assert.equal(spans("see https://a.example/x.")[1].href, "https://a.example/x");
  assert.equal(spans("(https://a.example/x)")[1].href, "https://a.example/x");
  assert.equal(spans("https://a.example/x_(y)")[0].href, "https://a.example/x_(y)");
});

test("makes no link but of http, https and mailto", () => {
  const texts = [
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "[x](data:text/html,x)",
    "[x](JaVaScRiPt:alert(1))",
    "vbscript:x",
    "[x](//a.example)",
    "[x](file:///etc)",
    "[x](https:alert)",
    "blob:https://a.example/x",
    "[x](http://)",
  ];
  for (const text of texts) {
    for (const token of flat(spans(text))) {
      if (token.href !== undefined) assert.match(new URL(token.href).protocol, /^(https?|mailto):$/, text);
    }
  }
  assert.equal(
    flat(spans(texts.slice(0, 4).join(" "))).some((token) => token.href),
    false,
  );
});

test("leaves out nothing that was written, where it is no mark", () => {
  for (const text of [
    "a <b>c</b> & d",
    "snake_case_name",
    "2 * 3 * 4",
    "*",
    "**",
    "`",
    "[x]",
    "a\n\nb",
    "\u202eabc",
    "_",
    "```",
  ]) {
    assert.equal(plain(text), text);
  }
});

test("takes at most 100 ms of the processor for any text of a line's length", () => {
  const parts = [
    "*",
    "_",
    "`",
    "[",
    "**a",
    "_a ",
    "`a",
    "[a](",
    "[a](http://",
    "http://",
    "https://a(",
    ")",
    "*a*",
    "** ",
    "a_",
    "```\n",
    "\n",
    "mailto:",
    "_*",
    "*_a",
  ];
  for (const part of parts) {
    for (const text of [
      part.repeat(4096 / part.length),
      `${part.repeat(190)}${"x ".repeat(1000)}`,
      `http://a/${part.repeat(1900)}`,
    ]) {
      const begun = process.cpuUsage();
      parse(text.slice(0, 4096));
      const took = process.cpuUsage(begun).user / 1000;
      assert.ok(took < 100, `${JSON.stringify(part)} takes ${Math.round(took)} ms`);
    }
  }
});

const LEAST = {
  said: { room: "#a", who: "Sam", text: "x" },
  emoted: { room: "#a", who: "Sam", text: "x" },
  told: { who: "Sam", to: "Kim", text: "x" },
  topic_set: { room: "#a", who: "Sam" },
  kicked: { room: "#a", who: "Sam", by: "Kim" },
  opped: { room: "#a", who: "Sam" },
  deopped: { room: "#a", who: "Sam" },
  voiced: { room: "#a", who: "Sam", by: "Kim" },
  devoiced: { room: "#a", who: "Sam", by: "Kim" },
  locked: { room: "#a", by: "Kim" },
  made_private: { room: "#a", by: "Kim" },
  moderated: { room: "#a", by: "Kim" },
  owned: { room: "#a" },
  banned: { room: "#a", who: "Sam", by: "Kim" },
  muted: { room: "#a", who: "Sam", by: "Kim" },
  unbanned: { room: "#a", who: "Sam", by: "Kim" },
  unmuted: { room: "#a", who: "Sam", by: "Kim" },
  slowed: { room: "#a", by: "Kim" },
  filtered: { room: "#a", by: "Kim", pattern: "x" },
  unfiltered: { room: "#a", by: "Kim", pattern: "x" },
  retained: { room: "#a", by: "Kim" },
  locked_down: { by: "Kim" },
  deleted: { room: "#a", of: 1, who: "Sam", by: "Kim" },
  invited: { room: "#a", who: "Sam", by: "Kim" },
  joined: { room: "#a", who: "Sam" },
  left: { who: "Sam" },
  crowd_moved: { room: "#a", others_joined: 3, left: ["Sam"] },
  renamed: { who: "Sam", to: "Kim" },
  went_away: { who: "Sam" },
  came_back: { who: "Sam" },
};

for (const [type, fields] of Object.entries(LEAST)) {
  test(`has words for ${type}, with all left out that may be`, () => {
    const line = words({ type, time: 1, ...fields });
    assert.doesNotMatch(line, /undefined|null|NaN|^\(/);
    assert.notEqual(line, "");
  });
}

test("names an event that it does not know, whatever its name", () => {
  for (const type of ["danced", "constructor", "__proto__", "toString"])
    assert.equal(words({ type }), `(${type})`);
});

test("takes a name in a text as a mention only where it is a word of its own", () => {
  for (const text of ["Alex", "@alex: hi", "hi, ALEX!", "(alex)"])
    assert.equal(mentions(text, "Alex"), true, text);
  for (const text of ["Alexander", "xalex", "al ex", ""]) assert.equal(mentions(text, "Alex"), false, text);
});

test("finds any name that there may be in a text, with whatever marks", () => {
  for (const mark of ["-", ".", "_", "+", "$", "^", "(", "[", "|", "\\", "/", "'", "!"]) {
    assert.equal(mentions(`ask a${mark}b today`, `a${mark}b`), true, mark);
  }
});

test("finds a name that is written in another form of the same letters", () => {
  assert.equal(mentions("ask Jose\u0301", "Jos\u00e9"), true);
});

test("takes what one says oneself as no mention, and what one is told as one", () => {
  assert.equal(itemOf({ type: "said", who: "Alex", text: "Alex" }, "Alex").mention, false);
  assert.equal(itemOf({ type: "told", who: "Sam", to: "Alex", text: "x" }, "Alex").mention, true);
});

test("keeps values, and goes on without a storage", () => {
  for (const area of [new Area(), null]) {
    const store = new Store(area);
    store.set("a", { b: 1 });
    assert.deepEqual(store.get("a"), { b: 1 });
    store.set("a", null);
    assert.equal(store.get("a", "none"), "none");
  }
});

test("gives what was set last, after the storage was full for a while", () => {
  const area = new Area();
  const store = new Store(area);
  area.room = 0;
  store.set("a", "while it is full");
  assert.equal(store.get("a"), "while it is full");
  area.room = Infinity;
  store.set("a", "later");
  assert.equal(store.get("a"), "later");
  area.room = 0;
  store.set("b", "full");
  area.room = Infinity;
  store.set("b", null);
  assert.equal(store.get("b"), null);
});

test("gives what stands for what cannot be read", () => {
  const area = new Area([["twisted_chat.a", "{"]]);
  assert.equal(new Store(area).get("a", 5), 5);
});

test("keeps what is being sent, with its ids and its refusals", () => {
  const area = new Area();
  const box = new Outbox(new Store(area));
  const first = box.add("#lobby", { text: "a" }, 1);
  const second = box.add("#lobby", { text: "b" }, 1);
  box.refused(second.id, "no");
  first.sent = true;
  const again = new Outbox(new Store(area));
  assert.deepEqual(
    again.unsent().map(({ id }) => id),
    [first.id],
  );
  assert.deepEqual(
    again.of("#lobby").map(({ why }) => why),
    ["", "no"],
  );
  assert.equal([first.id, second.id].includes(again.add("#lobby", { text: "c" }, 1).id), false);
});

const known = {
  verbs: [
    { name: "/who", usage: "/who [ROOM]", text: "Show who." },
    { name: "/whois", usage: "/whois NAME", text: "Show." },
  ],
  names: ["Sam", "Samira", "Alex"],
  rooms: ["#lobby", "#logs"],
  me: "Alex",
};
const offered = (text, caret = text.length) =>
  complete(text, caret, known).options.map((option) => option.text);

test("completes verbs, names and rooms before the caret", () => {
  assert.deepEqual(offered("/wh"), ["/who ", "/whois "]);
  assert.deepEqual(offered("hi @sa"), ["@Sam ", "@Samira "]);
  assert.deepEqual(offered("/kick @sa"), ["Sam ", "Samira "]);
  assert.deepEqual(offered("see #lo"), ["#logs ", "#lobby "]);
  assert.deepEqual(offered("hi @al"), []);
  assert.deepEqual(offered("say /wh"), []);
  assert.deepEqual({ ...complete("hi @sa there", 6, known), options: 0 }, { from: 3, to: 6, options: 0 });
});

test("has all verbs of all chapters of help", async () => {
  const chapters = {
    rooms: [{ usage: "/join ROOM", text: "Enter." }],
    people: [{ usage: "/who", text: "Show." }],
  };
  const help = async (chapter) => ({
    verbs: chapters[chapter] ?? [
      { usage: "/say TEXT", text: "Say." },
      ...Object.keys(chapters).map((name) => ({ usage: `/help ${name}`, text: "" })),
    ],
  });
  assert.deepEqual(
    (await verbsOf(help)).map(({ name }) => name),
    ["/say", "/join", "/who"],
  );
});
