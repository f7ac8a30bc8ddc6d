"""Payloads in every field, and every page for every role in Chromium: nothing of it may run.

The sweep goes past the pages' own Content-Security-Policy (`bypass_csp`), so that it is the
escaping that is tried; that the policy stops by itself what is not escaped, is tried apart.
"""

import csv
import email
import email.policy
import html
import io
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit

import icalendar
import pandas as pd
import pytest
from jinja2 import Environment

from advisory import frames
from advisory.domain import roles
from advisory.domain.signups import MEETINGS
from advisory.store import Store, demo, open_store
from advisory.ui import shell
from advisory.ui.safe import mail, url, web
from advisory.web import downloads
from advisory.web import server as web_server

from . import hostile_data
from .conftest import NOW, Server, sign_in
from .hostile_data import MARK
from .payloads import FOREIGN, PAYLOADS, Payload

pytestmark = pytest.mark.browser

BLANK = "http://blank.example/"
ROLES = tuple(role for role in roles.ROLES if role not in ("system", "public"))
WATCH = """
Object.defineProperty(window, "__xss", {set: (number) => { window.__ran(String(number)) }});
"""
# Everything in the document that only a payload can have made; and what it shows, by its marks.
LOOK = """
() => {
  const found = [];
  const strange = new Set(["iframe", "object", "embed", "base", "frame", "applet", "audio", "video",
    "source", "marquee", "img", "image", "math", "plaintext", "xmp", "x", "mglyph", "set",
    "animate", "foreignobject", "isindex"]);
  const addresses = new Set(["href", "src", "action", "formaction", "xlink:href", "srcset",
    "data", "poster", "background", "ping"]);
  let inline = 0;
  for (const el of document.querySelectorAll("*")) {
    const tag = el.localName.toLowerCase();
    const ours = tag === "img" && el.src.startsWith(location.origin + "/filer/");
    if ((strange.has(tag) && !ours) || (tag === "meta" && el.httpEquiv))
      found.push(el.outerHTML.slice(0, 99));
    if (tag === "script" && !(el.src.startsWith(location.origin + "/filer/") ||
        el.type === "application/json")) inline += 1;
    if (tag === "style" && /xss|import|@keyframes x/.test(el.textContent))
      found.push(el.outerHTML.slice(0, 99));
    for (const {name, value} of el.attributes) {
      if (name.startsWith("on") || name === "srcdoc" || (name === "style" && /url\\(/.test(value)))
        found.push(`${tag} ${name}=${value}`.slice(0, 99));
      if (!addresses.has(name)) continue;
      let read;
      try { read = new URL(value, document.baseURI); } catch { found.push(`${name}=${value}`); }
      const own = read?.origin === location.origin;
      const away = tag === "a" && read?.protocol === "https:" && el.relList.contains("noopener");
      if (!own && !away && !(tag === "a" && read?.protocol === "mailto:" && !read.search))
        found.push(`${tag} ${name}=${value}`.slice(0, 99));
    }
  }
  if (inline > 1) found.push(`${inline} scripts in the page`);
  const marks = new Set();
  for (const one of document.documentElement.outerHTML.matchAll(/⟦([a-z_]+\\.[a-z_]+#[0-9]+)⟧/g))
    marks.add(one[1]);
  return {found, marks: [...marks]};
}
"""
# Opens what can be opened, uses what can be used, once of each kind, as a person would who tries
# everything; looks after each.
USE = f"""
async ({{typed, used}}) => {{
  const look = {LOOK};
  const found = [], marks = new Set();
  const see = (where) => {{
    const seen = look();
    for (const one of seen.found) found.push(`${{where}}: ${{one}}`);
    for (const one of seen.marks) marks.add(one);
  }};
  const channel = () => Bokeh.documents.at(-1).roots()[0];
  const soon = (ms) => new Promise((go) => setTimeout(go, ms));
  const answered = async (act) => {{
    const {{heard, said}} = channel();
    act();
    for (let n = 0; n < 20 && channel().heard === heard; n++) await soon(10);
    if (channel().heard === heard) return;
    for (let n = 0; n < 500 && channel().said === said; n++) await soon(10);
    await soon(0);
  }};
  const type = (within) => {{
    for (const field of within.querySelectorAll("input, textarea")) {{
      if (field.disabled || ["hidden", "file", "checkbox", "radio"].includes(field.type)) continue;
      if (field.type !== "number") field.value = typed;
    }}
  }};
  const touch = (within) => {{
    for (const el of within.querySelectorAll("[title], abbr, summary, a, button, rect, text, td"))
      for (const type of ["pointerover", "pointerenter", "mouseover", "mouseenter", "focus"])
        el.dispatchEvent(new MouseEvent(type, {{bubbles: type.endsWith("over")}}));
  }};
  see("first");
  document.querySelectorAll("details").forEach((one) => (one.open = true));
  touch(document);
  const key = (el) => [el.closest("[data-region]")?.dataset.region, el.dataset.do,
    el.dataset.tab ?? el.dataset.vis ?? el.dataset.figure ?? el.dataset.phase ?? "",
    el.closest("tr")?.querySelector(".st")?.textContent.replace(/[0-9]/g, "").trim()].join(" ");
  const next = () => [...document.querySelectorAll("[data-do]:not(form)")].find((el) =>
    !used.includes(key(el)) && !el.disabled && el.dataset.do !== "toast_close" &&
    !el.closest("dialog") && el.type !== "submit");
  for (let el; el = next();) {{
    const name = key(el);
    used.push(name);
    await answered(() => el.click());
    see(name);
    const dialog = document.querySelector("dialog[open]");
    if (!dialog) continue;
    touch(dialog);
    const form = dialog.querySelector("form[data-do]");
    if (form) {{
      type(form);
      form.noValidate = true;
      await answered(() => form.requestSubmit());
      see(`${{name}}, sent`);
    }}
    const close = document.querySelector("dialog[open] [data-do=dialog_close]");
    if (close) await answered(() => close.click());
  }}
  for (const field of document.querySelectorAll("main input[data-input], [data-search]")) {{
    if (field.type === "number" || used.includes(field.name)) continue;
    used.push(field.name);
    field.value = typed;
    await answered(() => field.dispatchEvent(new InputEvent("input", {{bubbles: true}})));
    see(`typed in ${{field.name}}`);
  }}
  const names = [...document.querySelectorAll("main form[data-do], header form[data-do]")]
    .map((form) => [form.closest("[data-region]")?.dataset.region, form.dataset.do]);
  for (const [region, act] of new Map(names.map((one) => [one.join(), one])).values()) {{
    const form = document.querySelector(`[data-region="${{region}}"] form[data-do="${{act}}"]`);
    if (!form || used.includes(`${{region}} ${{act}}, sent`)) continue;
    used.push(`${{region}} ${{act}}, sent`);
    type(form);
    form.noValidate = true;
    await answered(() => form.requestSubmit());
    see(`${{region}} ${{act}}, sent`);
  }}
  return {{found, marks: [...marks], used}};
}}
"""
TYPED = " ".join(one.text for one in PAYLOADS[::9])
AT_LEAST = 20  # payloads in a column that shares them out, columns in which each is met
ROOM = {"width": 1440, "height": 1000}


