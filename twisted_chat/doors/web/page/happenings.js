// What an event, or a notice, changes of what is known here beside the messages.

import { keyOf } from "./place.js";

/** What the server says to this session alone. */
export const NOTICES = {
  backlog: (chat, notice) => chat.missedEvents(notice),
  missed(chat, { rooms, told }) {
    for (const line of rooms) chat.news.set(keyOf(line.room), line);
    for (const event of told) chat.unheard.add(event.seq);
  },
  goodbye: (chat, notice) => chat.ended(notice.text),
  notice(chat, notice) {
    if (notice.code === "no_history") {
      if (!notice.room) chat.seen = Math.max(chat.seen, chat.upto);
      chat.refetch(notice.room);
    } else if (chat.current) chat.note(chat.current, "shown", notice.text);
    if (notice.code === "registered") chat.account = true;
  },
};

/** What an event changes beside the messages. */
export const HAPPENS = {
  joined(chat, { room, who, bot }) {
    if (who === chat.name) {
      const place = chat.room(room);
      const back = place.gone;
      place.gone = "";
      if (back || !place.loaded) chat.keepRooms();
      if (place !== chat.current && !place.loaded && chat.state === "online")
        chat.latest(place).catch(() => {});
    }
    change(chat, room, (place) => place.arrive({ name: who, bot, doors: [] }));
  },
  left(chat, { room, who, reason }) {
    const places = room === undefined ? [...chat.places.values()] : chat.placesOf(room);
    for (const place of places) remove(chat, place, who);
    if (who === chat.name && room !== undefined)
      lose(chat, room, reason ? `You left: ${reason}` : "You left.");
  },
  kicked(chat, { room, who, by, reason }) {
    for (const place of chat.placesOf(room)) remove(chat, place, who);
    if (who === chat.name) lose(chat, room, `${by} removed you${reason ? `: ${reason}` : "."}`);
  },
  crowd_moved(chat, event) {
    change(chat, event.room, (place) => {
      for (const name of event.joined ?? []) place.arrive({ name, doors: [] });
      for (const who of event.left ?? []) place.depart(who);
      place.peopleTotal += (event.others_joined ?? 0) - (event.others_left ?? 0);
      place.ghosts += event.others_left ?? 0;
      place.peopleComplete = place.listed === place.peopleTotal;
      chat.recountPeople(place);
    });
  },
  renamed(chat, { who, to }) {
    if (who === chat.name) {
      chat.name = to;
      chat.hello = { ...chat.hello, name: to };
      const me = chat.local.get("me");
      chat.local.set("me", { ...me, name: to });
      chat.changed("state");
    }
    for (const place of chat.places.values()) {
      const person = place.people.get(who);
      if (person) {
        place.people.delete(who);
        place.people.set(to, { ...person, name: to });
        chat.changed(`people:${place.key}`);
      }
    }
    const talk = chat.places.get(keyOf(`@${who}`));
    if (talk && !chat.places.has(keyOf(`@${to}`))) {
      chat.moveTalk(talk, to);
      chat.sortPlaces();
      chat.changed("places", "current");
    }
  },
  went_away: (chat, { who, text }) => amendPerson(chat, who, { away: text ?? "" }),
  came_back: (chat, { who }) => amendPerson(chat, who, { away: undefined }),
  opped: (chat, event) => rank(chat, event, { operator: true }),
  deopped: (chat, event) => rank(chat, event, { operator: false }),
  voiced: (chat, event) => rank(chat, event, { voice: true }),
  devoiced: (chat, event) => rank(chat, event, { voice: false }),
  topic_set(chat, { room, text }) {
    for (const place of chat.placesOf(room)) place.topic = text ?? "";
    chat.changed("places");
  },
  deleted(chat, { of }) {
    for (const place of chat.places.values()) if (place.strike(of)) chat.changed(`items:${place.key}`);
  },
};

function change(chat, room, make) {
  for (const place of chat.placesOf(room)) {
    make(place);
    chat.changed(`people:${place.key}`);
  }
}

function remove(chat, place, who) {
  if (place.kind !== "room") return;
  if (place.depart(who)) chat.changed(`people:${place.key}`);
}

function lose(chat, room, why) {
  const place = chat.places.get(keyOf(room));
  if (!place) return;
  place.gone = why;
  place.forgetPeople();
  chat.keepRooms();
  chat.changed("places", `people:${place.key}`);
}

function amendPerson(chat, who, fields) {
  for (const place of chat.places.values()) {
    const person = place.people.get(who);
    if (!person) continue;
    place.people.set(who, { ...person, ...fields });
    chat.changed(`people:${place.key}`);
  }
}

function rank(chat, { room, who }, fields) {
  change(chat, room, (place) => {
    const person = place.people.get(who);
    if (person) place.people.set(who, { ...person, ...fields });
    if (who === chat.name && "operator" in fields) place.operator = fields.operator;
  });
}
