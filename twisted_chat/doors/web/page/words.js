// What happened, in a line: the same words as at the line door.

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** So many seconds in the largest unit that fits. */
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? UNITS[3];
  const count = Math.floor(seconds / size);
  return `${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`;
}

const left = (who, after, why) =>
  `${who} left.${after ? ` (After ${duration(after)})` : ""}${why ? ` - ${why}` : ""}`;
const because = (reason) => (reason ? `: ${reason}` : ".");

function term(event) {
  if (!event.until) return because(event.reason);
  const end = new Date(event.until * 1000);
  const sameDay = end.toDateString() === new Date().toDateString();
  const options = sameDay ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return ` until ${new Intl.DateTimeFormat(undefined, options).format(end)}${because(event.reason)}`;
}

function several(names, others) {
  const shown = others ? [...names, `${others.toLocaleString("en")} other${others > 1 ? "s" : ""}`] : names;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : shown.join("");
}

function crowd(event) {
  const joined = several(event.joined ?? [], event.others_joined ?? 0);
  const gone = several(event.left ?? [], event.others_left ?? 0);
  return `${[joined && `${joined} joined`, gone && `${gone} left`].filter(Boolean).join("; ")}.`;
}

function owned({ by, who }) {
  if (!by) return "The room belongs to nobody now: the account of its owner is no more.";
  if (!who) return `${by} gave the room up. It belongs to nobody.`;
  return by === who ? `The room belongs to ${who} now.` : `${by} gave the room to ${who}.`;
}

const WORDS = {
  said: (e) => `${e.who}: ${e.text}`,
  emoted: (e) => `${e.who} ${e.text}`,
  told: (e) => `${e.who} to ${e.to}: ${e.text}`,
  topic_set: (e) => (e.text ? `${e.who} set the topic: ${e.text}` : `${e.who} took the topic away.`),
  kicked: (e) => left(e.who, e.after, `kicked by ${e.by}${e.reason ? `: ${e.reason}` : ""}`),
  opped: (e) => (e.by ? `${e.by} made ${e.who} an operator.` : `${e.who} is an operator now.`),
  deopped: (e) =>
    !e.by || e.by === e.who
      ? `${e.who} is no operator any more.`
      : `${e.by} took the operator's rights from ${e.who}.`,
  locked: (e) =>
    e.on
      ? `${e.by} locked the topic. Only operators set it.`
      : `${e.by} unlocked the topic. Everyone may set it.`,
  made_private: (e) =>
    e.on
      ? `${e.by} made the room private. Only the invited enter.`
      : `${e.by} opened the room. Everyone may enter.`,
  voiced: (e) => `${e.by} gave ${e.who} a voice.`,
  devoiced: (e) => `${e.by} took the voice from ${e.who}.`,
  moderated: (e) =>
    e.on
      ? `${e.by} made the room moderated: operators speak, and who has a voice.`
      : `${e.by} let everyone speak.`,
  owned,
  banned: (e) => `${e.by} banned ${e.who}${term(e)}`,
  unbanned: (e) => `${e.by} lifted the ban on ${e.who}.`,
  muted: (e) => `${e.by} muted ${e.who}${term(e)}`,
  unmuted: (e) => `${e.by} let ${e.who} speak again.`,
  slowed: (e) =>
    e.seconds
      ? `${e.by} slowed the room: one line every ${duration(e.seconds)}.`
      : `${e.by} ended the slow mode.`,
  locked_down: (e) =>
    e.on
      ? `${e.by} locked the server down: no new guests, and only accounts speak.`
      : `${e.by} ended the lockdown.`,
  filtered: (e) => `${e.by} filters "${e.pattern}".`,
  unfiltered: (e) => `${e.by} filters "${e.pattern}" no more.`,
  retained: (e) =>
    e.seconds
      ? `${e.by} has what is said here forgotten after ${duration(e.seconds)}.`
      : `${e.by} has all that is said here kept.`,
  deleted: (e) => `${e.by} deleted a message of ${e.who}.`,
  invited: (e) => `${e.by} invites you to ${e.room}.`,
  joined: (e) => `${e.who}${e.bot ? " (bot)" : ""} joined.`,
  left: (e) => left(e.who, e.after, e.reason),
  crowd_moved: crowd,
  renamed: (e) => `${e.who} is now known as ${e.to}.`,
  went_away: (e) => `${e.who} is away${e.text ? `: ${e.text}` : "."}`,
  came_back: (e) => `${e.who} is back.`,
};

/** The line for an event; a type that is not known is named rather than left out. */
export function words(event) {
  return Object.hasOwn(WORDS, event.type) ? WORDS[event.type](event) : `(${event.type})`;
}