@dataclass
class Watched:
    """A browser context that notices what runs, and what else a payload could bring about."""

    context: Any
    page: Any = None
    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.expose_binding("__ran", lambda _source, number: self.ran.append(number))
        self.context.add_init_script(WATCH)
        self.context.on("request", lambda request: self._ask(request.url))
        self.page = self.context.new_page()
        self.context.on("page", lambda page: self.other.append(f"a window: {page.url}"))
        self.page.on("dialog", self._dismiss)

    def _ask(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and FOREIGN in (parts.hostname or ""):
            self.asked.append(address)

    def _dismiss(self, dialog: Any) -> None:
        self.other.append(f"a dialog: {dialog.message[:40]}")
        dialog.dismiss()

    @property
    def numbers(self) -> set[int]:
        """The payloads that did something."""
        asked = {int(one) for url in self.asked for one in re.findall(r"[0-9]+", url)[:1]}
        return {int(one) for one in self.ran} | asked

    @property
    def happened(self) -> list[str]:
        return [*self.ran, *self.asked, *self.other]


@pytest.fixture
def watched(browser: Any) -> Iterator[Callable[..., Watched]]:
    """`watched(**options)` opens a context that notices what runs in it."""
    opened: list[Watched] = []

    def make(**options: Any) -> Watched:
        opened.append(Watched(browser.new_context(locale="da-DK", **options)))
        opened[-1].page.set_default_timeout(8000)
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()


# --- the corpus, and a detector that is proved --------------------------------------------------

BAD = {  # components that do not escape, by the place in them
    "text": "<p>{{ text }}</p>",
    '"': '<input title="{{ text }}">',
    "'": "<input title='{{ text }}'>",
    "bare": "<input title={{ text }}>",
    "address": '<a href="{{ text }}">x</a>',
    "script": "<script>var a = '{{ text }}';</script>",
}
MOMENT = 300  # milliseconds


def bad_page(payload: Payload) -> str:
    """A page that a template with escaping off makes of a payload."""
    made = Environment(autoescape=False).from_string(BAD[payload.place]).render(text=payload.text)
    return f"<!doctype html><title>x</title><body>{made}"


def side_by_side(one: Watched, pages: dict[int, str], expected: int = 0) -> None:
    """Open pages beside each other in one; wait until `expected` did something, else a moment."""

    def answer(route: Any) -> None:
        asked = route.request.url.removeprefix(BLANK)
        found = {str(number): page for number, page in pages.items()}.get(asked)
        beside = "".join(f"<iframe src={BLANK}{number}></iframe>" for number in pages)
        body = found or ("" if asked else beside)
        route.fulfill(body=body, content_type="text/html", status=200 if body else 404)

    one.page.route(f"{BLANK}*", answer)
    one.page.goto(BLANK, wait_until="commit")
    for _ in range(30 if expected else 5):
        one.page.wait_for_timeout(MOMENT)
        if expected and len(one.numbers) >= expected:
            break


def tried(one: Watched, page: str, payload: Payload) -> bool:
    """Whether a payload does something in a page of its own: by itself, pointed at or clicked."""
    one.page.unroute_all()
    one.page.route(BLANK, lambda route: route.fulfill(body=page, content_type="text/html"))
    with suppress(Exception):  # it may lead away
        one.page.goto(BLANK)
        if payload.when == "hover":
            one.page.locator("body *").last.hover()
        elif payload.when == "click":
            one.page.locator("a, button").first.click()
        one.page.wait_for_timeout(MOMENT)
    return payload.number in one.numbers


def test_there_are_enough_payloads_and_each_is_itself():
    assert len(PAYLOADS) >= 60
    assert len({one.text for one in PAYLOADS}) == len(PAYLOADS)
    assert {one.place for one in PAYLOADS} == {*BAD, ""}
    assert [one.text for one in PAYLOADS if "!" in one.text and "!RUN!" in one.text] == []


def test_control_a_component_that_does_not_escape_lets_them_run(watched):
    window = watched()
    meant = [one for one in PAYLOADS if one.when]
    at_once = {one.number: bad_page(one) for one in meant if one.when == "load"}
    side_by_side(window, at_once, expected=len(at_once) * 9 // 10)

    rest = [one for one in meant if one.number not in window.numbers]
    still = [one for one in rest if not tried(watched(), bad_page(one), one)]

    assert len(at_once) >= 60
    print("REST", [(o.when, o.text) for o in rest], "STILL", still)
    assert len(still) <= len(meant) // 10, still


def test_control_a_component_that_escapes_lets_none_run(watched):
    window = watched()
    escaping = Environment(autoescape=True)
    quoted = [one for one in PAYLOADS if one.place in ("text", '"', "'")]

    side_by_side(
        window,
        {one.number: escaping.from_string(BAD[one.place]).render(text=one.text) for one in quoted},
    )

    assert window.happened == []


def test_an_address_leads_to_our_own_site_or_to_another_by_https():
    for one in PAYLOADS:
        assert re.match(r"#$|https://", web(one.text))
        assert re.fullmatch(r"mailto:[\w.~/%@-]*", mail(one.text), re.ASCII)
        assert re.fullmatch(r"/([^/\\][^\s\\<>\"']*)?", url(one.text, a=one.text), re.ASCII)


# --- every field, every page, every role --------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(browser: Any, make_server: Callable[[], Server]) -> SimpleNamespace:
    """A server whose data are payloads.

    `held` is what each row holds, `logins` and `pages` (addresses of the pages one may open) are
    by role, `meeting` is one to sign up for, `token` a person's own page.
    """
    server = make_server()
    with open_store(server.db, demo.SYSTEM, clock=lambda: NOW) as store:
        logins = {row["role"]: row["login"] for row in store.rows("app_user", "active")}
        with store.write("demo.load"):
            for role in sorted(set(ROLES) - set(logins)):
                logins[role] = f"{role}@styrelsen.example"
                person = {"login": logins[role], "name": role, "initials": role[:2], "role": role}
                store.insert("app_user", person)
        held = hostile_data.write_everywhere(store)
        pages = {role: _addresses(store, role) for role in ROLES}
        meetings = frames.meetings(store)
        coming = int(meetings[meetings["status"] == "open"]["activity_id"].iloc[0])
        token = store.rows("signup", "activity_id = ?", [coming])[0]["token"]
    return SimpleNamespace(
        server=server, held=held, logins=logins, pages=pages, meeting=coming, token=token
    )


def _addresses(store: Store, role: str) -> list[str]:
    """The pages that a role may open, each with some things to show."""
    cases, meetings = frames.enrolments(store), frames.meetings(store)
    activities, partners = frames.activities(store), store.rows("organisation", "kind = 'partner'")
    waiting = frames.waiting(store, "2025-08")["slug"].iloc[0]
    aside = frames.milestones(store).query("state == 'not_applicable'")["enrolment_id"]
    some = cases[cases["enrolment_id"].isin(aside)].head(1)
    active = pd.concat([some, cases.query("status == 'active'").drop_duplicates("cohort")])
    states = activities[~activities["kind"].isin(MEETINGS)].drop_duplicates("state")
    held = meetings[meetings["open_attendees"] > 0]["activity_id"].iloc[0]
    coming = meetings[meetings["status"] == "open"]["activity_id"].iloc[0]
    shown = {
        "/": ["", "?lang=en"],
        "/om": ["", "?lang=en"],
        "/kommune": [
            f"?k={row.slug}&hold={row.cohort}{language}"
            for row, language in zip(active.itertuples(), ("", "&lang=en", "", ""))
        ],
        "/optag": [f"?hold=2025-08&valgt={waiting}&nej=1", "?hold=2024-02&regnskab=alle"],
        "/aktiviteter": ["", "?vis=maaned", "?vis=tabel"],
        "/aktivitet": [f"?id={row.activity_id}" for row in states.itertuples()],
        "/flyt": ["", "?hold=2025-01&dage=14"],
        "/infomoeder": ["", f"?moede={held}", f"?moede={coming}"],
        "/leverancer": [""] if role == "partner" else [f"?udbyder={one['id']}" for one in partners],
    }
    pages = [one for one in web_server.PAGES if roles.allowed(shell.ACCESS[one.strip("/")], role)]
    return [path + query for path in pages for query in shown.get(path, [""])]


@dataclass
class Seen:
    """What a sweep has met: what a payload brought about, the marks shown, the pages opened."""

    faults: list[str] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)
    uses: int = 0


@pytest.fixture(scope="module")
def sweep(browser: Any, hostile: SimpleNamespace) -> Callable[[str], Seen]:
    """`sweep(role)`: every page that the role may open has been used; done once for each role."""

    @cache
    def swept(role: str) -> Seen:
        window = Watched(browser.new_context(locale="da-DK", viewport=ROOM, bypass_csp=True))
        sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins[role])
        seen, used = Seen(), defaultdict(list)
        for address in hostile.pages[role]:
            found = use(window, hostile.server.url + address, used[address.partition("?")[0]])
            seen.faults += [f"{address} {one}" for one in (*found["found"], *window.happened)]
            seen.marks |= set(found["marks"])
            seen.pages.append(address)
        seen.uses = sum(map(len, used.values()))
        window.context.close()
        return seen

    return swept


