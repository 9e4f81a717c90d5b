// The chat as a page knows it: coming in and going, the places, who is there, and how much is unread.

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

async function back(chat) {
  for (let tries = 0; tries < 8 && chat.state !== "online"; tries++) {
    chat.clock.advance(40_000);
    await settled();
  }
  await settled();
}

async function withTwoRooms(peer) {
  const chat = await enter(peer);
  await chat.join("#dev");
  await settled();
  chat.look("#lobby");
  await settled();
  return { chat, dev: chat.places.get("#dev"), lobby: chat.places.get("#lobby") };
}

test("refuses a name with the server's reason, and takes another", async () => {
  const peer = new Peer();
  await enter(peer, "Alex");
  const chat = page(Chat, peer);
  await assert.rejects(chat.enter({ name: "Alex" }), { code: "name_taken", text: "The name Alex is taken." });
  assert.equal(chat.state, "out");
  await chat.enter({ name: "Sam" });
  assert.equal(chat.state, "online");
});

test("stays out after a refusal, and asks for no name by itself, when the connection goes", async () => {
  const peer = new Peer();
  await enter(peer, "Alex");
  const chat = page(Chat, peer);
  await assert.rejects(chat.enter({ name: "Alex" }));
  const hellos = peer.hellos.length;
  chat.net.socket?.cut();
  await settled();
  assert.equal(chat.state, "out");
  chat.clock.advance(60_000);
  await settled();
  assert.equal(peer.hellos.length, hellos);
});

test("is as before after a reload: the name, the room, what is half written, what is muted", async () => {
  const peer = new Peer();
  const { chat, dev, lobby } = await withTwoRooms(peer);
  chat.look(dev.key);
  chat.setDraft(dev, "half writ");
  chat.setMuted(lobby, true);
  await settled();
  peer.cut();
  const after = page(Chat, peer, chat.areas);
  await after.begin();
  await settled();
  assert.equal(after.name, "Alex");
  assert.equal(after.current.key, "#dev");
  assert.equal(after.draft(after.current), "half writ");
  assert.equal(after.places.get("#lobby").muted, true);
});

test("asks for a name again, with the reason, where a guest's is taken meanwhile; what is half written stays", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  chat.setDraft(chat.current, "half writ");
  peer.down = true;
  peer.restart();
  peer.down = false;
  await enter(peer, "Alex");
  await back(chat);
  assert.equal(chat.state, "out");
  assert.equal(chat.farewell, "The name Alex is taken.");
  await chat.enter({ name: "Alexandra" });
  await settled();
  assert.equal(chat.draft(chat.current), "half writ");
});

test("says why it asks for a name, where the one remembered is taken after a reload", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.restart();
  chat.net.stop();
  await enter(peer, "Alex");
  const after = page(Chat, peer, chat.areas);
  await after.begin();
  await settled();
  assert.equal(after.state, "out");
  assert.equal(after.farewell, "The name Alex is taken.");
});

test("comes back as the same guest, with the secret", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.cut();
  await settled();
  await back(chat);
  assert.equal(peer.hellos[1].resume, "secret-1");
});

test("says goodbye's reason", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.tell({ type: "goodbye", text: "The server is going down." });
  peer.down = true;
  peer.cut();
  await settled();
  assert.equal(chat.farewell, "The server is going down.");
  assert.notEqual(chat.state, "online");
});

test("forgets all of one name when another comes in", async () => {
  const peer = new Peer();
  peer.accounts.add("Alex");
  peer.cookie = "Alex";
  const chat = page(Chat, peer);
  await chat.begin();
  await settled();
  peer.happen({ type: "told", who: "Sam", to: "Alex", text: "for Alex alone" });
  await settled();
  peer.refusals.set("hello", ({ name }) =>
    name === "Alex" ? { code: "wrong_password", text: "Wrong name or password." } : null,
  );
  peer.cut();
  await settled();
  await back(chat);
  assert.equal(chat.state, "out");
  await chat.enter({ name: "Kim" });
  await settled();
  assert.equal([...chat.places.values()].flatMap(texts).includes("for Alex alone"), false);
});

test("fetches what the next one was told, after a logout", async () => {
  const peer = new Peer();
  peer.happen({ type: "told", who: "Sam", to: "Kim", text: "early for Kim" });
  peer.happen({ type: "told", who: "Sam", to: "Alex", text: "for Alex" });
  peer.happen({ type: "told", who: "Sam", to: "Kim", text: "late for Kim" });
  const chat = await enter(peer, "Alex");
  await chat.logout();
  assert.equal(chat.places.size, 0);
  await chat.enter({ name: "Kim" });
  await settled();
  assert.deepEqual(texts(chat.places.get("@sam")), ["early for Kim", "late for Kim"]);
});

