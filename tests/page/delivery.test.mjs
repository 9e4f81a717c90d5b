// What is said is said once, and what was missed comes once, in order, wherever the connection is cut.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Chat } from "../../twisted_chat/doors/web/page/chat.js";
import { Peer, page, settled, texts } from "./peer.mjs";

async function enter(peer, name = "Alex", also = {}) {
  const chat = page(Chat, peer, also);
  await Promise.all([chat.enter({ name }), settled()]);
  await settled();
  return chat;
}

/** Say something, and let it arrive. */
async function say(chat, text, place = chat.current) {
  await chat.say(place, text);
  await settled();
}

/** Cut the connection, let something happen meanwhile, and come back. */
async function away(peer, chat, meanwhile = () => {}) {
  peer.down = true;
  peer.cut();
  await settled();
  meanwhile();
  peer.down = false;
  await back(chat);
}

async function back(chat) {
  for (let tries = 0; tries < 8 && chat.state !== "online"; tries++) {
    chat.clock.advance(40_000);
    await settled();
  }
  await settled();
}

function spoken(peer, room = "#lobby") {
  return peer.journal
    .filter((event) => event.type === "said" && event.room === room)
    .map((event) => event.text);
}

test("shows what is said, one's own by its echo", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  await say(chat, "one");
  peer.say("Sam", "#lobby", "two");
  await settled();
  assert.deepEqual(texts(chat.current), ["one", "two"]);
  assert.equal(chat.current.pending.length, 0);
  assert.equal(chat.current.items.find((item) => item.text === "one").mine, true);
});

test("gets what it missed, in place and in order", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "first");
  const chat = await enter(peer);
  await away(peer, chat, () => ["a", "b", "c"].forEach((text) => peer.say("Sam", "#lobby", text)));
  peer.say("Sam", "#lobby", "d");
  assert.deepEqual(texts(chat.current), ["first", "a", "b", "c", "d"]);
});

test("gets the very first messages of a server too, missed before any was heard", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  await away(peer, chat, () => peer.say("Sam", "#lobby", "the first of all"));
  assert.deepEqual(texts(chat.current), ["the first of all"]);
});

test("loses and doubles nothing, cut after any one object", async () => {
  for (let cut = 1; cut < 60; cut++) {
    const peer = new Peer();
    peer.say("Sam", "#lobby", "old");
    const chat = page(Chat, peer);
    peer.cutAfter = cut;
    chat.enter({ name: "Alex" }).catch(() => {});
    await settled();
    await back(chat);
    for (const word of ["x", "y", "z"]) {
      await say(chat, `mine ${word}`);
      peer.say("Sam", "#lobby", `theirs ${word}`);
      await settled();
      await back(chat);
    }
    await away(peer, chat, () => peer.say("Sam", "#lobby", "missed"));
    peer.say("Sam", "#lobby", "last");
    await settled();
    await back(chat);
    assert.deepEqual(texts(chat.places.get("#lobby")), spoken(peer), `cut after object ${cut}`);
    assert.equal(new Set(spoken(peer)).size, spoken(peer).length, `cut after object ${cut}`);
    assert.equal(spoken(peer).length, 9, `cut after object ${cut}`);
  }
});

test("loses and doubles nothing that is told alone, cut after any one object", async () => {
  for (let cut = 1; cut < 40; cut++) {
    const peer = new Peer();
    peer.happen({ type: "told", who: "Sam", to: "Alex", text: "old" });
    const chat = page(Chat, peer);
    peer.cutAfter = cut;
    chat.enter({ name: "Alex" }).catch(() => {});
    await settled();
    await back(chat);
    for (const word of ["x", "y"]) {
      await say(chat, `mine ${word}`, chat.talkTo("Sam"));
      peer.happen({ type: "told", who: "Sam", to: "Alex", text: `theirs ${word}` });
      await settled();
      await back(chat);
    }
    await away(peer, chat, () => peer.happen({ type: "told", who: "Sam", to: "Alex", text: "missed" }));
    await settled();
    await back(chat);
    const told = peer.journal.map((event) => event.text);
    assert.equal(told.length, 6, `cut after object ${cut}`);
    assert.deepEqual(texts(chat.places.get("@sam")), told, `cut after object ${cut}`);
  }
});

test("gets what it missed where the connection goes again between the welcome and the backlog", async () => {
  for (const objects of [1, 2, 3, 4]) {
    const peer = new Peer();
    peer.say("Sam", "#lobby", "old");
    const chat = await enter(peer);
    peer.down = true;
    peer.cut();
    await settled();
    ["a", "b"].forEach((text) => peer.say("Sam", "#lobby", text));
    peer.down = false;
    peer.cutAfter = peer.sent + objects;
    chat.clock.advance(1000);
    await settled();
    peer.say("Sam", "#lobby", "c");
    await settled();
    await back(chat);
    assert.deepEqual(texts(chat.current), ["old", "a", "b", "c"], `cut after ${objects} objects`);
  }
});

