"""Every page for every role on every kind of data, and what people write in each of them."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document

from advisory import frames
from advisory.domain import calendar, roles
from advisory.domain.errors import Refused
from advisory.settings import shipped
from advisory.store import (
    Store,
    demo,
    enrolments,
    journal,
    open_store,
    people,
    place_changes,
    plan,
    seed,
    users,
)
from advisory.store.connection import OPERATIONAL
from advisory.texts import translator
from advisory.ui import shell
from advisory.ui.view import View
from advisory.web import server

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
PAST, FUTURE, BEFORE_FIRST = "2024-12-12", "2025-09-01", "2020-01-01"
READERS = {"consultant", "office", "leadership", "system"}
MAY_OPEN = {
    "overview": READERS,
    "municipalities": READERS,
    "case": {"consultant", "office", "system"},
    "intake": {"consultant", "office", "system"},
    "activities": READERS,
    "activity": READERS,
    "replan": {"consultant", "office", "system"},
    "meetings": {"consultant", "office", "system"},
    "deliveries": {"consultant", "office", "system", "partner"},
    "history": {"consultant", "office", "system", "administrator"},
    "about": {*READERS, "partner", "administrator"},
}
USERS = (*roles.GIVEN, "system")  # nobody signs in as the public
ADDRESSES = {name: address for address, name in server.PAGES.items()}
READING = {
    *("all", "axis", "clear", "dialog_close", "explain", "filter", "mine", "open", "sort"),
    *("suggest", "switch", "table", "toast_close", "tab", "every", "cell", "view", "go", "more"),
    *("choose", "ask", "decision_look", "letter", "letter_kind", "application_edit"),
    *("check", "take_name", "only", "suppose", "step"),
}
CHANGING = {"add", "contact", "edit", "end", "finish", "note", "revert", "task", "tick", "register"}
DECIDING = {"decide", "new", "prioritise", "edit_places", "carry_out"}
OWN = {  # what one may change who otherwise only reads: their own calendar, their own deliveries
    ("about", "leadership"): {"feed_make"},
    ("about", "partner"): {"feed_make"},
    ("deliveries", "partner"): {"make"},
}
BARE = {("about", "administrator")}  # has no calendar of their own, and nothing else to follow
OWN_ADDRESSES = ("/", "#", "mailto:", "https://dokumenter.example/")  # the last: attachments
KINDS = ("nothing", "facts", "demo")
SEARCHED = {"a", "b", "circle", "div", "g", "input", "kbd", "p", "path", "span", "svg"}


# --- what stands in a page --------------------------------------------------------------------


@dataclass
class Content(HTMLParser):
    """What a browser would make of a page: its elements, their attributes, its words."""

    elements: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    does: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add((tag, name))
            self.said.append(value or "")
            if name in ("href", "action", "src"):
                self.addresses.add(value or "")
            elif name == "data-do":
                self.does.add(value or "")

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def words(self) -> str:
        return "\n".join(self.said)


def content(*html: str) -> Content:
    read = Content()
    for part in html:
        read.feed(part)
        read.close()
    return read


@dataclass
class Shown:
    """A page as it was answered: the status, the HTML, and its live parts by region."""

    status: int
    html: str
    parts: Mapping[str, Any]

    @property
    def content(self) -> Content:
        return content(self.html)


@pytest.fixture
def show() -> Iterator[Callable[..., Shown]]:
    """`show(path, login, name, **query)` makes a page as the server does, without a server."""
    with ExitStack() as visits:
        yield partial(make, visits)


def make(visits: ExitStack, path: Path, login: str, name: str, **query: str) -> Shown:
    found: dict[str, Any] = {}
    page = server.load(shipped("apps") / f"{name}.py").page

    def noticed(store: Store, text: Any, query: Mapping[str, str]) -> shell.Page:
        made = page(store, text, query)
        found.update(made.parts)
        return made

    site = shell.Site(
        db=path,
        clock=lambda: NOW,
        language="da",
        subscribe=lambda _listener: lambda: None,
        assets=lambda asset: f"/filer/0/{asset}",
        version="0",
    )
    document = Document()
    status = shell.show(document, noticed, ADDRESSES[name].strip("/"), site, login, query)
    drawn = SimpleNamespace(roots=[object()], token="token")
    html = document.template.render(document.template_variables, docs=[drawn], title=document.title)
    for end in document.session_destroyed_callbacks:
        visits.callback(end, None)
    return Shown(status, html, found)


# --- stores -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paths(
    demo_path: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A database file of each kind, each with a user of every role: `<role>@test.example`."""
    made = {}
    for kind in KINDS:
        made[kind] = tmp_path_factory.mktemp("pages") / f"{kind}.db"
        if kind == "demo":
            shutil.copyfile(demo_path, made[kind])
        with open_store(made[kind], demo.SYSTEM, clock=lambda: NOW) as store:
            if kind == "facts":
                seed.load_facts(store, data_dir)
            for role in USERS:
                users.add(store, f"{role}@test.example", role.title(), role[:2].upper(), role)
    return made


