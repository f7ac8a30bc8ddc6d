"""An attacker with the rights of leadership, who opens and fetches all there is.

Two databases differ in small numbers only. Whatever tells them apart tells a small number.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document

from advisory import frames
from advisory.domain import roles
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError
from advisory.reports import REPORTS, csv_bytes, xlsx_bytes
from advisory.reports.feed import feed_bytes
from advisory.settings import shipped
from advisory.store import (
    Actor,
    Store,
    activities,
    decisions,
    enrolments,
    meetings,
    open_store,
    signups,
    users,
)
from advisory.texts import translator
from advisory.ui import shell
from advisory.ui.live import Live
from advisory.web import server
from advisory.web.downloads import LISTS

from ..frame_calls import calls, functions

TODAY = date(2025, 3, 13)
NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
AUDIENCES = ("leadership", "staff", "peers", "citizens")
FIRST = datetime(2024, 5, 14, 8, tzinfo=UTC)
RECENT = datetime(2025, 3, 11, 8, tzinfo=UTC)
AHEAD = datetime(2025, 3, 18, 8, tzinfo=UTC)
SYSTEM = Actor("system", "System", "system")

# By activity, then by municipality, how many came (to the one ahead: are expected). The sums that
# the balance shows are the same in both. In Horsens peers and citizens are absent at workshops,
# the one more often here, the other more often there.
WORLDS: Mapping[str, Mapping[str, tuple[tuple[int, ...], ...]]] = {
    "as it is": {
        "first": ((1, 5, 3, 9), (3, 4, 1, 4)),
        "second": ((1, 3, 3, 0), (3, 4, 1, 2)),
        "third": ((1, 2, 0, 0), (1, 3, 1, 2)),
        "due": ((4, 1, 1, 1), (2, 9, 2, 1)),
        "guidance": ((2, 3, 1, 1), (1, 1, 1, 1)),
        "one partner": ((3, 9), ()),
        "other partner": ((8, 4), ()),
        "ahead": ((3, 2, 1, 4), (2, 2, 2, 2)),
    },
    "as it could be": {
        "first": ((2, 2, 5, 5), (2, 1, 2, 2)),
        "second": ((1, 4, 0, 4), (2, 1, 1, 2)),
        "third": ((1, 4, 0, 0), (2, 9, 1, 4)),
        "due": ((1, 2, 3, 0), (4, 1, 1, 3)),
        "guidance": ((1, 1, 2, 4), (3, 2, 4, 1)),
        "one partner": ((4, 8), ()),
        "other partner": ((7, 5), ()),
        "ahead": ((1, 4, 3, 2), (4, 1, 3, 1)),
    },
}
SIGNED_UP = {"as it is": ("Ane Skov",), "as it could be": ("Ane Skov", "Bo Lund")}
INVITED = ("leadership", "staff")  # to the one ahead: peers and citizens are called for


@pytest.fixture
def programme(facts: Store) -> dict[str, int]:
    """Two cases, the activities of `WORLDS` that nobody is counted at, a meeting and a user."""
    cohort = facts.find("cohort", code="2024-02")["id"]
    cases = [enrolments.create(facts, cohort, one, received_on=date(2023, 10, 1)) for one in HOMES]
    for case in cases:
        decisions.decide(facts, case, Status.ADMITTED, on_date=date(2023, 11, 1))
    one, other = (row["id"] for row in facts.rows("organisation", "kind = 'partner'"))
    planned = {
        "first": ("workshop", FIRST, None),
        "second": ("workshop", FIRST + timedelta(days=60), one),
        "third": ("workshop", FIRST + timedelta(days=120), None),
        "guidance": ("guidance", FIRST + timedelta(days=130), None),
        "one partner": ("competence", FIRST + timedelta(days=140), one),
        "other partner": ("competence", FIRST + timedelta(days=150), other),
        "due": ("workshop", RECENT, None),
        "ahead": ("workshop", AHEAD, None),
    }
    made = {}
    for name, (kind, starts_at, provider_id) in planned.items():
        made[name] = activities.create(
            facts,
            kind,
            name.capitalize(),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            enrolments=dict.fromkeys(cases),
            expected=dict.fromkeys(INVITED if name == "ahead" else AUDIENCES),
            provider_id=provider_id,
            capacity=36,
        )
        if name not in ("due", "ahead"):
            activities.hold(facts, made[name])
    made["meeting"] = meetings.create(
        facts, "info_meeting", "Møde", starts_at=AHEAD, ends_at=AHEAD + timedelta(hours=1)
    )
    for role in ("leadership", "consultant"):
        users.add(facts, f"{role}@test.example", role.title(), role[:2].upper(), role)
    return made


HOMES = (615, 461)  # Horsens and Odense


@pytest.fixture
def worlds(facts: Store, programme, tmp_path: Path, clock) -> dict[str, Path]:
    """A database file for each of `WORLDS`; they differ in nothing else."""
    facts.db.conn.commit()
    paths = {}
    for name, counts in WORLDS.items():
        paths[name] = tmp_path / f"{name}.db"
        facts.db.execute(f"VACUUM INTO '{paths[name]}'")
        with open_store(paths[name], SYSTEM, clock=clock) as world:
            cases = [row["id"] for row in world.rows("enrolment", order="id")]
            for activity, by_case in counts.items():
                for case, heads in zip(cases, by_case):
                    count(world, programme[activity], case, heads, activity == "ahead")
            for number, person in enumerate(SIGNED_UP[name]):
                signups.sign_up(
                    world,
                    programme["meeting"],
                    name=person,
                    email=f"person{number}@odense.example",
                    municipality="Odense",
                )
    return paths


def count(store: Store, activity: int, case: int, heads: tuple[int, ...], ahead: bool) -> None:
    cells = {
        (case, audience): (number, None) if ahead else (None, number)
        for audience, number in zip(AUDIENCES, heads)
        if not ahead or audience in INVITED
    }
    activities.count(store, activity, cells)


# --- opening everything -------------------------------------------------------------------------


@pytest.fixture
def show() -> Iterator[Callable[..., tuple[str, Mapping[str, Live]]]]:
    """`show(path, role, name, now, **query)` is a page as the server makes it, with its parts."""
    with ExitStack() as visits:

        def made(path: Path, role: str, name: str, now: datetime = NOW, **query: str):
            parts: dict[str, Live] = {}
            page = server.load(shipped("apps") / f"{name}.py").page

            def noticed(store: Store, text: Any, query: Mapping[str, str]) -> shell.Page:
                found = page(store, text, query)
                parts.update(found.parts)
                return found

            site = shell.Site(
                db=path,
                clock=lambda: now,
                language="da",
                subscribe=lambda _listener: lambda: None,
                assets=lambda asset: f"/filer/0/{asset}",
                version="0",
            )
            document = Document()
            slug = ADDRESSES[name].strip("/")
            login = f"{role}@test.example"
            status = shell.show(document, noticed, slug, site, login, query)
            for end in document.session_destroyed_callbacks:
                visits.callback(end, None)
            assert status == shell.OK, (name, query)
            drawn = SimpleNamespace(roots=[object()], token="token")
            values = document.template_variables
            return document.template.render(values, docs=[drawn], title=document.title), parts

        yield made


ADDRESSES = {name: address for address, name in server.PAGES.items()}
QUERIES: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "overview": ({},),
    "municipalities": ({}, {"tilstand": "attention"}, {"sorter": "progress"}),
    "activities": (
        {},
        *({"vis": "maaned", "maaned": month} for month in ("2024-05", "2025-03")),
        *({"vis": "tabel", "sorter": sort} for sort in ("-day", "state")),
        {"hold": "2025-01"},
        {"udbyder": "2"},
        {"uge": "2024-W20"},
    ),
    "about": ({},),
}
OWN = {"feed"}  # their own calendar, whose address is drawn at random
FORGED = {
    **{"seen": "[]", "found": "[]", "kind": "attended", "people": "0", "loose": "0", "id": "1"},
    **{"figure": "participations", "column": "state", "version": "1", "reason": "x"},
}


def pages(show, path: Path, role: str, programme: Mapping[str, int]) -> list[str]:
    """Every page under many addresses, today and as it was three days ago, in two languages."""
    asked = [(name, query) for name, queries in QUERIES.items() for query in queries]
    asked += [("activity", {"id": str(one)}) for one in programme.values()]
    found = []
    for name, query in asked:
        then = {**query, "date": TODAY.isoformat()}
        found.append(show(path, role, name, **query)[0])
        found.append(show(path, role, name, LATER, **then)[0])
        found.append(show(path, role, name, **query, lang="en")[0])
    return found


def events(show, path: Path, role: str, programme: Mapping[str, int]) -> list[str]:
    """What the parts of each page answer to every event there is, asked for in good faith or not.

    A refusal is its sentence's key.
    """
    asked = [(name, queries[0]) for name, queries in QUERIES.items()]
    asked += [("activity", {"id": str(one)}) for one in programme.values()]
    found = []
    for name, query in asked:
        _, parts = show(path, role, name, **query)
        for region, action in [(r, a) for r in sorted(parts) for a in sorted(parts[r].actions)]:
            if region in OWN or region == "dialog":
                continue
            for values in forged(action):
                try:
                    parts[region].actions[action](**values)
                except AdvisoryError as error:
                    found.append(f"{region} {action}: {error.key}")
                shown = {region, "dialog", "toast"} & parts.keys()
                found += [str(parts[one].render()) for one in sorted(shown)]
    return found


def forged(action: str) -> list[dict[str, str]]:
    if action == "cell":
        return [{"case": str(one), "audience": each} for one, each in product((1, 2), AUDIENCES)]
    if action in ("typing", "numbers", "fill", "count"):
        return [{"seen": '[[1,"staff",[null,null]]]', "attended_1_staff": "50"}]
    if action == "explain":
        return [{"figure": one} for one in ("participations", "contact", "health", "")]
    return [FORGED]


def exports(path: Path, role: str, now: datetime = NOW) -> list[bytes]:
    """Every report and every list of the site that the role may fetch, and its calendar."""
    actor = Actor(f"{role}@test.example", role.title(), role)
    found = []
    with open_store(path, actor, clock=lambda: now) as store:
        seen = [store] if now == NOW else [store.at(TODAY)]
        for one, language in product(seen, ("da", "en")):
            text = translator(language)
            for name in (each for each in REPORTS if roles.allowed(REPORTS[each].action, role)):
                found += [csv_bytes(one, text, name), xlsx_bytes(one, text, [name])]
            for report, rows in LISTS.values():
                if roles.allowed(REPORTS[report].action, role):
                    found.append(csv_bytes(one, text, report, rows(one, {"hold": "2024-02"})))
        user = store.me()
        found.append(feed_bytes(store, user, "da"))
    return found


# --- what leadership can tell -------------------------------------------------------------------


def test_leadership_opens_the_same_pages_in_both_worlds(show, worlds, programme):
    one, other = (pages(show, path, "leadership", programme) for path in worlds.values())

    assert one == other
    assert any("skjult" in page for page in one)
    assert any("Deltagere vises kun lagt sammen pr. kommune" in page for page in one)


def test_leadership_gets_the_same_answers_to_every_event_in_both_worlds(show, worlds, programme):
    one, other = (events(show, path, "leadership", programme) for path in worlds.values())

    assert one == other
    assert "headcounts typing: forbidden" in one
    assert "headcounts take: forbidden" in one


@pytest.mark.parametrize("now", [NOW, LATER])
def test_leadership_fetches_the_same_files_in_both_worlds(worlds, now):
    one, other = (exports(path, "leadership", now) for path in worlds.values())

    assert one == other
    written = b"".join(one).decode("utf-8", "ignore")
    assert "Peers har manglet ved workshops." in written
    assert "Borgere har manglet ved workshops." in written


def read(path: Path, role: str, programme: Mapping[str, int]) -> list[tuple[str, str]]:
    """What every frame that the role may read says, however it is called, today and as it was."""
    actor = Actor(f"{role}@test.example", role.title(), role)
    values = {
        **{"activity_id": list(programme.values()), "cases": [frozenset({1}), frozenset({2})]},
        **{"enrolment_id": (1, 2), "slug": ("horsens", "odense"), "provider_id": (2, 3)},
        **{"sheet_id": (1,), "row_id": (1, 2)},
    }
    found = []
    with open_store(path, actor, clock=lambda: LATER) as store:
        for name, function in functions().items():
            if not roles.allowed(function.reads, role):
                continue
            for one, call in product((store, store.at(TODAY)), calls(function, values)):
                try:
                    answer = call(one)
                except AdvisoryError as error:
                    answer = error.key
                told = hasattr(answer, "to_dict")
                found.append((name, str(answer.to_dict() if told else answer)))
    return found


def test_leadership_reads_the_same_in_every_frame_of_both_worlds(worlds, programme):
    one, other = (read(path, "leadership", programme) for path in worlds.values())

    assert {name for name, _ in one} >= {"balance", "activities", "figures", "competence_sums"}
    assert one == other


def test_control_a_consultant_reads_them_differ(worlds, programme):
    one, other = (read(path, "consultant", programme) for path in worlds.values())

    different = {name for (name, left), (_, right) in zip(one, other) if left != right}
    assert different >= {"balance", "gaps", "activities", "headcounts", "enrolments", "deliveries"}
    assert different >= {"attendance_by_month", "attendance_sums", "competence_sums", "meetings"}


def differing(one: list[Any], other: list[Any]) -> int:
    return sum(left != right for left, right in zip(one, other, strict=True))


def test_control_a_consultant_can_tell_the_worlds_apart(show, worlds, programme):
    seen = [pages(show, path, "consultant", programme) for path in worlds.values()]
    files = [exports(path, "consultant") for path in worlds.values()]

    assert differing(*seen) > len(seen[0]) / 2
    assert differing(*files) > 1
    assert not any("Deltagere vises kun lagt sammen" in page for page in seen[0])


def test_control_leadership_sees_a_number_that_is_large_enough(show, worlds, programme):
    path = worlds["as it is"]
    before = pages(show, path, "leadership", programme)
    with open_store(path, SYSTEM, clock=lambda: NOW) as world:
        case = world.rows("enrolment", order="id")[0]["id"]
        activities.count(world, programme["first"], {(case, "staff"): (None, 15)})

    assert pages(show, path, "leadership", programme) != before


# --- one number, one place ----------------------------------------------------------------------


def test_the_key_figure_is_the_total_of_the_balance_and_hidden_with_it(show, worlds, programme):
    path = worlds["as it is"]

    def figure() -> str:
        html = show(path, "leadership", "overview")[0]
        start = html.index('id="figure-participations"')
        return html[html.index('class="v"', start) :].split(">", 1)[1].split("<")[0]

    assert figure() == "57"
    with open_store(path, SYSTEM, clock=lambda: NOW) as world:
        assert frames.figures(world).set_index("figure")["value"]["participations"] == 57
        for name in ("first", "second", "third"):
            for case in world.rows("enrolment"):
                few = (1, 0, 0, 0) if name == "first" else (0, 0, 0, 0)
                count(world, programme[name], case["id"], few, False)

    assert figure() == "skjult"