def use(window: Watched, address: str, used: list[str]) -> dict[str, Any]:
    """Open a page and use it; `used` is what was used before and is longer afterwards."""
    window.page.goto(address)
    window.page.wait_for_selector("html[data-live]", state="attached")
    found = window.page.evaluate(USE, {"typed": TYPED, "used": used})
    if window.page.url.split("?")[0] != address.split("?")[0]:
        window.other.append(f"led to {window.page.url}")
    used[:] = found["used"]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_nothing_that_was_written_runs_on_any_page_for_any_role(sweep, hostile, role):
    seen = sweep(role)

    assert seen.faults == []
    assert seen.pages == hostile.pages[role]
    print(f"{role}: {len(seen.pages)} pages, {seen.uses} things used, {len(seen.marks)} fields")


def test_the_sweep_has_met_every_field_with_every_payload(sweep, hostile):
    marks = set().union(*(sweep(role).marks for role in ROLES))
    met: dict[str, set[Payload]] = {name: set() for name in hostile.held}
    for mark in marks:
        name, _, row_id = mark.partition("#")
        met[name] |= set(hostile.held[name].get(int(row_id), ()))

    whole = {name for name in met if not hostile_data.is_shared(name, hostile.held)}
    lacking = {
        name: sorted(one.number for one in set(hostile_data.fit(*name.split("."))) - met[name])
        for name in whole - hostile_data.NOWHERE
    }
    assert {name: numbers for name, numbers in lacking.items() if numbers} == {}
    shared = {name: len(met[name]) for name in met if name not in whole | hostile_data.NOWHERE}
    assert {name: n for name, n in shared.items() if n < AT_LEAST} == {}
    often = Counter(one.number for payloads in met.values() for one in payloads)
    assert min(often[one.number] for one in PAYLOADS) >= AT_LEAST