@pytest.fixture(scope="module")
def case(paths: dict[str, Path]) -> dict[str, str]:
    """The part of an address that names a case that ran already on `PAST`."""
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        row = frames.enrolments(store).query("status == 'active' and cohort == '2024-02'").iloc[0]
    return {"k": row["slug"], "hold": row["cohort"]}


@pytest.fixture(scope="module")
def address(paths: dict[str, Path], case: dict[str, str]) -> dict[str, dict[str, str]]:
    """What the pages of one thing need in their address: a case, an activity held before `PAST`."""
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        held = frames.activities(store).query("kind == 'workshop' and state == 'held'")
    return {"case": case, "activity": {"id": str(held["activity_id"].iloc[0])}}


@pytest.fixture(autouse=True)
def no_defect(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A part that fails shows a sentence and is logged: here it is an error."""
    yield
    found = caplog.get_records("call")
    assert [record.getMessage() for record in found if record.levelname == "ERROR"] == []


def tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Everything that stands in a database, but for who is signed in and who has read what."""
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        names = set(store.db.table_names()) - OPERATIONAL - {"sqlite_sequence"}
        return {name: list(store.db[name].rows) for name in names}


# --- who may see what -------------------------------------------------------------------------


def test_every_page_file_is_served_and_has_a_verdict_for_every_role():
    files = {path.stem for path in shipped("apps").glob("*.py")}
    verdicts = {
        name: {role for role in roles.ROLES if roles.allowed(f"page.{name}", role)}
        for name in files
    }

    assert verdicts == MAY_OPEN
    assert set(server.PAGES.values()) == files
    assert {address.strip("/"): f"page.{name}" for address, name in server.PAGES.items()} == (
        shell.ACCESS
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", USERS)
@pytest.mark.parametrize("name", MAY_OPEN)
def test_a_page_is_whole_or_forbidden(show, paths, address, name, role, kind):
    shown = show(paths[kind], f"{role}@test.example", name, **address.get(name, {}))

    missing = name in address and kind != "demo"
    allowed = shell.NOT_FOUND if missing else shell.OK
    assert shown.status == (allowed if role in MAY_OPEN[name] else shell.FORBIDDEN)
    assert bool(shown.parts) == (shown.status == shell.OK and (name, role) not in BARE)
    empty = {region for region, part in shown.parts.items() if not part.render().strip()}
    assert empty <= {"dialog", "toast", "decision"}  # what is shown when somebody asks for it
    assert {"html", "header", "nav", "main", "h1"} <= shown.content.elements


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("day", [PAST, FUTURE, BEFORE_FIRST, "13/3", "30/2-25", "i morgen"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", MAY_OPEN)
def test_a_page_is_whole_on_any_date_in_both_languages(
    show, paths, address, name, kind, day, language
):
    query = {**address.get(name, {}), "date": day, "lang": language}

    shown = show(paths[kind], "consultant@test.example", name, **query)

    missing = name in address and (kind != "demo" or day == BEFORE_FIRST)
    assert shown.status == (shell.NOT_FOUND if missing else shell.OK)
    assert f'<html lang="{language}">' in shown.html


@pytest.mark.parametrize("name", MAY_OPEN)
def test_looking_changes_nothing(show, paths, address, name):
    before = tables(paths["demo"])

    for day in ("", PAST, FUTURE, BEFORE_FIRST):
        show(paths["demo"], "consultant@test.example", name, **address.get(name, {}), date=day)

    assert tables(paths["demo"]) == before


def test_one_who_may_change_a_case_has_what_it_takes(show, paths, case):
    shown = show(paths["demo"], "consultant@test.example", "case", **case)

    assert shown.content.does >= CHANGING
    assert shown.content.does - CHANGING <= READING


def test_one_who_may_change_a_meeting_has_what_it_takes(show, paths):
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        meetings = frames.meetings(store)
        held = meetings[meetings["open_attendees"] > 0]["activity_id"].iloc[0]
        coming = meetings[meetings["status"] == "open"]["activity_id"].iloc[0]

    found = {
        number: show(
            paths["demo"], "consultant@test.example", "meetings", moede=str(number)
        ).content.does
        for number in (held, coming)
    }

    assert found[held] >= {"new", "copy", "edit", "tick", "assign", "aside", "walk_in"}
    assert found[coming] >= {"new", "copy", "edit", "move", "cancel", "add"}
    assert "tick" not in found[coming]


@pytest.mark.parametrize(
    ("role", "day", "may"),
    [("office", "", True), ("consultant", "", False), ("office", PAST, False)],
)
def test_the_office_decides_about_an_application_today_and_nobody_else(show, paths, role, day, may):
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        first = frames.waiting(store, "2025-08").iloc[0]
    query = {"hold": "2025-08", "valgt": first["slug"], "nej": "1", "date": day}

    shown = show(paths["demo"], f"{role}@test.example", "intake", **query)

    assert shown.content.does & DECIDING == (DECIDING if may else set())
    assert shown.content.does - DECIDING - {"register"} <= READING


@pytest.mark.parametrize("day", [PAST, FUTURE])
@pytest.mark.parametrize("role", USERS)
@pytest.mark.parametrize("name", MAY_OPEN)
def test_nothing_on_another_date_changes_data(show, paths, address, name, role, day):
    query = {**address.get(name, {}), "date": day}

    assert show(paths["demo"], f"{role}@test.example", name, **query).content.does <= READING


@pytest.mark.parametrize("role", ["leadership", "partner", "administrator"])
@pytest.mark.parametrize("name", MAY_OPEN)
def test_nothing_changes_data_for_one_who_only_reads(show, paths, address, name, role):
    shown = show(paths["demo"], f"{role}@test.example", name, **address.get(name, {}))

    assert shown.content.does <= READING | OWN.get((name, role), set())
    if name != "case":
        assert not [one for one in shown.content.addresses if "/kommune?" in one]


def test_a_milestone_opened_on_another_date_has_no_form(show, paths, case):
    shown = show(paths["demo"], "consultant@test.example", "case", **case, date=PAST)
    open_milestone = shown.parts["plan"].actions["open"]
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        case_id = int(frames.find_case(store, case["k"], case["hold"])["enrolment_id"])
        milestone_id = int(frames.milestones(store, case_id)["milestone_id"].iloc[-1])

    open_milestone(id=str(milestone_id))

    opened = content(shown.parts["dialog"].render())
    assert "form" not in opened.elements
    assert opened.does <= READING


def test_a_milestone_that_somebody_removes_while_it_is_open_leaves_a_dialog_to_close(
    show, paths, case, tmp_path
):
    path = tmp_path / "removed.db"
    shutil.copyfile(paths["demo"], path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        case_id = int(frames.find_case(store, case["k"], case["hold"])["enrolment_id"])
        milestone_id = plan.add(store, case_id, "Egen milepæl", date(2025, 5, 1))
        operation = store.get("history", store.version())["operation"]
        shown = show(path, "consultant@test.example", "case", **case)
        shown.parts["plan"].actions["open"](id=str(milestone_id))

        store.revert(operation)

    found = shown.parts["dialog"].render()
    assert not found or "dialog_close" in content(found).does


def test_a_note_that_somebody_takes_back_while_it_is_corrected_leaves_a_dialog_to_close(
    show, paths, case, tmp_path
):
    path = tmp_path / "removed.db"
    shutil.copyfile(paths["demo"], path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        case_id = int(frames.find_case(store, case["k"], case["hold"])["enrolment_id"])
        note_id = journal.add_note(
            store, case_id, "Aftale", kind="phone", noted_on=date(2025, 3, 13)
        )
        operation = store.get("history", store.version())["operation"]
        shown = show(path, "consultant@test.example", "case", **case)
        shown.parts["journal"].actions["edit"](id=str(note_id))

        store.revert(operation)

    found = shown.parts["dialog"].render()
    assert not found or "dialog_close" in content(found).does


def test_a_case_that_is_not_there_says_what_was_asked_for(show, paths):
    shown = show(paths["demo"], "consultant@test.example", "case", k="ingensted")

    assert shown.status == shell.NOT_FOUND
    assert "”ingensted”" in shown.content.words


def test_a_mail_address_is_a_link_that_mail_programs_understand(show, paths, case, tmp_path):
    path = tmp_path / "mail.db"
    shutil.copyfile(paths["demo"], path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        case_id = int(frames.find_case(store, case["k"], case["hold"])["enrolment_id"])
        email, day = "karen.oe@kommune.example", date(2025, 3, 13)
        people.add_contact(store, case_id, "Karen", "Leder", valid_from=day, email=email)

    shown = show(path, "consultant@test.example", "case", **case)

    assert "mailto:karen.oe@kommune.example" in shown.content.addresses


def test_when_it_was_last_saved_is_told_with_the_date_if_that_was_another_day(
    show, paths, tmp_path
):
    path = tmp_path / "saved.db"
    shutil.copyfile(paths["demo"], path)
    with open_store(path, clock=lambda: NOW) as store:
        store.actor = users.actor_for(store, "jonas@styrelsen.example")
        saved = store.rows("history", "actor = ?", [store.actor.name], order="id DESC LIMIT 1")
    last = calendar.local(datetime.fromisoformat(saved[0]["at"]))
    assert last.date() < date(2025, 3, 13)

    shown = show(path, "jonas@styrelsen.example", "about")

    assert translator("da").date_medium(last.date()) in shown.content.words


def test_no_reason_is_half_danish_in_english(show, paths):
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        row = frames.enrolments(store).query("health == 'late'").iloc[0]
        step = frames.milestones(store, int(row["enrolment_id"])).query("state == 'late'").iloc[0]
    query = {"k": row["slug"], "hold": row["cohort"], "lang": "en"}

    shown = show(paths["demo"], "consultant@test.example", "case", **query)

    words = content(shown.parts["header"].render()).words
    assert step["name_en"] in words
    assert step["name"] not in words


def test_a_past_day_is_not_called_today(show, paths, case):
    shown = show(paths["demo"], "consultant@test.example", "overview", date=PAST)

    drawn = content(shown.parts["timeline"].render())
    assert "I dag" not in [said.strip() for said in drawn.said]


# --- what people write ------------------------------------------------------------------------

HOSTILE = [
    "<script>window.__xss=1</script>",
    "</script><script>window.__xss=1</script>",
    "<img src=x onerror=window.__xss=1>",
    "<svg/onload=window.__xss=1>",
    "<svg><animate onbegin=window.__xss=1 attributeName=x>",
    "<iframe srcdoc='<script>parent.__xss=1</script>'>",
    "<details open ontoggle=window.__xss=1>",
    "<body onload=window.__xss=1>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "<form action=//evil.example><button>Gem</button>",
    "<a href='javascript:window.__xss=1'>her</a>",
    "javascript:window.__xss=1",
    '" autofocus onfocus=window.__xss=1 x="',
    "' onmouseover='window.__xss=1",
    '"><script>window.__xss=1</script>',
    "</textarea></title></dialog><script>window.__xss=1</script>",
    "<!-- --!><script>window.__xss=1</script>",
    "&lt;script&gt;window.__xss=1&lt;/script&gt; &amp;quot;",
    "{{7*7}} {% raw %} {# x #} ${7*7} #{7*7}",
    "{n} {name} {days:count.days} %s %(x)s",
    "\u202egnurv tedøs\u202c \u2066x\u2069 \u200b\ufeff",
    "`'\"\\\t&<>\u2028\u00a0",
    "Åæø" * 1667,
]
HARMLESS = [f"Aftale nummer {number}" for number in range(len(HOSTILE))]


def write_everywhere(store: Store, written: list[str]) -> set[tuple[str, str]]:
    """Put every text in every field that takes text; the fields that refuse, and with what."""
    refused: set[tuple[str, str]] = set()
    cases = frames.enrolments(store)
    with_plan = frames.milestones(store).query("state in ('late', 'soon', 'planned')")
    steps = [int(one) for one in with_plan["milestone_id"]]
    ids = [int(one) for one in cases["enrolment_id"]]

    def attempt(name: str, verb: Callable[..., Any], *values: Any, **named: Any) -> None:
        try:
            verb(store, *values, **named)
        except Refused as error:
            refused.add((name, error.key))

    for number, text in enumerate(written):
        case_id = ids[number % len(ids)]
        day = store.today()
        attempt("note", journal.add_note, case_id, text, kind="phone", noted_on=day)
        attempt("task", journal.add_task, case_id, text, due_on=day - timedelta(days=1))
        contact = {"valid_from": day, "phone": text}
        attempt("contact", people.add_contact, case_id, text, text, **contact)
        attempt("email", people.add_contact, case_id, "Ane", "Leder", **{**contact, "email": text})
        address = f'{text[:20]}"<b>@x.example'.replace(" ", "")
        attempt("email", people.add_contact, case_id, "Bo", "Leder", **contact, email=address)
        attempt("goal", enrolments.edit, case_id, {"goal": text})
        short = text[:1000]
        attempt("motivation", enrolments.edit, case_id, {"motivation": short})
        attempt("priority", enrolments.prioritise, case_id, 1 + number, short)
        attempt("places", place_changes.set_capacity, 1, 21 + number, short)
        attempt("milestone", plan.add, case_id, text, date(2025, 8, 1))
        attempt("reason", plan.move, steps[2 * number], date(2025, 6, 2), text)
        attempt("na_reason", plan.set_aside, steps[2 * number + 1], text)
        attempt("user", users.add, f"u{number}@x.example", text, f"{text[:2]}{number}", "office")
    return refused


def everything(show: Callable[..., Shown], path: Path) -> list[str]:
    """The HTML of every page as it stands, with all rows shown and each dialog open once."""
    login = "system@test.example"
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        cases = list(frames.enrolments(store).itertuples(index=False))
        plans = frames.milestones(store)
        notes = frames.notes(store)
    html = []
    for name in ("overview", "municipalities", "about"):
        shown = show(path, login, name)
        if name == "overview":
            shown.parts["actions"].actions["all"]()
            shown.parts["map"].actions["switch"]()
            shown.parts["timeline"].actions["table"]()
        html += [shown.html, *(part.render() for part in shown.parts.values())]
    for case in cases:
        shown = show(path, login, "case", k=case.slug, hold=case.cohort)
        for region in ("journal", "changes"):
            shown.parts[region].actions["all"]()
        html += [shown.html, *(part.render() for part in shown.parts.values())]
        for milestone_id in plans[plans["enrolment_id"] == case.enrolment_id]["milestone_id"]:
            shown.parts["plan"].actions["open"](id=str(milestone_id))
            html.append(shown.parts["dialog"].render())
        for note_id in notes[notes["enrolment_id"] == case.enrolment_id]["note_id"].head(3):
            shown.parts["journal"].actions["edit"](id=str(note_id))
            html.append(shown.parts["dialog"].render())
        shown.parts["header"].actions["edit"]()
        html.append(shown.parts["dialog"].render())
        query = {"hold": case.cohort, "valgt": case.slug, "regnskab": "alle"}
        shown = show(path, login, "intake", **query)
        shown.parts["applications"].actions["open"](id=str(case.enrolment_id))
        html += [shown.html, *(part.render() for part in shown.parts.values())]
    return html


def written_copy(paths: dict[str, Path], folder: Path, written: list[str]) -> tuple[Path, set]:
    path = folder / "written.db"
    shutil.copyfile(paths["demo"], path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        return path, write_everywhere(store, written)


def test_what_people_write_is_shown_as_they_wrote_it_and_is_never_markup(
    show, paths, tmp_path_factory
):
    benign, _ = written_copy(paths, tmp_path_factory.mktemp("benign"), HARMLESS)
    hostile, refused = written_copy(paths, tmp_path_factory.mktemp("hostile"), HOSTILE)

    usual, found = content(*everything(show, benign)), content(*everything(show, hostile))

    long = {("contact", "text_too_long"), ("goal", "text_too_long")}
    assert {field for field, _ in refused - long} <= {"email"}
    assert found.elements - usual.elements == set()
    assert found.attributes - usual.attributes == set()
    assert not [one for one in found.addresses if not one.startswith(OWN_ADDRESSES)]
    shown = " ".join(found.words.split())
    assert [text for text in HOSTILE if " ".join(text.split()) not in shown] == []


@pytest.mark.parametrize("name", MAY_OPEN)
def test_what_stands_in_an_address_is_never_markup(show, paths, address, name):
    fields = ("k", "hold", "tekst", "region", "konsulent", "status", "sorter", "date", "lang", "x")
    known = address.get(name, {})
    usual = show(paths["demo"], "consultant@test.example", name, **known).content
    usual.elements |= {"svg", "path", "b", "input"}

    for text in (" ".join(HOSTILE), " ".join(HOSTILE[::-1])):
        query = {**dict.fromkeys(fields, text), **known}
        found = show(paths["demo"], "consultant@test.example", name, **query).content
        assert found.elements - usual.elements == set()
        new = found.addresses - usual.addresses
        assert not [one for one in new if not one.startswith(OWN_ADDRESSES)]
        assert not [name for _, name in found.attributes if name.startswith("on")]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_search_for_anything_is_only_text(paths, text):
    with open_store(paths["demo"], demo.SYSTEM, clock=lambda: NOW) as store:
        search = shell.Search(View(store, translator("da"), {})).live
        search.actions["suggest"](tekst=text)

        found = content(search.render())

    assert found.elements <= SEARCHED
    assert not [name for _, name in found.attributes if name.startswith("on")]


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[2], HOSTILE[8], HOSTILE[16]])
def test_the_look_for_markup_would_notice_it(text):
    assert content(f"<p>{text}</p>").elements != {"p"}
