// Menus and dialogs: opened beside what they are about, closed by Escape, and then back where one was.

import { byId, el } from "./dom.js";

let open = null;

/** Close the menu that is open; whoever opened it has the focus again. */
export function closeMenu(back = true) {
  if (!open) return;
  const { menu, from, leave } = open;
  open = null;
  leave.abort();
  menu.remove();
  from.setAttribute?.("aria-expanded", "false");
  if (back && from.isConnected) from.focus();
}

/**
 * Open a menu beside an element.
 * @param items {label, act, grave, checked}, or null for a line between groups
 */
export function openMenu(from, title, items) {
  if (open?.from === from) return closeMenu();
  closeMenu(false);
  const leave = new AbortController();
  const made = items.map((item) => {
    if (item === null) return el("hr", { role: "separator" });
    const checked = item.checked === undefined ? {} : { "aria-checked": String(item.checked) };
    const act = () => {
      closeMenu();
      item.act();
    };
    return el(
      "button",
      {
        type: "button",
        role: item.checked === undefined ? "menuitem" : "menuitemradio",
        tabIndex: -1,
        class: item.grave ? "grave" : "",
        ...checked,
        onclick: act,
      },
      item.checked ? `✓ ${item.label}` : item.label,
    );
  });
  const menu = el("div", { role: "menu", "aria-label": title }, made);
  (from.closest("nav, main, aside") ?? document.body).append(menu);
  place(menu, from);
  open = { menu, from, leave };
  if (from.hasAttribute?.("aria-haspopup")) from.setAttribute("aria-expanded", "true");
  const choices = made.filter((item) => item.tagName === "BUTTON");
  menu.addEventListener("keydown", (event) => move(event, choices));
  const outside = (event) => {
    if (!menu.contains(event.target) && !from.contains(event.target)) closeMenu(false);
  };
  document.addEventListener("pointerdown", outside, { capture: true, signal: leave.signal });
  choices[0]?.focus();
}

function move(event, choices) {
  const at = choices.indexOf(document.activeElement);
  const to = {
    ArrowDown: (at + 1) % choices.length,
    ArrowUp: (at + choices.length - 1) % choices.length,
    Home: 0,
    End: choices.length - 1,
  }[event.key];
  if (to !== undefined) choices[to].focus();
  else if (event.key === "Escape" || event.key === "Tab") closeMenu();
  else {
    const begun = choices.find(
      (choice, number) =>
        number !== at && choice.textContent.toLowerCase().startsWith(event.key.toLowerCase()),
    );
    if (event.key.length !== 1 || !begun || event.key === " ") return;
    begun.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

function place(menu, from) {
  const box = from.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const left = document.dir === "rtl" ? box.right - width : box.left;
  const below = box.bottom + 4;
  const inside = (at, size, all) => Math.max(8, Math.min(at, all - size - 8));
  menu.style.left = `${inside(left, width, innerWidth)}px`;
  menu.style.top = `${below + height > innerHeight ? inside(box.top - height - 4, height, innerHeight) : below}px`;
}

/** A dialog with this content; it is gone once it is closed. */
export function openDialog(title, ...content) {
  const heading = el("h2", { id: "dialog-title", dir: "auto" }, title);
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, heading, content);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && !within(dialog, event)) dialog.close();
  });
  dialog.showModal();
  return dialog;
}

function within(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}

/**
 * Ask for some fields, then do something with them; what goes wrong is told in the dialog.
 * @param fields {name, label, value, hint, required, options, kind}
 */
export function ask(title, lead, fields, word, act, grave = false) {
  const inputs = fields.map((field) => [field, inputFor(field)]);
  const trouble = el("p", { role: "alert" });
  const submit = el("button", { class: "primary" }, word);
  const form = el(
    "form",
    {
      async onsubmit(event) {
        event.preventDefault();
        submit.disabled = true;
        trouble.textContent = "";
        try {
          await act(
            Object.fromEntries(
              inputs.map(([field, input]) => [
                field.name,
                field.kind === "password" ? input.value : input.value.trim(),
              ]),
            ),
          );
          dialog.close();
        } catch (why) {
          trouble.textContent = why.text ?? String(why);
        }
        submit.disabled = false;
      },
    },
    lead && el("p", { class: "quiet" }, lead),
    inputs
      .map(([field, input]) => [
        el("label", { htmlFor: input.id }, field.label),
        input,
        field.hint && el("p", { class: "quiet" }, field.hint),
      ])
      .flat(),
    trouble,
    el(
      "div",
      { class: "buttons" },
      el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      submit,
    ),
  );
  if (grave) submit.classList.add("grave");
  const dialog = openDialog(title, form);
  (inputs[0]?.[1] ?? submit).focus();
  return dialog;
}

function inputFor({ name, value = "", required, options, kind = "text" }) {
  const id = `ask-${name}`;
  if (options) {
    return el(
      "select",
      { id },
      options.map(([text, of]) => el("option", { value: of, selected: of === value }, text)),
    );
  }
  return el("input", { id, value, required, type: kind, dir: "auto", autocomplete: "off" });
}

/** Whether a dialog is open. */
export const isBusy = () => document.querySelector("dialog[open]") !== null || open !== null;

export { byId };