def test_every_column_is_filled_or_has_a_reason_not_to_be(hostile):
    with hostile.server.data() as store:
        names = {f"{table}.{column}" for table, column in hostile_data.columns(store)}
        empty = {name for name in names if not store.db[name.split(".")[0]].count}

    assert names - set(hostile_data.CODED) - set(hostile.held) == empty - set(hostile_data.CODED)
    assert set(hostile_data.CODED) - names == set()


def test_control_the_sweep_finds_a_page_that_does_not_escape(watched, hostile):
    window = watched(bypass_csp=True, viewport=ROOM)
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])

    found = spoilt(window, hostile, "/leverancer")

    assert len(window.numbers) > 5
    assert len(found["found"]) > 20


def test_the_policy_alone_stops_what_is_not_escaped(watched, hostile):
    window = watched(viewport=ROOM)
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])

    found = spoilt(window, hostile, "/leverancer")

    assert len(found["found"]) > 20
    assert window.ran == []


def spoilt(window: Watched, hostile: SimpleNamespace, path: str) -> dict[str, Any]:
    """What is in a page of ours, with its headers, whose escaping is taken back on the way."""

    def unescape(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=html.unescape(answer.text()))

    window.page.route(hostile.server.url + path, unescape)
    with suppress(Exception):  # it may lead away
        window.page.goto(hostile.server.url + path, wait_until="commit")
        for _ in range(10):
            window.page.wait_for_timeout(MOMENT)
    return window.page.evaluate(LOOK)


