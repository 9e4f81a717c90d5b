// Coming in: a name, and a password where the name is somebody's.

import { byId, el, setText } from "./dom.js";

export class Entry {
  constructor(chat) {
    this.chat = chat;
    this.mode = "guest";
    this.form = byId("entry-form");
    this.name = byId("entry-name");
    this.password = byId("entry-password");
    this.code = byId("entry-code");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    byId("entry-login").addEventListener("click", () =>
      this.become(this.mode === "login" ? "guest" : "login"),
    );
    byId("entry-register").addEventListener("click", () =>
      this.become(this.mode === "register" ? "guest" : "register"),
    );
  }

  /** Show the form, with why one is here again. */
  show(why) {
    const shown = !byId("entry").hidden;
    byId("entry").hidden = false;
    setText(byId("entry-title"), this.chat.server || "Chat");
    byId("entry-register").hidden = this.chat.registration === "closed";
    if (!shown) {
      this.become(this.chat.guests === false ? "login" : "guest");
      this.password.value = "";
      if (!this.name.value) this.name.value = this.chat.hello?.name ?? "";
      this.name.focus();
    }
    if (why) this.complain(why);
  }

  /** Say what one waits for, with a way to wait no longer. */
  waits(...content) {
    const cancel = el("button", { type: "button", onclick: () => this.chat.cancel() }, "Cancel");
    byId("entry-waits").replaceChildren(...content, ...(content.length ? [cancel] : []));
  }

  hide() {
    byId("entry").hidden = true;
    this.complain("");
  }

  become(mode) {
    this.mode = mode;
    const { guests, registration } = this.chat;
    byId("entry-secret").hidden = mode === "guest";
    byId("entry-invitation").hidden = !(mode === "register" && registration === "invite");
    this.password.required = mode !== "guest";
    this.code.required = mode === "register" && registration === "invite";
    this.password.autocomplete = mode === "register" ? "new-password" : "current-password";
    setText(byId("entry-submit"), mode === "register" ? "Make it mine and enter" : "Enter");
    setText(byId("entry-login"), mode === "login" && guests ? "Enter as a guest" : "I have a password");
    byId("entry-login").hidden = mode === "login" && !guests;
    setText(byId("entry-register"), mode === "register" ? "I do not want that" : "Make this name mine");
    const lead = {
      guest: "Choose a name, and you are in.",
      login: "The name that you own, and its password.",
      register: "A name that is yours for good, with a password of 8 characters or more.",
    };
    setText(byId("entry-lead"), lead[mode]);
    this.complain("");
    (this.name.value ? (this.password.offsetParent ? this.password : this.name) : this.name).focus();
  }

  async submit() {
    const name = this.name.value.trim();
    if (!name) return this.name.focus();
    const asked = { name };
    if (this.mode !== "guest") asked.password = this.password.value;
    if (this.mode === "register")
      Object.assign(asked, { register: true, code: this.code.value.trim() || undefined });
    this.complain("");
    byId("entry-submit").disabled = true;
    try {
      await this.chat.enter(asked);
      this.password.value = "";
    } catch (why) {
      if (why.code === "name_owned" || why.code === "guests_not_allowed") this.become("login");
      this.complain(
        why.code === "name_owned"
          ? `${name} is somebody's name. If it is yours, give its password.`
          : (why.text ?? String(why)),
      );
      if (why.code === "name_owned" || why.code === "wrong_password") this.password.focus();
    } finally {
      byId("entry-submit").disabled = false;
    }
  }

  complain(text) {
    setText(byId("entry-error"), text);
  }
}
