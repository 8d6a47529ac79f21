// Two waits on the code page: how long the code is valid, and when another may be sent. The server judges both anyway.
import { clock } from "./clock.js";

export function startResend() {
  for (const place of document.querySelectorAll("[data-wait]")) count(place);
}

function count(place) {
  const { wait, pattern, after, clockPattern } = place.dataset;
  const end = Date.now() + Number(wait) * 1000;
  const button = place.tagName === "BUTTON" ? place : null;
  const tick = () => {
    const left = (end - Date.now()) / 1000;
    if (button) button.disabled = left > 0;
    place.textContent = left > 0 ? pattern.replace("{time}", clock(left, clockPattern)) : after;
    if (left <= 0) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}