test("has no hole where more was missed than is sent", async () => {
  const peer = new Peer();
  peer.most = 10;
  const chat = await enter(peer);
  peer.say("Sam", "#lobby", "before");
  await away(peer, chat, () => {
    for (let count = 1; count <= 80; count++) peer.say("Sam", "#lobby", `m${count}`);
  });
  const place = chat.current;
  while (await chat.older(place));
  assert.deepEqual(texts(place), spoken(peer));
});

test("has no hole in another room where all of its news is older than what is sent", async () => {
  const peer = new Peer();
  peer.most = 5;
  const chat = await enter(peer);
  await chat.join("#dev");
  await settled();
  peer.say("Sam", "#dev", "known");
  chat.look("#lobby");
  await away(peer, chat, () => {
    peer.say("Sam", "#dev", "missed");
    for (let count = 1; count <= 20; count++) peer.say("Sam", "#lobby", `m${count}`);
  });
  peer.say("Sam", "#dev", "live");
  chat.look("#dev");
  await settled();
  assert.deepEqual(texts(chat.places.get("#dev")), ["known", "missed", "live"]);
});

test("asks again for what a no_history notice says cannot be read", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "old");
  const chat = await enter(peer);
  peer.unreadable = true;
  await away(peer, chat, () => ["a", "b"].forEach((text) => peer.say("Sam", "#lobby", text)));
  peer.say("Sam", "#lobby", "c");
  await settled();
  assert.deepEqual(texts(chat.current), ["old", "a", "b", "c"]);
});

test("goes on where it was after a restart of the server", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  await chat.join("#dev");
  await settled();
  peer.say("Alex", "#dev", "before");
  peer.down = true;
  peer.restart();
  await settled();
  peer.happen({ type: "said", room: "#dev", who: "Sam", text: "meanwhile" });
  await say(chat, "written while it was down");
  peer.down = false;
  await back(chat);
  peer.say("Sam", "#dev", "after");
  assert.deepEqual(texts(chat.places.get("#dev")), spoken(peer, "#dev"));
  assert.deepEqual(spoken(peer, "#dev"), ["before", "meanwhile", "written while it was down", "after"]);
});

test("shows what is said after a restart of a server that kept nothing", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  for (const text of ["a", "b", "c"]) peer.say("Sam", "#lobby", text);
  peer.down = true;
  peer.restart({ journal: false });
  peer.down = false;
  await back(chat);
  peer.say("Sam", "#lobby", "anew");
  await settled();
  assert.equal(texts(chat.current).at(-1), "anew");
});

test("says once what was not answered before the connection went", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.slow.add("say");
  await say(chat, "once");
  await away(peer, chat);
  peer.slow.clear();
  peer.cut();
  await settled();
  await back(chat);
  assert.deepEqual(spoken(peer), ["once"]);
  assert.deepEqual(texts(chat.current), ["once"]);
});

test("says what never reached the server before the connection went", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.deaf = true;
  await say(chat, "on its way");
  peer.deaf = false;
  await away(peer, chat);
  assert.deepEqual(spoken(peer), ["on its way"]);
  assert.deepEqual(texts(chat.current), ["on its way"]);
});

test("sends in their order what was written while there was no connection", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.down = true;
  peer.cut();
  await settled();
  for (const text of ["a", "b", "c"]) await say(chat, text);
  assert.deepEqual(
    chat.current.pending.map((item) => item.state),
    ["sending", "sending", "sending"],
  );
  peer.down = false;
  await back(chat);
  assert.deepEqual(spoken(peer), ["a", "b", "c"]);
  assert.deepEqual(texts(chat.current), ["a", "b", "c"]);
});

test("has no more requests unanswered than the server allows", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.down = true;
  peer.cut();
  await settled();
  for (let count = 0; count < 150; count++) await say(chat, `m${count}`);
  peer.down = false;
  peer.slow.add("say");
  await back(chat);
  assert.ok(peer.waits.length <= 100, `${peer.waits.length} are unanswered`);
});

test("sends after a reload what was being sent, under the same id", async () => {
  const peer = new Peer();
  const before = await enter(peer);
  peer.slow.add("say");
  await say(before, "once");
  peer.cut();
  peer.slow.clear();
  const after = page(Chat, peer, before.areas);
  await after.begin();
  await settled();
  assert.equal(after.state, "online");
  assert.deepEqual(spoken(peer), ["once"]);
  assert.deepEqual(texts(after.current), ["once"]);
  assert.equal(new Set(peer.requests.filter(({ type }) => type === "say").map(({ id }) => id)).size, 1);
});

