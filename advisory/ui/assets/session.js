/* The end of a session: warns in good time, and leads to the sign-in when it is there.

   Only the server knows when a session ends, and what ends it: another window may have been used.
   It is asked before anything is shown, and again before the page is left. Writing and clicking
   here count as use and are told to the server now and then. */
(() => {
  "use strict";

  const box = document.querySelector("[data-session-end]");
  if (!box) return;
  const WARN = 300000;   // so long before the end it is said
  const EVERY = 300000;  // use is told at most so often
  const ASK = 15000;     // while the warning stands, and after no answer came
  const QUIET = 3000;    // a pause in writing, so that the warning interrupts nobody
  const SOON = 60000;    // less than this left: it is shown in any case
  const TOLD = [300, 240, 180, 120, 60, 30, 10];  // seconds left that are read aloud

  let ends = Date.now() + box.dataset.left * 1000;
  let told = Date.now(), used = false, wrote = 0;  // when use was last told; whether there is more
  let asked = 0, asking = false, failed = 0, closed = false, last = false, said = Infinity, left = false;

  const rest = () => Math.max(0, ends - Date.now());
  const find = (selector) => box.querySelector(selector);
  const askable = (after) => !asking && Date.now() - asked >= after && Date.now() - failed >= ASK;

  /* Ask how long is left, or with POST tell of use as well; false when there was no answer. */
  async function ask(method) {
    if (asking) return false;
    asking = true;
    asked = Date.now();
    try {
      const answer = await fetch(box.dataset.address, { method, cache: "no-store", headers: { Accept: "application/json" } });
      if (answer.status === 401) return leave(), true;
      if (!answer.ok) throw new Error(answer.status);
      const { left: seconds, limit } = await answer.json();
      ends = Date.now() + seconds * 1000;
      last = limit === "day";  // which no use puts off
      if (method === "POST") { told = Date.now(); used = false; }
      if (seconds <= 0) leave();
      else if (rest() > WARN) { hide(); closed = false; said = Infinity; }
      else if (box.open) show();
      return true;
    } catch {
      failed = Date.now();
      return false;
    } finally {
      asking = false;
    }
  }

  function leave() {
    if (left) return;
    left = true;
    document.dispatchEvent(new Event("advisory-leave"));  // what was typed is kept until one is back
    const there = new URL(box.dataset.signIn, location.href);
    there.searchParams.set("next", location.pathname + location.search + location.hash);
    location.assign(there);
  }

  /* --- the warning ------------------------------------------------------------------------ */

  const words = (seconds) => {
    const [n, unit] = seconds >= 60 ? [Math.round(seconds / 60), "minutes"] : [seconds, "seconds"];
    return box.dataset[unit + (n === 1 ? "One" : "Other")].replace("{n}", n);
  };

  function tick() {
    const seconds = Math.ceil(rest() / 1000);
    const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    find("[data-clock]").textContent = box.dataset.time.replace("{time}", clock);
    const step = TOLD.findLast((one) => one >= seconds) ?? Math.ceil(seconds / 60) * 60;
    if (step === said) return;
    said = step;
    find("[data-told]").textContent = box.dataset.time.replace("{time}", words(seconds));
  }

  function show() {
    const gone = box.contains(document.activeElement) && document.activeElement.dataset.when;
    for (const part of box.querySelectorAll("[data-when]")) part.hidden = (part.dataset.when === "last") !== last;
    tick();
    if (!box.open) box.showModal();
    else if (!gone || gone === (last ? "last" : "idle")) return;
    find("h2").focus();  // not a button: what is being written must press none
  }

  function hide() {
    if (!box.open) return;
    box.close();
  }

  async function stay() {
    if (!(await ask("POST")) || left || box.open) return;
    const status = document.querySelector("[data-session-kept]");
    status.textContent = status.dataset.sessionKept;
    setTimeout(() => (status.textContent = ""), 5000);
  }

  /* --- once a second ---------------------------------------------------------------------- */

  async function look() {
    if (left) return;
    if (box.open) tick();
    if (!rest()) return void (askable(0) && (await ask("GET")));
    if (rest() > WARN) return;
    if (box.open || closed) return void (askable(ASK) && (await ask("GET")));
    if (Date.now() - wrote < QUIET && rest() > SOON) return;
    if (askable(0) && (await ask(used ? "POST" : "GET")) && !left && rest() <= WARN) show();
  }

  function use(event) {
    if (!event.isTrusted || left || box.open) return;
    if (event.type !== "pointerdown") wrote = Date.now();
    used = true;
    if (Date.now() - told >= EVERY && askable(0)) ask("POST");
  }

  for (const type of ["keydown", "input", "pointerdown"]) addEventListener(type, use, { capture: true, passive: true });
  box.addEventListener("cancel", (event) => {  // also where another script keeps dialogs open
    event.preventDefault();
    hide();
  });
  box.addEventListener("close", () => (closed = rest() <= WARN));  // it goes on counting
  find("[data-stay]").addEventListener("click", stay);
  find("[data-close]").addEventListener("click", hide);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && askable(ASK)) ask("GET");
  });
  new BroadcastChannel("advisory-nobody").onmessage = () => ask("GET");  // signed out in another tab
  addEventListener("pageshow", (event) => event.persisted && ask("GET"));
  setInterval(look, 1000);
})();
