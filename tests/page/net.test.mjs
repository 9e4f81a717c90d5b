// The connection: when it is tried again, and when it counts as lost.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Net } from "../../twisted_chat/doors/web/page/net.js";
import { Clock, Peer, settled } from "./peer.mjs";

function connection(peer, random = () => 0.5) {
  const clock = new Clock();
  const told = [];
  const on = {
    open: () => told.push("open"),
    object: (object) => told.push(object),
    lost: (at) => told.push(at - clock.time),
  };
  const outside = {
    connectTo: peer.connectTo,
    now: () => clock.time,
    later: (ms, call) => clock.later(ms, call),
    never: (timer) => clock.never(timer),
    random,
  };
  return { net: new Net("ws://127.0.0.1/ws", on, outside), clock, told };
}

test("waits twice as long after each try, up to half a minute", async () => {
  const peer = new Peer();
  peer.down = true;
  const { net, clock, told } = connection(peer);
  net.start();
  for (let tries = 0; tries < 9; tries++) {
    await settled();
    clock.advance(told.at(-1));
  }
  assert.deepEqual(told.slice(0, 8), [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("does not come back at the same moment as all others", async () => {
  const waits = [];
  for (const chance of [0, 0.5, 0.999]) {
    const peer = new Peer();
    peer.down = true;
    const { net, told } = connection(peer, () => chance);
    net.start();
    await settled();
    waits.push(told[0]);
  }
  assert.equal(new Set(waits).size, 3);
});

test("tries at once when it is asked to, and only one connection", async () => {
  const peer = new Peer();
  peer.down = true;
  const { net, clock, told } = connection(peer);
  net.start();
  await settled();
  peer.down = false;
  net.retry();
  net.retry();
  await settled();
  clock.advance(1000);
  await settled();
  assert.equal(told.filter((one) => one === "open").length, 1);
});

test("asks after 30 s of silence, and gives up 10 s after that", async () => {
  const peer = new Peer();
  const { net, clock, told } = connection(peer);
  net.start();
  await settled();
  peer.slow.add("uptime");
  clock.advance(29_999);
  await settled();
  assert.equal(peer.requests.length, 0);
  clock.advance(1);
  await settled();
  assert.deepEqual(
    peer.requests.map(({ type }) => type),
    ["uptime"],
  );
  clock.advance(9_999);
  assert.equal(net.isOpen, true);
  clock.advance(1);
  assert.equal(net.isOpen, false);
  assert.equal(told.at(-1), 500);
});

test("stays where its question is answered, and tells nobody of the answer", async () => {
  const peer = new Peer();
  const { net, clock, told } = connection(peer);
  net.start();
  await settled();
  for (let turn = 0; turn < 20; turn++) {
    clock.advance(10_000);
    await settled();
  }
  assert.equal(net.isOpen, true);
  assert.deepEqual(told, ["open"]);
  assert.ok(peer.requests.length <= 7);
});

test("gives up a connection that is never opened", async () => {
  const peer = new Peer();
  peer.accepts = false;
  const { net, clock, told } = connection(peer);
  net.start();
  await settled();
  clock.advance(15_000);
  assert.equal(told.length, 1);
});

test("hears nothing of a connection that it has given up", async () => {
  const peer = new Peer();
  const { net, told } = connection(peer);
  net.start();
  await settled();
  const first = net.socket;
  net.lost();
  first.onmessage({ data: '{"type":"said"}' });
  first.onclose({});
  assert.deepEqual(told, ["open", 500]);
});

test("leaves no timer when it is stopped", async () => {
  const peer = new Peer();
  const { net, clock } = connection(peer);
  net.start();
  await settled();
  net.stop();
  assert.equal(clock.next, undefined);
});
