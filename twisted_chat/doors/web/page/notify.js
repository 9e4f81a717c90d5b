// Being called: a notification, a sound, a count in the title; each only as far as it is wanted.

import { Store, area } from "./store.js";
import { words } from "./words.js";

const kept = new Store(area("localStorage"));

/** Whether notifications are on; the browser has to have allowed them, too. */
export const notifies = () => kept.get("notify", false) && globalThis.Notification?.permission === "granted";

/** Whether there is a sound. */
export const sounds = () => kept.get("sound", true);

export async function setNotifies(on) {
  const allowed = on && globalThis.Notification && (await Notification.requestPermission()) === "granted";
  kept.set("notify", Boolean(allowed));
  return !on || Boolean(allowed);
}

export const setSounds = (on) => kept.set("sound", on);

/** Call whoever is not looking. */
export function call({ place, item }, look) {
  if (Date.now() - called < PAUSE_MS) return;
  called = Date.now();
  if (sounds()) beep();
  if (!notifies() || (!document.hidden && document.hasFocus())) return;
  try {
    notify(place, item, look);
  } catch {
    // Some browsers have notifications for what runs in the background alone.
  }
}

function notify(place, item, look) {
  const shown = new Notification(place.kind === "room" ? `${item.who} in ${place.title}` : item.who, {
    body: words(item.event).slice(0, 200),
    tag: place.key,
  });
  shown.onclick = () => {
    window.focus();
    look(place.key);
    shown.close();
  };
}

/** Between two calls: many may write at once. */
const PAUSE_MS = 3000;
let called = -Infinity;
let sound = null;

/** Two short tones; a browser that wants a click first has none until then. */
function beep() {
  try {
    sound ??= new AudioContext();
    if (sound.state === "suspended") return void sound.resume();
    const now = sound.currentTime;
    for (const [pitch, at] of [
      [660, 0],
      [880, 0.12],
    ]) {
      const tone = sound.createOscillator();
      const volume = sound.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.08, now + at);
      volume.gain.exponentialRampToValueAtTime(0.0001, now + at + 0.15);
      tone.connect(volume).connect(sound.destination);
      tone.start(now + at);
      tone.stop(now + at + 0.16);
    }
  } catch {
    // There is nothing to hear it with.
  }
}

/** Light, dark, or as the system has it. */
export const theme = () => kept.get("theme", "auto");

export function setTheme(name) {
  kept.set("theme", name);
  document.documentElement.style.colorScheme = name === "auto" ? "" : name;
}