test("sends nothing of another tab", async () => {
  const peer = new Peer();
  const one = await enter(peer);
  peer.slow.add("say");
  await say(one, "mine");
  const asked = peer.requests.filter(({ type }) => type === "say").length;
  const other = page(Chat, peer, { local: one.areas.local });
  await other.begin();
  await settled();
  assert.equal(other.state, "online");
  assert.equal(peer.requests.filter(({ type }) => type === "say").length, asked);
});

test("uses other ids than the tab it is a copy of", async () => {
  const peer = new Peer();
  const one = await enter(peer);
  await say(one, "before");
  const other = page(Chat, peer, { local: one.areas.local, tab: one.areas.tab.copy() });
  await other.begin();
  await settled();
  await say(one, "of the first");
  await say(other, "of the second");
  await settled();
  assert.deepEqual(spoken(peer), ["before", "of the first", "of the second"]);
});

test("keeps what was refused, says why, and sends it again or not at all", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.refusals.set("say", () => ({ code: "muted", text: "You are muted." }));
  await say(chat, "a");
  await say(chat, "b");
  await settled();
  const [first, second] = chat.current.pending;
  assert.deepEqual([first.state, first.why], ["failed", "You are muted."]);
  peer.refusals.clear();
  chat.resend(first);
  chat.discard(second);
  await settled();
  assert.deepEqual(spoken(peer), ["a"]);
  assert.deepEqual(texts(chat.current), ["a"]);
});

test("refuses at once, and keeps, what is longer than a line", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  await assert.rejects(chat.say(chat.current, "ä".repeat(2100)), { code: "too_long" });
  assert.equal(chat.current.pending.length, 0);
  await say(chat, "ä".repeat(1900));
  assert.equal(spoken(peer).length, 1);
});

test("loses nothing that comes while what was said before is fetched", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "old");
  peer.slow.add("history");
  const chat = page(Chat, peer);
  await Promise.all([chat.enter({ name: "Alex" }), settled()]);
  peer.say("Sam", "#lobby", "meanwhile");
  peer.release();
  await settled();
  peer.release();
  await settled();
  assert.deepEqual(texts(chat.current), ["old", "meanwhile"]);
});

test("loses nothing where the end is fetched three times at once", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "old");
  const chat = await enter(peer);
  peer.slow.add("history");
  const all = [1, 2, 3].map(() => chat.latest(chat.current));
  for (let turn = 0; turn < 4; turn++) {
    await settled();
    const answers = peer.waits.splice(0);
    for (const answer of answers) {
      answer();
      await settled();
      peer.say("Sam", "#lobby", `live ${peer.seq}`);
    }
  }
  await Promise.all(all);
  assert.deepEqual(texts(chat.current), spoken(peer));
});

test("loses nothing that came while the end was fetched in vain", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "old");
  const chat = await enter(peer);
  peer.slow.add("history");
  const fetched = chat.latest(chat.current).catch(() => {});
  await settled();
  peer.say("Sam", "#lobby", "meanwhile");
  peer.cut();
  peer.waits = [];
  await fetched;
  peer.slow.clear();
  await back(chat);
  assert.deepEqual(texts(chat.current), ["old", "meanwhile"]);
});

test("does not show what was deleted while it was held for a fetch", async () => {
  const peer = new Peer();
  peer.say("Sam", "#lobby", "old");
  const chat = await enter(peer);
  peer.slow.add("history");
  chat.latest(chat.current);
  await settled();
  const seq = peer.say("Sam", "#lobby", "regretted");
  peer.happen({ type: "deleted", of: seq, who: "Sam", by: "Sam", room: "#lobby" });
  peer.release();
  await settled();
  assert.deepEqual(texts(chat.current), ["old"]);
});

test("keeps a private conversation whole over a reconnect and a reload", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  const talk = chat.talkTo("Sam");
  await say(chat, "hello", talk);
  peer.happen({ type: "told", who: "Sam", to: "Alex", text: "hi" });
  await away(peer, chat, () => peer.happen({ type: "told", who: "Sam", to: "Alex", text: "there?" }));
  assert.deepEqual(texts(chat.places.get("@sam")), ["hello", "hi", "there?"]);
  peer.cut();
  const after = page(Chat, peer, chat.areas);
  await after.begin();
  await settled();
  assert.equal(after.current.key, "@sam");
  assert.deepEqual(texts(after.current), ["hello", "hi", "there?"]);
});

test("has no hole in a long private conversation of which the beginning was let go", async () => {
  const peer = new Peer();
  peer.happen({ type: "told", who: "Sam", to: "Alex", text: "t0" });
  const chat = await enter(peer);
  const talk = chat.talkTo("Sam");
  await settled();
  for (let count = 1; count <= 1300; count++)
    peer.happen({ type: "told", who: "Sam", to: "Alex", text: `t${count}` });
  const last = Number(texts(talk)[0].slice(1));
  assert.ok(last > 0);
  await chat.older(talk);
  assert.equal(texts(talk).includes(`t${last - 1}`), true);
});
