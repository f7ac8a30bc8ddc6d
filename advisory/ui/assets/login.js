/* A password can be shown while it is written; it is hidden again before it is sent. What was typed
   and not saved is thrown away where nobody of this browser is to come back to it, in every tab. */
(() => {
  "use strict";

  if ("nobody" in document.body.dataset) {
    try {
      for (const key of Object.keys(sessionStorage))
        if (/^(draft|typed)\|/.test(key)) sessionStorage.removeItem(key);
    } catch { /* off */ }
    new BroadcastChannel("advisory-nobody").postMessage("");
  }

  function reveal(button, on) {
    const field = document.getElementById(button.dataset.reveal);
    const word = button.querySelector("[data-word]");
    button.dataset.show ??= word.textContent;
    field.type = on ? "text" : "password";
    word.textContent = on ? button.dataset.hide : button.dataset.show;
  }

  const buttons = [...document.querySelectorAll("[data-reveal]")];
  const shown = (button) => document.getElementById(button.dataset.reveal).type === "text";
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", () => reveal(button, !shown(button)));
  }
  const hide = () => buttons.forEach((button) => reveal(button, false));
  document.addEventListener("submit", hide);
  addEventListener("pagehide", hide);
})();