test("counts what is unread, and what calls one, in places not looked at", async () => {
  const peer = new Peer();
  const { chat, dev } = await withTwoRooms(peer);
  const called = [];
  chat.addEventListener("mention", ({ detail }) => called.push(detail.item.text));
  peer.say("Sam", "#dev", "hi");
  peer.say("Sam", "#dev", "hi Alex");
  peer.happen({ type: "joined", room: "#dev", who: "Kim" }, { kept: false });
  assert.deepEqual([dev.unread, dev.mentions, called], [2, 1, ["hi Alex"]]);
  chat.look("#dev");
  assert.deepEqual([dev.unread, dev.mentions], [0, 0]);
});

test("calls nobody from a muted place, nor for what was missed", async () => {
  const peer = new Peer();
  const { chat, dev } = await withTwoRooms(peer);
  let called = 0;
  chat.addEventListener("mention", () => (called += 1));
  chat.setMuted(dev, true);
  peer.say("Sam", "#dev", "Alex");
  assert.equal(called, 0);
  chat.setMuted(dev, false);
  peer.down = true;
  peer.cut();
  await settled();
  peer.say("Sam", "#dev", "Alex");
  peer.down = false;
  await back(chat);
  assert.deepEqual([called, dev.unread, dev.mentions], [0, 2, 2]);
});

test("puts the unread line before the first that is new, over a reload too", async () => {
  const peer = new Peer();
  const { chat } = await withTwoRooms(peer);
  peer.say("Sam", "#dev", "read");
  chat.look("#dev");
  chat.look("#lobby");
  await settled();
  peer.cut();
  const unread = peer.say("Sam", "#dev", "new");
  const after = page(Chat, peer, chat.areas);
  await after.begin();
  await settled();
  assert.equal(after.places.get("#dev").unread, 1);
  after.look("#dev");
  assert.equal(after.places.get("#dev").unreadFrom, unread);
});

test("counts as unread what a stranger told one who was not here", async () => {
  const peer = new Peer();
  peer.accounts.add("Alex");
  peer.cookie = "Alex";
  peer.happen({ type: "told", who: "Sam", to: "Alex", text: "psst" });
  peer.missed = { type: "missed", rooms: [], told: [peer.journal[0]], mentions: [], more: false };
  const chat = page(Chat, peer);
  await chat.begin();
  await settled();
  assert.equal(chat.places.get("@sam").unread, 1);
});

test("shows a message that calls one whose name has a hyphen", async () => {
  const peer = new Peer();
  const chat = await enter(peer, "jean-paul");
  try {
    peer.say("Sam", "#lobby", "hello jean-paul");
  } catch {
    // A browser reports it, and goes on.
  }
  await settled();
  assert.deepEqual(texts(chat.current), ["hello jean-paul"]);
});

test("empties what is deleted", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  const seq = peer.say("Sam", "#lobby", "regretted");
  peer.happen({ type: "deleted", room: "#lobby", of: seq, who: "Sam", by: "Sam" });
  const item = chat.current.items.find((other) => other.seq === seq);
  assert.deepEqual([item.deleted, item.text], [true, ""]);
});

test("hears nobody who is ignored, though others hear them", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  await chat.ignore("Sam", true);
  peer.say("sam", "#lobby", "not this");
  peer.say("Kim", "#lobby", "this");
  assert.deepEqual(texts(chat.current), ["this"]);
  assert.equal(chat.isIgnored("SAM"), true);
});

test("marks a room that one was removed from, and does not go back by itself", async () => {
  const peer = new Peer();
  const { chat, dev } = await withTwoRooms(peer);
  peer.happen({ type: "kicked", room: "#dev", who: "Alex", by: "Sam", reason: "loud" });
  peer.rooms.get("#dev").delete("Alex");
  assert.match(dev.gone, /Sam.*loud/);
  const joins = peer.requests.filter(({ type }) => type === "join").length;
  peer.cut();
  await settled();
  await back(chat);
  assert.equal(peer.requests.filter(({ type }) => type === "join").length, joins);
  assert.equal(peer.rooms.get("#dev").has("Alex"), false);
});

test("takes a room away when one leaves it", async () => {
  const peer = new Peer();
  const { chat, dev } = await withTwoRooms(peer);
  await chat.part(dev);
  await settled();
  assert.deepEqual([...chat.places.keys()], ["#lobby"]);
  assert.equal(peer.rooms.get("#dev").has("Alex"), false);
});

test("moves a conversation with who takes another name, and what is half written there", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  const talk = chat.talkTo("Sam");
  await chat.say(talk, "hello");
  await settled();
  chat.setDraft(talk, "half writ");
  chat.setMuted(talk, true);
  peer.happen({ type: "renamed", who: "Sam", to: "Samuel" }, { kept: false });
  const moved = chat.places.get("@samuel");
  assert.equal(moved, talk);
  assert.deepEqual([moved.title, texts(moved)], ["Samuel", ["hello"]]);
  assert.equal(chat.draft(moved), "half writ");
});