# --- the other doors ----------------------------------------------------------------------------

SAID = quote(TYPED)
OUTSIDE = (
    *("/tilmelding", "/tilmelding/{meeting}", "/m/{token}", "/m/{token}/oplysninger"),
    *("/m/{token}/afbud", f"/tilmelding/{SAID}", f"/m/{SAID}", f"/findes/{SAID}"),
    *(f"/tilmelding/{{meeting}}?lang={SAID}&k={SAID}", f"/kalender/{SAID}.ics"),
    *(f"/log-ind?next={SAID}&email={SAID}", f"/log-ind?next=javascript:{SAID}"),
    f"/log-ind/konto/svar?error={SAID}&error_description={SAID}&state={SAID}&code={SAID}",
)
INSIDE = (
    *(f"/kommune?k={SAID}", f"/?date={SAID}", f"/optag?hold={SAID}&valgt={SAID}&lang={SAID}"),
    *(f"/aktiviteter?type={SAID}&hold={SAID}&vis={SAID}", f"/kommuner?tekst={SAID}&sorter={SAID}"),
    *(f"/flyt?hold={SAID}&dage={SAID}&til={SAID}", f"/adgangskode?next={SAID}"),
    *(f"/eksport/{SAID}.xlsx", f"/eksport/tilmeldinger.csv?moede={SAID}", f"/brev/1/{SAID}.eml"),
)
SEND = """
(typed) => {
  for (const form of document.querySelectorAll("form[method=post]")) {
    for (const field of form.querySelectorAll("input, textarea"))
      if (!["hidden", "checkbox", "radio", "submit"].includes(field.type)) field.value = typed;
    form.submit();
    return true;
  }
  return false;
}
"""


def looked(window: Watched, address: str) -> list[str]:
    """What a payload brought about at an address, and after its form was sent full of them."""
    window.page.goto(address)
    found = window.page.evaluate(LOOK)["found"]
    with suppress(Exception), window.page.expect_navigation(timeout=5000):
        if not window.page.evaluate(SEND, TYPED):
            raise LookupError("no form")
    found += window.page.evaluate(LOOK)["found"]
    if urlsplit(window.page.url).netloc != urlsplit(address).netloc:
        found.append(f"led to {window.page.url}")
    return [f"{address[:60]} {one}" for one in (*found, *window.happened)]


