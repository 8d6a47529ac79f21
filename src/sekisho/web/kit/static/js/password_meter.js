// How strong a new password is, judged by the server as it will be on submit; without scripts the answer comes on submit.
export function startMeters() {
  for (const meter of document.querySelectorAll("[data-meter-for]")) {
    const input = document.getElementById(meter.dataset.meterFor);
    if (input && input.form) watch(input, meter);
  }
}

function watch(input, meter) {
  let timer = 0;
  let running = null;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (running) running.abort();
    if (!input.value) show(meter, null);
    else timer = setTimeout(() => { running = new AbortController(); judge(input, meter, running.signal); }, 300);
  });
}

async function judge(input, meter, signal) {
  const csrf = input.form.elements.namedItem("csrf");
  const body = new URLSearchParams({ csrf: csrf ? csrf.value : "", password: input.value });
  try {
    const answer = await fetch(meter.dataset.action, { method: "POST", body, cache: "no-store", redirect: "error", signal });
    if (answer.ok) show(meter, await answer.json());
    else show(meter, null);
  } catch {
    if (!signal.aborted) show(meter, null); // the form itself will tell
  }
}

function show(meter, judged) {
  meter.hidden = judged === null;
  meter.dataset.score = judged ? String(judged.score) : "";
  meter.querySelector("[role=status]").textContent = judged ? judged.text : "";
}