test("has what is being sent fail in sight, where its conversation was moved", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  const talk = chat.talkTo("Sam");
  peer.slow.add("msg");
  peer.refusals.set("msg", () => ({ code: "nobody_there", text: "There is no Sam." }));
  const asked = chat.say(talk, "hello");
  peer.happen({ type: "renamed", who: "Sam", to: "Samuel" }, { kept: false });
  await asked;
  await settled();
  assert.deepEqual(
    talk.pending.map((item) => item.state),
    ["failed"],
  );
});

test("lists rooms first, then people", async () => {
  const peer = new Peer();
  const { chat } = await withTwoRooms(peer);
  chat.talkTo("Sam");
  chat.talkTo("Bo");
  assert.deepEqual([...chat.places.keys()], ["#dev", "#lobby", "@bo", "@sam"]);
});

test("shows the answer to a verb, also to who reads what is old", async () => {
  const peer = new Peer();
  for (let count = 1; count <= 300; count++) peer.say("Sam", "#lobby", `m${count}`);
  const chat = await enter(peer);
  await chat.say(chat.current, "/who");
  await settled();
  assert.equal(texts(chat.current).at(-1), "One line,\nand another.");
  await chat.jump(20, "#lobby");
  await chat.say(chat.current, "/names");
  await settled();
  assert.equal(chat.current.items.filter((item) => item.kind === "shown").length, 1);
});

test("goes back to the first message, without a gap or a repeat", async () => {
  const peer = new Peer();
  for (let count = 1; count <= 230; count++) peer.say("Sam", "#lobby", `m${count}`);
  const chat = await enter(peer);
  chat.current.reading = true;
  while (await chat.older(chat.current));
  assert.deepEqual(
    texts(chat.current),
    peer.journal.map(({ text }) => text),
  );
  assert.equal(chat.current.hasOlder, false);
});

test("jumps to a message, and comes forward again to the end, past what was deleted", async () => {
  for (const deleted of [0, 70]) {
    const peer = new Peer();
    for (let count = 1; count <= 230; count++) peer.say("Sam", "#lobby", `m${count}`);
    const chat = await enter(peer);
    const place = await chat.jump(20, "#lobby");
    assert.equal(place, chat.current);
    assert.ok(texts(place).includes("m20"));
    if (deleted) peer.happen({ type: "deleted", room: "#lobby", of: place.endSeq, who: "Sam", by: "Sam" });
    for (let turn = 0; turn < 12 && !place.atEnd; turn++) {
      await chat.newer(place);
      if (turn === 2) peer.say("Sam", "#lobby", "meanwhile");
    }
    peer.say("Sam", "#lobby", "live");
    assert.equal(place.atEnd, true);
    const shown = place.items.filter((item) => item.text).map((item) => item.seq);
    assert.deepEqual(
      shown,
      [...new Set(shown)].sort((a, b) => a - b),
    );
    assert.equal(texts(place).at(-1), "live");
    assert.ok(texts(place).includes("meanwhile"));
  }
});

test("loads as many people as are asked for", async () => {
  const peer = new Peer();
  for (let count = 0; count < 950; count++) peer.rooms.get("#lobby").add(`p${count}`);
  const chat = await enter(peer);
  const place = chat.current;
  assert.deepEqual([place.people.size, place.peopleTotal, place.peopleComplete], [200, 951, false]);
  await chat.people(place, 500);
  assert.equal(place.people.size, 600);
  await chat.people(place, 5000);
  assert.deepEqual([place.people.size, place.peopleComplete], [951, true]);
});

test("rejects what was asked, where the connection goes before the answer", async () => {
  const peer = new Peer();
  const chat = await enter(peer);
  peer.slow.add("list");
  const asked = chat.rooms();
  await settled();
  peer.cut();
  await assert.rejects(asked, { code: "lost" });
  await assert.rejects(chat.rooms(), { code: "lost" });
});

test("goes on with 200 messages a second: one change a frame, and nothing that grows", async () => {
  const peer = new Peer();
  const { chat, dev, lobby } = await withTwoRooms(peer);
  await settled();
  let changes = 0;
  chat.addEventListener("change", () => (changes += 1));
  const took = [];
  for (let second = 0; second < 120; second++) {
    const begun = process.cpuUsage();
    for (let count = 0; count < 200; count++)
      peer.say("Sam", count % 2 ? "#lobby" : "#dev", `message ${count}`);
    took.push(process.cpuUsage(begun).user / 1000);
    peer.journal = [];
    await settled();
  }
  assert.ok(changes <= 240, `${changes} changes`);
  assert.ok(
    lobby.items.length <= 1100 && dev.items.length <= 500,
    `${lobby.items.length} and ${dev.items.length}`,
  );
  assert.equal(dev.unread, 12_000);
  const middle = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
  const [early, late] = [middle(took.slice(20, 50)), middle(took.slice(90))];
  assert.ok(late < 3 * early + 2, `${early.toFixed(1)} ms for 200 messages, and ${late.toFixed(1)} ms later`);
  assert.ok(middle(took) < 100);
});