def test_nothing_runs_on_the_public_pages_the_door_and_where_nothing_is_found(watched, hostile):
    window = watched(bypass_csp=True)
    known = {"meeting": hostile.meeting, "token": hostile.token}
    paths = [
        path.replace("{meeting}", str(known["meeting"])).replace("{token}", known["token"])
        for path in OUTSIDE
    ]

    assert [one for path in paths for one in looked(window, hostile.server.url + path)] == []


def test_nothing_of_an_address_runs_inside(watched, hostile):
    window = watched(bypass_csp=True)
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])

    assert [one for path in INSIDE for one in looked(window, hostile.server.url + path)] == []


def test_nothing_of_a_file_that_is_handed_in_runs(watched, hostile):
    window = watched(bypass_csp=True, viewport=ROOM)
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])
    cells = [one.text.replace('"', '""').replace("\x00", "") for one in PAYLOADS]
    header = '"Kommune";"Modtaget";"Motivation";"' + cells[3] + '"\n'
    lines = [f'"{one}";"{one}";"{one}";"{one}"\n' for one in cells]
    name = "a<img src=x onerror=window.__xss=1>.csv"
    file = {"name": name, "mimeType": "text/csv", "buffer": (header + "".join(lines)).encode()}
    faults, tried_at = [], []

    for address in hostile.pages["office"]:
        window.page.goto(hostile.server.url + address)
        for chooser in window.page.locator("form[data-upload] input[type=file]").all():
            chooser.set_input_files(file)
            answer = window.page.locator("[data-upload-result] > *").first
            answer.wait_for(state="attached", timeout=40000)
            faults += window.page.evaluate(LOOK)["found"]
            tried_at.append(address.partition("?")[0])

    assert faults + window.happened == []
    assert {"/optag", "/infomoeder", "/leverancer"} <= set(tried_at)


CELLS = re.compile(r"<f[ >/]")  # a formula in a sheet


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_as_a_file_holds_it_as_text(watched, hostile, kind):
    window = watched()
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])

    for name in downloads.LISTS:
        answer = window.context.request.get(f"{hostile.server.url}/eksport/{name}.{kind}")
        assert (name, answer.status) == (name, 200)
        assert "html" not in answer.headers["content-type"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        if kind == "xlsx":
            book = zipfile.ZipFile(io.BytesIO(answer.body()))
            sheets = [book.read(one).decode() for one in book.namelist() if one.endswith(".xml")]
            assert not [one for one in sheets if CELLS.search(one)]
            text = "".join(sheets)
        else:
            text = answer.body().decode("utf-8-sig")
            cells = [one for row in csv.reader(io.StringIO(text), delimiter=";") for one in row]
            begun = [one for one in cells if one.startswith(STARTERS)]
            assert [one for one in begun if not NUMBER.match(one)] == []
        assert MARK.search(text), name


STARTERS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"-?[0-9.,]+$")


def test_a_calendar_and_a_letter_hold_it_as_text(watched, hostile):
    window = watched()
    sign_in(SimpleNamespace(page=window.page, server=hostile.server), hostile.logins["office"])
    with hostile.server.data() as store:
        case = int(frames.applications(store).query("stage == 'admitted'")["enrolment_id"].iloc[0])
    get = window.context.request.get

    ics = get(f"{hostile.server.url}/tilmelding/{hostile.meeting}.ics")
    letter = get(f"{hostile.server.url}/brev/{case}/admitted.eml")

    assert (ics.status, letter.status) == (200, 200)
    meeting = icalendar.Calendar.from_ical(ics.body())
    (event,) = meeting.walk("VEVENT")
    assert len(list(meeting.walk())) == len({one.name for one in meeting.walk()})
    assert MARK.search(str(event["SUMMARY"]))
    assert str(event.get("URL", "https://")).startswith("https://")
    found = email.message_from_bytes(letter.body(), policy=email.policy.default)
    assert set(found.keys()) <= {
        *("From", "To", "Subject", "Date", "X-Unsent", "MIME-Version"),
        *("Content-Type", "Content-Transfer-Encoding"),
    }
    assert found.get_content_type() == "text/plain"
    assert MARK.search(found.get_content())
