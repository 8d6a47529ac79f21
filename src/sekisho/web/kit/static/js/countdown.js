// Automatic logoff as the trader sees it. The server alone decides; this shows what it decided (GATE R6).
// Asking for the state is a fetch and never counts as activity; "Stay logged in" is a form and does.
import { clock } from "./clock.js";

const ASK_EVERY = 20_000;
const OVER = "over"; // "over:idle" says why
const root = document.documentElement;

export function startCountdown() {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("sekisho-session") : null;
  const mark = document.querySelector("[data-logoff]");
  if (mark) {
    new Countdown(mark, document.querySelector("#logoff-dialog"), channel).start();
  } else if (channel && document.querySelector("[data-session-over]")) {
    channel.postMessage(`${OVER}:${document.querySelector("[data-session-over]").dataset.sessionOver}`);
  }
}

class Countdown {
  constructor(mark, dialog, channel) {
    this.mark = mark;
    this.dialog = dialog;
    this.channel = channel;
    this.end = Date.now() + Number(mark.dataset.secondsLeft) * 1000;
    this.warnAt = Number(mark.dataset.warnAt);
    this.asked = Date.now();
    this.asking = false;
    this.gone = false;
    this.dismissed = false;
    this.why = ""; // as another tab heard it: whoever asks after it has no cookie to ask with
  }

  start() {
    if (this.channel) {
      this.channel.addEventListener("message", ({ data }) => {
        const [word, why] = data.split(":");
        if (word === OVER) {
          this.why ||= why || "";
          this.ask(false);
        }
        if (data === "stayed") this.ask(false);
      });
      this.channel.postMessage("stayed"); // this page was just opened: other tabs may have more time than they know
    }
    this.dialog.addEventListener("cancel", () => { this.dismissed = true; });
    // A page kept by the browser for "back" is veiled when it is left, and unveiled only when the server says that the session lives.
    addEventListener("pagehide", () => root.toggleAttribute("data-veiled", true));
    addEventListener("pageshow", (event) => {
      if (event.persisted) this.ask(true);
      else root.toggleAttribute("data-veiled", false);
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.ask(false); });
    setInterval(() => this.tick(), 1000);
    this.tick();
  }

  tick() {
    const left = (this.end - Date.now()) / 1000;
    const text = clock(left, this.mark.dataset.clock);
    this.mark.textContent = this.mark.dataset.pattern.replace("{time}", text);
    this.dialog.querySelector("[data-clock-face]").textContent = text;
    if (left <= 0) this.ask(true);
    else if (Date.now() - this.asked >= ASK_EVERY) this.ask(false);
    this.warn(left);
  }

  warn(left) {
    if (left > this.warnAt) {
      this.dismissed = false;
      if (this.dialog.open) this.dialog.close();
    } else if (!this.dialog.open && !this.dismissed && !this.gone) {
      this.dialog.showModal(); // moves the focus inside and makes the rest inert
    }
  }

  // must: without a clear "alive" the page is left.
  async ask(must) {
    if (this.asking || this.gone) return;
    this.asking = true;
    this.asked = Date.now();
    try {
      const answer = await fetch(this.mark.dataset.state, { cache: "no-store", redirect: "error", signal: AbortSignal.timeout(5000) });
      if (answer.status === 401) return this.leave();
      if (!answer.ok) throw new Error("no state");
      const { seconds_left: left, why } = await answer.json();
      if (!(left > 0)) return this.leave(why);
      this.end = Date.now() + left * 1000;
      root.toggleAttribute("data-veiled", false);
      this.warn(left);
    } catch {
      if (must) this.leave();
    } finally {
      this.asking = false;
    }
  }

  leave(told) {
    const why = told || this.why;
    this.gone = true;
    root.toggleAttribute("data-veiled", true);
    if (this.channel) this.channel.postMessage(`${OVER}:${why}`);
    location.replace(this.mark.dataset.loggedOff + (why ? `?why=${encodeURIComponent(why)}` : ""));
  }
}
