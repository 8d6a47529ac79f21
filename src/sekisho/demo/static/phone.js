// Messages arrive: asks every second for what is new and puts it on top of its phone. Texts only, never markup.
const page = document.querySelector("[data-phones]");
const pattern = document.querySelector("#message");

function drawn(message) {
  const item = pattern.content.cloneNode(true).firstElementChild;
  item.dataset.channel = message.channel;
  item.querySelector("[data-way]").textContent = page.dataset[message.channel] ?? message.channel;
  const time = item.querySelector("time");
  time.textContent = message.at;
  time.title = message.exact;
  item.querySelector("[data-body]").textContent = message.body;
  const code = item.querySelector("[data-code]");
  if (message.code) code.textContent = message.code;
  else code.remove();
  item.classList.add("new");
  return item;
}

async function ask() {
  const answer = await fetch(`/demo/phone/messages?after=${page.dataset.count}`, { cache: "no-store", signal: AbortSignal.timeout(5000) });
  if (!answer.ok) return;
  const news = await answer.json();
  if (news.count < Number(page.dataset.count)) return location.reload(); // the demo was begun anew
  page.dataset.count = news.count;
  for (const message of news.messages) {
    const phone = document.querySelector(`[data-phone="${CSS.escape(message.phone)}"]`);
    if (!phone) return location.reload(); // a phone that was not there before
    phone.querySelector("[data-empty]")?.remove();
    phone.querySelector("ol").prepend(drawn(message));
  }
}

async function listen() {
  for (;;) {
    await new Promise((after) => setTimeout(after, 1000));
    if (!document.hidden) await ask().catch(() => {}); // a demo that is starting again answers soon
  }
}

if (page) listen();
