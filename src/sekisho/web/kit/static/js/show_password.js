// "Show" beside a password: typing long passwords without seeing them makes people choose short ones (N13).
export function startShowing() {
  for (const button of document.querySelectorAll("button[data-shows]")) {
    const input = document.getElementById(button.dataset.shows);
    if (!input) continue;
    button.hidden = false;
    const turn = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hide : button.dataset.show;
    };
    button.addEventListener("click", () => turn(input.type === "password"));
    if (input.form) input.form.addEventListener("submit", () => turn(false)); // so that no browser remembers it as plain text
  }
}
