/* The browser's half of ui/live.py: carries what people do to the server, and lays the views that
   come back into the page without disturbing what they are typing, reading or have opened. */
(() => {
  "use strict";

  const DEBOUNCE = 150, SLOW = 300, TOAST = 10000, AGAIN = 2000;
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const regionOf = (el) => el.closest("[data-region]");
  const nameOf = (el) => el.closest("[data-for]")?.dataset.for ?? regionOf(el)?.dataset.region ?? "";

  let channel = null, lost = false, number = 0, composing = null, opener = null;
  const waiting = [];          // events from before there was a connection
  const pending = new Map();   // number -> {source, form, typed, region, timer}
  const timers = new WeakMap();

  function connect(doc) {
    channel = doc.roots()[0];
    channel.properties.said.change.connect(() => receive(JSON.parse(channel.said)));
    doc.on_event("connection_lost", disconnected);
    say({ n: 0, region: "", do: "", values: {} });
    waiting.splice(0).forEach(say);
    document.documentElement.dataset.live = "";
  }

  const say = (event) => channel.setv({ heard: JSON.stringify(event) });

  /* --- fields ----------------------------------------------------------------------------- */

  const TYPED = "input:not([type=hidden],[type=submit],[type=button],[type=file]),select,textarea";
  const isTick = (field) => field.type === "checkbox" || field.type === "radio";
  const lines = (text) => text.replace(/\r\n?/g, "\n");

  function defaultOption(select, option) {
    const chosen = [...select.options].some((one) => one.defaultSelected);
    return chosen || select.multiple ? option.defaultSelected : option.index === 0;
  }

  function isDirty(field) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field.localName === "select")
      return [...field.options].some((one) => one.selected !== defaultOption(field, one));
    return lines(field.value) !== lines(field.defaultValue);
  }

  function reset(field) {
    if (isTick(field)) field.checked = field.defaultChecked;
    else if (field.localName === "select")
      [...field.options].forEach((one) => (one.selected = defaultOption(field, one)));
    else if (isDirty(field)) field.value = field.defaultValue;
  }

  const stateOf = (field) => (isTick(field) ? field.checked : field.value);

  function restore(field, state) {
    if (isTick(field)) field.checked = state;
    else if (field.value !== state) field.value = state;
  }

  const placeOf = (field) =>
    [nameOf(field), field.form?.dataset.do ?? "", field.name, isTick(field) ? field.value : ""].join("|");

  /* --- sending ---------------------------------------------------------------------------- */

  const OURS = new Set(["do", "for", "was", "change", "input", "region", "focus", "draft", "row", "col", "combobox"]);

  function valuesOf(source, form, submitter) {
    const values = {};
    if (form) for (const [name, value] of new FormData(form, submitter?.name ? submitter : undefined))
      if (typeof value === "string") values[name] = value;
    for (const el of new Set([form, source, submitter]))
      for (const [name, value] of Object.entries(el?.dataset ?? {}))
        if (!OURS.has(name)) values[name] = value;
    if (!form && source.name) values[source.name] = source.value;
    return values;
  }

  function send(source, action, { form = null, submitter = null, reading = false } = {}) {
    if (lost) return offline();
    const once = submitter ?? source;
    if (!reading && [...pending.values()].some((one) => one.once === once)) return;
    const region = nameOf(source), n = ++number;
    const typed = new Map();
    if (form) $$(TYPED, form).forEach((field) => typed.set(field, stateOf(field)));
    pending.set(n, { once, source, form, typed, region, timer: setTimeout(() => slow(reading), SLOW) });
    regionOf(source)?.setAttribute("aria-busy", "true");
    if (!$("dialog[open]")) opener = source;
    const event = { n, region, do: action, values: valuesOf(source, form, submitter) };
    if (channel) say(event);
    else waiting.push(event);
  }

  function slow(reading) {
    const el = $("[data-save-state]");
    if (el) el.textContent = reading ? el.dataset.loading : el.dataset.saving;
  }

  function settle(own, state) {
    if (!own) return;
    clearTimeout(own.timer);
    if (![...pending.values()].some((one) => one.region === own.region))
      $(`[data-region="${own.region}"]`)?.removeAttribute("aria-busy");
    const el = $("[data-save-state]");
    if (el && state) el.dataset.idle = state;
    if (el && !pending.size) el.textContent = el.dataset.idle;
  }

  const happen = {
    click(target, _submitter, detail) {
      const source = target.closest("[data-do]");
      if (!source || source.localName === "form") return false;
      const form = source.closest("form");
      if (form?.dataset.do && source.type === "submit") return false;
      if (detail < 2) send(source, source.dataset.do, { form });
      return true;
    },
    submit(form, submitter) {
      if (!form.matches("form[data-do]")) return false;
      clearTimeout(timers.get(form));
      send(form, submitter?.dataset.do ?? form.dataset.do, { form, submitter });
      return true;
    },
    change(target) {
      const source = target.closest("[data-change]");
      if (source && !target.matches("[data-input]"))
        send(source, source.dataset.change, { form: target.form ?? null, reading: true });
      return false;
    },
    input(target) {
      const source = target.closest("[data-input]");
      if (!source) return false;
      const key = source.form ?? source;
      clearTimeout(timers.get(key));
      timers.set(key, setTimeout(() =>
        send(source, source.dataset.input, { form: source.form, reading: true }), DEBOUNCE));
      return false;
    },
  };

  for (const type of Object.keys(happen))
    document.addEventListener(type, (event) => {
      if (type === "input") keepDraft(event.target);
      if (type === "click" && event.detail > 1 && event.target.closest("[type=submit]")) event.preventDefault();
      if (event.target.closest && happen[type](event.target, event.submitter, event.detail))
        event.preventDefault();
    });

  /* --- receiving -------------------------------------------------------------------------- */

  function receive(message) {
    if (message.left) return reload();  // signed out, or with another role: the page is asked for anew
    if (composing) return void composing.push(message);
    const own = pending.get(message.n);
    pending.delete(message.n);
    const from = document.activeElement;
    const home = regionOf(from);
    for (const [name, html] of Object.entries(message.regions ?? {}))
      for (const region of $$(`[data-region="${name}"]`)) lay(region, html, own, message.saved);
    if (own?.form && message.saved) forget(own);
    if (message.alert !== undefined) warn(message.alert);
    settle(own, message.state);
    if (message.url) history.replaceState(history.state, "", message.url);
    if (message.download) fetchFile(message.download);
    refocus(message, own, from, home);
  }

  function lay(region, html, own, saved) {
    const justSaved = (field) => saved && own?.form && own.typed.get(field) === stateOf(field);
    const kept = new Map();
    for (const field of $$(TYPED, region))
      if (isDirty(field) && !justSaved(field)) kept.set(field, [stateOf(field), placeOf(field)]);
    // Someone who is typing saves on the version they began with, so that a change made by
    // another in the meantime is found out and not written over.
    const hidden = $$("input[type=hidden]", region)
      .filter((el) => el.form && ((own?.form === el.form && !saved) ||
        [...kept.keys()].some((field) => field.form === el.form)))
      .map((el) => [el, el.value, placeOf(el)]);
    const active = document.activeElement, caret = [active.selectionStart, active.selectionEnd];
    const text = active.value;

    Idiomorph.morph(region, html, {
      morphStyle: "innerHTML",
      callbacks: { beforeAttributeUpdated: (name, el, kind) => !isPersons(name, el, kind) },
    });

    const still = (el, place) => el.isConnected && placeOf(el) === place;
    for (const field of $$(TYPED, region)) if (!kept.has(field)) reset(field);
    for (const [field, [state, place]] of kept) if (still(field, place)) restore(field, state);
    for (const [el, value, place] of hidden) if (still(el, place)) el.value = value;
    if (document.activeElement === active && active.value === text && caret[0] != null)
      try { active.setSelectionRange(...caret); } catch { /* a field without a caret */ }
    if (region.dataset.region === "dialog") showDialog(region);
    if (region.dataset.region === "toast") showToast(region);
    $$("[data-combobox]", region.closest("[data-combobox]") ?? region).forEach(suggest);
    const box = region.closest("[data-combobox]");
    if (box) suggest(box);
  }

  /* The one place besides `lay` where HTML is laid in: only what the server's templates made. */
  const put = (place, html) => (place.innerHTML = html);

  /* What the person has opened or chosen and the server does not know of. */
  function isPersons(name, el, kind) {
    if (name === "open") return kind === "remove" && el.localName === "details";
    if (name === "aria-expanded" || name === "aria-activedescendant") return el.matches("[role=combobox]");
    if (name === "aria-selected") return el.matches("[role=option]");
    return name === "hidden" && el.matches("[role=listbox]");
  }

  function warn(html) {
    const dialog = $("dialog[open] [data-alert]");
    for (const el of $$("[data-alert]")) el.replaceChildren();
    const place = dialog ?? $("[data-alert]");
    if (!html || !place) return;
    put(place, html);
    place.scrollIntoView({ block: "nearest" });
  }

  function refocus(message, own, from, home) {
    const wanted = own && Object.keys(message.regions ?? {})
      .map((name) => $(`[data-region="${name}"] [data-focus]`)).find(Boolean);
    const target = message.focus ? $(message.focus) : wanted;
    if (target) target.focus();
    else if (!from.isConnected && document.activeElement === document.body && home?.isConnected) {
      const heading = $("h1,h2", home) ?? home;
      if (!heading.hasAttribute("tabindex")) heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }

  function fetchFile(address) {
    const link = Object.assign(document.createElement("a"), { href: address, download: "" });
    link.click();
  }

  document.addEventListener("compositionstart", () => (composing ??= []));
  document.addEventListener("compositionend", () => {
    const messages = composing ?? [];
    composing = null;
    messages.forEach(receive);
  });

  /* --- dialog and toast ------------------------------------------------------------------- */

  function showDialog(region) {
    const dialog = region.closest("dialog");
    if (region.innerHTML.trim() === "") {
      if (!dialog.open) return;
      dialog.close();
      backToOpener();
    } else if (!dialog.open) {
      warn("");
      dialog.showModal();
      ($("[data-focus]", dialog) ?? $("#dialog-title", dialog))?.focus();
    }
  }

  function backToOpener() {
    if (!opener) return;
    const same = Object.entries(opener.dataset)
      .filter(([name]) => name !== "version")
      .map(([name, value]) => `[data-${name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase())}="${CSS.escape(value)}"]`);
    (opener.isConnected ? opener : same.length ? $(same.join("")) : null)?.focus();
  }

  document.addEventListener("cancel", (event) => {
    if (!event.target.matches("dialog") || !channel) return;
    event.preventDefault();
    const region = $("[data-region=dialog]", event.target);
    if (region) send(region, "dialog_close", { reading: true });
  }, true);

  function showToast(region) {
    clearTimeout(timers.get(region));
    if (region.innerHTML.trim() === "") return;
    timers.set(region, setTimeout(function close() {
      if (region.matches(":focus-within,:hover")) timers.set(region, setTimeout(close, TOAST));
      else send(region, "toast_close", { reading: true });
    }, TOAST));
  }

  /* --- drafts ----------------------------------------------------------------------------- */

  const PAGE = [document.body.dataset.user, location.pathname,
    new URLSearchParams(location.search).get("k") ?? ""].join("|");
  const draftKey = (field) => `draft|${PAGE}|${placeOf(field)}`;
  const isOthers = (key) => /^(draft|typed)\|/.test(key) && key.split("|")[1] !== document.body.dataset.user;
  const store = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { sessionStorage.setItem(key, value); } catch { /* full or off */ } },
    keys: () => { try { return Object.keys(sessionStorage); } catch { return []; } },
    drop: (key) => { try { sessionStorage.removeItem(key); } catch { /* off */ } },
  };

  function keepDraft(field) {
    if (field.matches?.("textarea[data-draft]")) store.set(draftKey(field), field.value);
  }

  function forget(own) {
    for (const [field, state] of own.typed) {
      if (field.isConnected && isDirty(field) && stateOf(field) === state) reset(field);
      if (field.isConnected && field.matches("[data-draft]") && !isDirty(field)) store.drop(draftKey(field));
    }
  }

  function keepTyped() {
    const typed = $$(TYPED).filter((field) => !field.closest("dialog") && isDirty(field))
      .map((field) => [placeOf(field), stateOf(field)]);
    store.set(`typed|${PAGE}`, JSON.stringify(typed));
  }

  document.addEventListener("advisory-leave", keepTyped);  // from session.js

  function recall() {
    store.keys().filter(isOthers).forEach(store.drop);
    const typed = new Map(JSON.parse(store.get(`typed|${PAGE}`) ?? "[]"));
    store.drop(`typed|${PAGE}`);
    for (const field of $$(TYPED)) {
      const state = typed.get(placeOf(field)) ??
        (field.matches("textarea[data-draft]") && !isDirty(field) ? store.get(draftKey(field)) : null);
      if (state !== null && state !== undefined) restore(field, state);
    }
  }

  /* --- the connection --------------------------------------------------------------------- */

  function offline() {
    const strip = $("[data-offline]");
    if (strip) strip.hidden = false;
    const inside = $("dialog[open] [data-alert]");
    if (inside && strip) inside.textContent = strip.dataset.offline;
  }

  function disconnected() {
    if (lost) return;
    lost = true;
    channel = null;
    delete document.documentElement.dataset.live;
    if (pending.size) {
      const el = $("[data-save-state]");
      if (el) el.dataset.idle = el.dataset.lost;
    }
    const open = [...pending.values()];
    pending.clear();
    open.forEach((own) => settle(own));
    offline();
    setTimeout(again, AGAIN);
  }

  async function again() {
    try {
      if ((await fetch("/sundhed", { cache: "no-store" })).ok) return back();
    } catch { /* not yet */ }
    setTimeout(again, AGAIN);
  }

  /* The server answers again. A page of our own is fetched anew, with what was typed put back;
     a dialog with something in it, or a second time within a short while, waits for the person. */
  function back() {
    const recent = Date.now() - Number(store.get("reloaded") ?? 0) < 10000;
    if (recent || $$(TYPED, $("dialog[open]") ?? document.createElement("i")).some(isDirty)) {
      $$("[data-reload]").forEach((el) => (el.hidden = false));
      return;
    }
    reload();
  }

  function reload() {
    keepTyped();
    store.set("reloaded", String(Date.now()));
    location.reload();
  }

  async function start() {
    const session = $("#session");
    if (!session) return;
    const { token } = JSON.parse(session.textContent);
    try {
      // No roots: the connection is wanted, and nothing of Bokeh's is to be drawn.
      await Bokeh.embed.embed_items({}, [{ token, roots: {}, root_ids: [], use_for_title: false }]);
      connect(Bokeh.documents.at(-1));
    } catch (error) {
      console.error(error);
      disconnected();
    }
  }

  /* --- files ------------------------------------------------------------------------------ */

  /* A file is sent once to see what it would bring, and again when the person says so. What they
     choose in the answer ([data-upload-field]) goes along with the same file. */
  async function hand(form, trying, again = !trying) {
    const place = $("[data-upload-result]", form.parentElement);
    const file = again ? place.file : $("input[type=file]", form).files[0];
    const turn = (place.turn = (place.turn ?? 0) + 1);
    if (!file) return void place.replaceChildren();
    if (file.size > Number(form.dataset.largest)) return void (place.textContent = form.dataset.tooBig);
    const address = new URL(form.dataset.upload, location.href);
    address.searchParams.set("navn", file.name);
    if (trying) address.searchParams.set("proev", "1");
    const chosen = again ? $$("[data-upload-field]", place) : [];
    for (const field of chosen) address.searchParams.set(field.name, field.value);
    const from = chosen.includes(document.activeElement) ? document.activeElement.name : "";
    if (from) place.setAttribute("aria-busy", "true");
    else place.textContent = form.dataset.reading;
    try {
      const answer = await fetch(address, { method: "POST", body: file });
      const html = await answer.text();
      if (turn !== place.turn) return;  // another file has been chosen in the meantime
      put(place, html);
      place.file = file;
      (from && $(`[name="${CSS.escape(from)}"]`, place) || $("[data-upload-focus]", place))?.focus();
      if (answer.ok && !trying) form.reset();
    } catch {
      if (turn === place.turn) place.textContent = form.dataset.failed;
    }
    if (turn === place.turn) place.removeAttribute("aria-busy");
  }

  document.addEventListener("change", ({ target }) => {
    const form = target.type === "file" && target.closest("form[data-upload]");
    if (form) hand(form, true);
    if (target.matches("[data-upload-field]"))
      hand($("form[data-upload]", target.closest("section")), true, true);
  });

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-upload-confirm]");
    if (!button) return;
    button.disabled = true;
    hand($("form[data-upload]", button.closest("section")), false);
  });

  for (const type of ["dragover", "drop"])
    document.addEventListener(type, (event) => {
      const form = event.target.closest?.("form[data-upload]");
      if (!form || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (type === "dragover" || !event.dataTransfer.files.length) return;
      const one = new DataTransfer();
      one.items.add(event.dataTransfer.files[0]);
      $("input[type=file]", form).files = one.files;
      hand(form, true);
    });

  /* --- copying ---------------------------------------------------------------------------- */

  /* Where the browser lets a page copy, the text is copied; elsewhere it is marked, to be copied. */
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-copy]");
    if (!button) return;
    const from = $(button.dataset.copy), told = $("[data-copied]", button.parentElement);
    try {
      await navigator.clipboard.writeText(from.textContent);
      told.textContent = told.dataset.copied;
    } catch {
      getSelection().selectAllChildren(from);
      told.textContent = told.dataset.marked;
    }
  });

  /* --- keyboard --------------------------------------------------------------------------- */

  const isEditable = (el) => el.matches("input,select,textarea,[contenteditable]");

  function suggest(box) {
    const input = $("[role=combobox]", box), list = $("[role=listbox]", box);
    if (!input || !list) return;
    const shown = $$("[role=option]", list).length > 0 && !list.hidden;
    input.setAttribute("aria-expanded", String(shown));
    const active = input.getAttribute("aria-activedescendant");
    if (active && !document.getElementById(active)) input.removeAttribute("aria-activedescendant");
    for (const option of $$("[role=option]", list))
      option.setAttribute("aria-selected", String(option.id === input.getAttribute("aria-activedescendant")));
  }

  function inCombobox(event, box) {
    const input = $("[role=combobox]", box), list = $("[role=listbox]", box);
    if (!list || event.target !== input) return;
    const options = list.hidden ? [] : $$("[role=option]", list);
    const at = options.findIndex((one) => one.id === input.getAttribute("aria-activedescendant"));
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && !options.length && list.hidden) list.hidden = false;
    else if (step && options.length) {
      const next = options[(at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length];
      input.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) options[at].click();
    else if (event.key === "Escape" && options.length) {
      list.hidden = true;
      input.removeAttribute("aria-activedescendant");
    } else return;
    event.preventDefault();
    suggest(box);
  }

  const DIRECTIONS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

  function inRoving(event, group) {
    const here = event.target.closest("[data-row][data-col]"), way = DIRECTIONS[event.key];
    if (!here || !way) return;
    const [down, right] = way;
    let best = null, least = Infinity;
    for (const one of $$("[data-row][data-col]", group)) {
      const rows = one.dataset.row - here.dataset.row, cols = one.dataset.col - here.dataset.col;
      const ahead = rows * down + cols * right, aside = Math.abs(down ? cols : rows);
      if (ahead > 0 && ahead + 2 * aside < least) [best, least] = [one, ahead + 2 * aside];
    }
    event.preventDefault();
    if (!best) return;
    $$("[data-row][data-col]", group).forEach((one) => one.setAttribute("tabindex", one === best ? 0 : -1));
    best.focus();
  }

  /* A table of fields as a spreadsheet: Enter and the arrows go on, and Enter in the last one saves;
     typing replaces; Escape puts back what stood there (`data-was`). */
  function inGrid(event, table) {
    const { target: here, key } = event, way = DIRECTIONS[key];
    const lines = $$("tr", table).map((line) => $$("input", line)).filter((line) => line.length);
    const fields = lines.flat(), row = lines.findIndex((line) => line.includes(here));
    if (row < 0 || event.isComposing || event.shiftKey || event.altKey) return;
    if (way) lines[row + way[0]]?.[lines[row].indexOf(here) + way[1]]?.focus();
    else if (key === "Enter") {
      const next = event.ctrlKey || event.metaKey ? null : fields[fields.indexOf(here) + 1];
      if (next) next.focus();
      else {
        here.select();
        here.form.requestSubmit();
      }
    } else if (key === "Escape") {
      here.value = here.dataset.was ?? here.defaultValue;
      here.select();
      here.dispatchEvent(new Event("input", { bubbles: true }));
    } else return;
    event.preventDefault();
  }

  document.addEventListener("focusin", ({ target }) => {
    if (target.localName === "input" && target.closest("[data-grid]")) target.select();
  });

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (!target.closest) return;
    const box = target.closest("[data-combobox]"), group = target.closest("[data-roving]");
    const table = target.closest("[data-grid]");
    if (table) inGrid(event, table);
    if (box) inCombobox(event, box);
    if (group) inRoving(event, group);
    if (event.defaultPrevented) return;
    if (key === "/" && !isEditable(target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const field = $("[data-search]");
      if (field && !$("dialog[open]")) { event.preventDefault(); field.focus(); field.select(); }
    } else if (key === "Escape") {
      if (target.matches("[data-search]")) target.blur();
      const popover = target.closest("details[data-popover][open]");
      if (popover) { popover.open = false; $("summary", popover).focus(); }
    }
  });

  document.addEventListener("input", ({ target }) => {
    const list = target.matches?.("[role=combobox]") && $("[role=listbox]", target.closest("[data-combobox]"));
    if (list) list.hidden = false;
  });

  document.addEventListener("focusout", ({ target, relatedTarget }) => {
    const box = target.closest?.("[data-combobox]");
    if (!box || box.contains(relatedTarget)) return;
    const list = $("[role=listbox]", box);
    if (list) { list.hidden = true; suggest(box); }
  });

  /* --- menus ------------------------------------------------------------------------------ */

  document.addEventListener("click", (event) => {
    for (const menu of $$("details[data-popover][open]"))
      if (!menu.contains(event.target)) menu.open = false;
    if (event.target.closest("[data-reload]")) reload();
    const button = event.target.closest("[data-menu]");
    if (button) {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      document.getElementById(button.getAttribute("aria-controls")).toggleAttribute("data-open", open);
    }
  });

  /* --- begin ------------------------------------------------------------------------------ */

  recall();
  const kept = window.advisoryKept;
  kept?.end();
  kept?.forEach(([type, target, submitter, detail]) => target.isConnected && happen[type](target, submitter, detail));
  document.addEventListener("DOMContentLoaded", start);
})();
