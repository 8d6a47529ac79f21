// Events arrive: asks every second for what is new and puts it on top. Texts only, never markup. The reader can stop it.
const page = document.querySelector("[data-events]");
const pattern = document.querySelector("#event");
const pause = document.querySelector("[data-pause]");
const MOST = 60;
let paused = false;

function put(item, name, text) {
  item.querySelector(`[data-${name}]`).textContent = text;
}

function drawn(event) {
  const item = pattern.content.cloneNode(true).firstElementChild;
  for (const name of ["title", "what", "who", "place"]) put(item, name, event[name]);
  const time = item.querySelector("time");
  time.textContent = event.at;
  time.title = event.exact;
  const tag = item.querySelector("[data-tag]");
  tag.classList.add(event.tone === "wait" ? "care" : event.tone);
  put(item, "sign", page.getAttribute(`data-sign-${event.tone}`));
  put(item, "verdict", event.verdict_text);
  const reasons = item.querySelector("[data-reasons]");
  for (const reason of event.reasons.slice(0, 2)) {
    const line = document.createElement("li");
    line.textContent = reason.text;
    reasons.append(line);
  }
  const link = item.querySelector("a");
  if (event.verdict === "allow" && event.reasons.length === 0) link.remove();
  else link.href = `/demo/monitoring/${event.sequence}`;
  put(item, "number", event.sequence);
  item.classList.add("new");
  return item;
}

async function ask() {
  const address = `/demo/monitoring/events?after=${page.dataset.last}&only=${page.dataset.only}`;
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (!answer.ok) return;
  const news = await answer.json();
  if (news.last < Number(page.dataset.last)) return location.reload(); // the demo was begun anew
  page.dataset.last = news.last;
  const rows = page.querySelector("tbody");
  rows.prepend(...news.events.map(drawn));
  document.querySelector("[data-empty]")?.toggleAttribute("hidden", rows.children.length > 0);
  while (rows.children.length > MOST) rows.lastElementChild.remove();
}

async function listen() {
  for (;;) {
    await new Promise((after) => setTimeout(after, 1000));
    if (!document.hidden && !paused) await ask().catch(() => {}); // a demo that is starting again answers soon
  }
}

if (page) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? pause.dataset.go : pause.dataset.stop;
  });
  listen();
}
