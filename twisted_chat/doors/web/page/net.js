// The WebSocket, and the next one: when one is lost it tries again, waiting longer each time.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const CONNECT_PATIENCE = 15_000;
const SILENCE = 30_000;
const ANSWER_PATIENCE = 10_000;
/** The id of the question whether anybody is there; all others are above zero, or text. */
const HEARTBEAT = -1;

/** What the page hears and says; `on` is told: open(), object(o), lost(retryAt). */
export class Net {
  /**
   * @param {string} url of the WebSocket
   * @param on who is told
   * @param outside the browser's socket, clock and chance; a test has its own
   */
  constructor(url, on, outside = {}) {
    this.url = url;
    this.on = on;
    this.connectTo = outside.connectTo ?? ((to) => new WebSocket(to));
    this.now = outside.now ?? (() => Date.now());
    this.later = outside.later ?? ((ms, call) => setTimeout(call, ms));
    this.never = outside.never ?? ((timer) => clearTimeout(timer));
    this.random = outside.random ?? Math.random;
    this.socket = null;
    this.wanted = false;
    this.tries = 0;
    this.timer = null;
    this.pulse = null;
  }

  get isOpen() {
    return this.socket !== null && this.socket.readyState === 1;
  }

  /** Be connected from now on. */
  start() {
    this.wanted = true;
    this.tries = 0;
    if (this.socket === null) this.connect();
  }

  /** Be connected no more. */
  stop() {
    this.wanted = false;
    this.never(this.timer);
    this.drop();
  }

  /** Try now, where the next try is still to come; ask whether anybody is there, where one seems connected. */
  retry() {
    if (this.wanted && this.socket === null) this.connect();
    else if (this.isOpen) this.probe();
  }

  /** All is well again: the next time it is lost the first wait is short. */
  settled() {
    this.tries = 0;
  }

  /** Ask now, and wait for an answer no longer than after a silence. */
  probe() {
    this.heardAt = this.now() - SILENCE;
    this.never(this.pulse);
    this.pulse = null;
    this.send({ type: "uptime", id: HEARTBEAT });
    this.wait(ANSWER_PATIENCE);
  }

  /** Send an object; whether there is anybody to send it to. */
  send(object) {
    if (!this.isOpen) return false;
    this.socket.send(JSON.stringify(object));
    return true;
  }

  connect() {
    this.never(this.timer);
    const socket = this.connectTo(this.url);
    this.socket = socket;
    // One that is given up may still have something to say.
    const mine = (call) => (event) => {
      if (this.socket === socket) call(event);
    };
    socket.onopen = mine(() => this.opened());
    socket.onmessage = mine((event) => this.heard(event.data));
    socket.onclose = mine(() => this.lost());
    this.timer = this.later(
      CONNECT_PATIENCE,
      mine(() => this.lost()),
    );
  }

  opened() {
    this.never(this.timer);
    this.listen();
    this.on.open();
  }

  heard(data) {
    this.listen();
    const object = JSON.parse(data);
    if (object.id !== HEARTBEAT) this.on.object(object);
  }

  /** Ask whether anybody is there, once nothing has come for a while. */
  listen() {
    this.heardAt = this.now();
    if (this.pulse === null) this.wait(SILENCE);
  }

  wait(ms) {
    this.pulse = this.later(ms, () => {
      this.pulse = null;
      const silent = this.now() - this.heardAt;
      if (silent >= SILENCE + ANSWER_PATIENCE) this.lost();
      else if (silent >= SILENCE) {
        this.send({ type: "uptime", id: HEARTBEAT });
        this.wait(SILENCE + ANSWER_PATIENCE - silent);
      } else this.wait(SILENCE - silent);
    });
  }

  lost() {
    this.drop();
    if (!this.wanted) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.tries) * (0.75 + this.random() / 2);
    this.tries += 1;
    this.never(this.timer);
    this.timer = this.later(wait, () => this.retry());
    this.on.lost(this.now() + wait);
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.never(this.pulse);
    this.pulse = null;
    if (socket !== null) socket.close();
  }
}
