// Finding what was said, and rooms to go to.

import { dayOf, el, timeOf } from "./dom.js";
import { openDialog } from "./menu.js";

/** A dialog that finds what was said; a result leads to its place. */
export function openSearch(chat, jump, text = "") {
  const place = chat.current;
  const input = el("input", {
    role: "searchbox",
    "aria-label": "Search for",
    value: text,
    dir: "auto",
    placeholder: "Words, as they were written",
    "aria-describedby": "search-hint",
  });
  const within = el(
    "select",
    { "aria-label": "Where" },
    el("option", { value: "" }, "Everywhere"),
    place &&
      el(
        "option",
        { value: place.kind === "room" ? place.title : "@" },
        place.kind === "room" ? place.title : "Private messages",
      ),
  );
  const list = el("ul", { class: "results scroll" });
  const status = el("p", { class: "quiet", role: "status" });
  const more = el("button", { type: "button", hidden: true }, "More");
  const hint = el("p", { class: "quiet", id: "search-hint" }, "Also: from:NAME, since:2d, after the words.");
  let following = "";
  let asked = 0;
  const find = async (on) => {
    const wanted = input.value.trim();
    if (!wanted) return;
    const mine = ++asked;
    if (!on) list.replaceChildren();
    status.textContent = "Searching…";
    try {
      const line = within.value ? `${wanted} in:${within.value}` : wanted;
      const { events, text: words, next } = await chat.search(on ? following : line);
      if (mine !== asked) return;
      following = next;
      more.hidden = !next;
      const found = events.map((event) => result(event, words, () => go(event)));
      list.append(...found.map((button) => el("li", {}, button)));
      const count = list.children.length;
      const further = next ? (count ? " There may be more." : " Look further.") : "";
      status.textContent = `${count ? `${count} found.` : "Nothing was found."}${further}`;
    } catch (why) {
      status.textContent = why.text ?? String(why);
    }
  };
  const go = async (event) => {
    try {
      await jump(event);
      dialog.close();
    } catch (why) {
      status.textContent = why.text ?? String(why);
    }
  };
  more.addEventListener("click", () => find(true));
  within.addEventListener("change", () => find(false));
  list.addEventListener("keydown", (event) => step(event, list));
  const form = el(
    "form",
    { onsubmit: (event) => (event.preventDefault(), find(false)) },
    input,
    hint,
    el("label", { htmlFor: "search-in", class: "unseen" }, "Where"),
    within,
    el("div", { class: "buttons" }, el("button", { class: "primary" }, "Search")),
  );
  within.id = "search-in";
  const dialog = openDialog(
    "Search",
    form,
    status,
    list,
    el(
      "div",
      { class: "buttons" },
      more,
      el("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
  );
  input.focus();
  if (text) find(false);
}

function result(event, wanted, act) {
  const where = event.room ?? `private: ${event.who} to ${event.to}`;
  return el(
    "button",
    { type: "button", onclick: act },
    el("small", {}, `${where} · ${event.who} · ${dayOf(event.time)} `, timeOf(event.time)),
    el("span", { dir: "auto" }, marked(event.text ?? "", wanted)),
  );
}

/** The text with what was found in it marked. */
function marked(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return [text.slice(0, 300)];
  const from = Math.max(0, at - 80);
  const end = at + wanted.length;
  return [
    from ? "…" : "",
    text.slice(from, at),
    el("mark", {}, text.slice(at, end)),
    text.slice(end, end + 200),
  ];
}

function step(event, list) {
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!move) return;
  const all = [...list.querySelectorAll("button")];
  all[Math.max(0, Math.min(all.length - 1, all.indexOf(document.activeElement) + move))]?.focus();
  event.preventDefault();
}

/** A dialog of the rooms there are, or a new one to make. */
export async function openRooms(chat) {
  const input = el("input", {
    "aria-label": "Find or make a room",
    placeholder: "#room",
    dir: "auto",
    maxLength: 64,
  });
  const list = el("ul", { class: "results scroll" });
  const status = el("p", { role: "alert" });
  const enter = async (room) => {
    try {
      await chat.join(room);
      dialog.close();
    } catch (why) {
      status.textContent = why.text ?? String(why);
    }
  };
  const rooms = await chat.rooms().catch(() => []);
  const draw = () => {
    const wanted = input.value.replace(/^#/, "").toLowerCase();
    const fits = rooms.filter((room) => room.room.toLowerCase().includes(wanted));
    list.replaceChildren(
      ...fits.map((room) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", onclick: () => enter(room.room) },
            el("span", { dir: "auto" }, room.room),
            el(
              "small",
              { dir: "auto" },
              `${room.people} ${room.people === 1 ? "person" : "people"}${room.topic ? ` · ${room.topic}` : ""}`,
            ),
          ),
        ),
      ),
    );
  };
  const form = el(
    "form",
    { onsubmit: (event) => (event.preventDefault(), input.value.trim() && enter(input.value.trim())) },
    input,
    el("div", { class: "buttons" }, el("button", { class: "primary" }, "Enter or make it")),
  );
  input.addEventListener("input", draw);
  list.addEventListener("keydown", (event) => step(event, list));
  draw();
  const dialog = openDialog(
    "Rooms",
    form,
    status,
    list,
    el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => dialog.close() }, "Close")),
  );
  input.focus();
}
