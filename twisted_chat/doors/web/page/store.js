// What the browser keeps for us: it never throws, and where the browser keeps nothing, the tab does.

/** A corner of localStorage or sessionStorage, in which values are kept as JSON. */
export class Store {
  /** @param {Storage|null} area where it is kept; null keeps it for as long as the page lives. */
  constructor(area, prefix = "twisted_chat.") {
    this.area = area;
    this.prefix = prefix;
    this.memory = new Map();
  }

  /** The value of that key, or `otherwise` where there is none, or none that can be read. */
  get(key, otherwise = null) {
    const name = this.prefix + key;
    try {
      const kept = this.memory.get(name) ?? this.area?.getItem(name);
      return kept === undefined || kept === null ? otherwise : JSON.parse(kept);
    } catch {
      return otherwise;
    }
  }

  /** Keep a value; null forgets it. */
  set(key, value) {
    const name = this.prefix + key;
    try {
      if (value === null) this.area?.removeItem(name);
      else this.area?.setItem(name, JSON.stringify(value));
      if (this.area) return void this.memory.delete(name);
    } catch {
      // Full, or forbidden: then it lasts as long as the page does.
    }
    if (value === null) this.memory.delete(name);
    else this.memory.set(name, JSON.stringify(value));
  }
}

/** Forget all that is kept for one user, and not what they chose for this browser. */
export function forgetUser(area) {
  try {
    const names = Object.keys(area ?? {});
    const chosen = ["theme", "notify", "sound"].map((key) => `twisted_chat.${key}`);
    for (const name of names)
      if (name.startsWith("twisted_chat.") && !chosen.includes(name)) area.removeItem(name);
  } catch {
    // There is nothing to forget.
  }
}

/** The storage of that name; null where the browser has none, or gives none to us. */
export function area(name) {
  try {
    return globalThis[name] ?? null;
  } catch {
    return null;
  }
}
