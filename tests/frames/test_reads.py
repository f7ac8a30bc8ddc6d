"""Every role and every frame, every role and every table: what it gets, and what it is refused."""

import inspect
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import roles
from advisory.domain.attendance import Person, Report
from advisory.domain.errors import Forbidden, NotFound
from advisory.frames.typed import per_version, reads
from advisory.store import (
    Actor,
    Store,
    activities,
    attendance,
    demo,
    journal,
    open_store,
    people,
    signups,
    users,
)

from ..frame_calls import calls, functions, undeclared

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
TODAY, PAST = date(2025, 3, 13), date(2024, 12, 12)
FRAMES = functions()
FACTS = {"facts", "announced", "users"}  # what anybody who may read them gets raw, by purpose
CANARY = "Kanariefugl"
SHEET_OF = "Københavns Professionshøjskole"


@pytest.fixture(scope="module")
def path(demo_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented data with a user of each role, and a bird's name wherever people are named."""
    copy = tmp_path_factory.mktemp("reads") / "demo.db"
    shutil.copyfile(demo_path, copy)
    with open_store(copy, demo.SYSTEM, clock=lambda: NOW) as store:
        for role in (*roles.GIVEN, "system"):
            own = _partner(store) if role == "partner" else None
            login = f"{role}@test.example"
            users.add(store, login, role.title(), role[:2].upper(), role, organisation_id=own)
        _write_canaries(store)
    return copy


def _partner(store: Store) -> int:
    """The partner with the most sessions."""
    found = frames.deliveries(store).query("kind == 'partner'")
    return int(found.sort_values(["held", "planned"])["provider_id"].iloc[-1])


def _write_canaries(store: Store) -> None:
    """What people are called and what is written about them, in each place there is for it."""
    case = int(frames.enrolments(store).query("status == 'active'")["enrolment_id"].iloc[0])
    journal.add_note(store, case, f"{CANARY} i notat", kind="phone", noted_on=TODAY)
    journal.add_task(store, case, f"{CANARY} i opgave", due_on=date(2025, 3, 1))
    email = f"{CANARY}@kommune.example"
    people.add_contact(store, case, f"{CANARY} kontakt", "Leder", valid_from=TODAY, email=email)
    coming = frames.meetings(store).query("status == 'open'")["activity_id"].iloc[0]
    signups.sign_up(
        store, int(coming), name=f"{CANARY} tilmeldt", email=email, municipality="Odense"
    )
    held = int(frames.meetings(store).query("reported")["activity_id"].iloc[0])
    report = Report("table", None, None, None, 1, (Person(f"{CANARY} mødt", email, (), 45),), ())
    attendance.take_in(store, held, report, file_name="liste.csv", sha256="canary")
    done = frames.activities(store).query("kind == 'workshop' and state == 'held'")
    activities.edit(store, int(done["activity_id"].iloc[0]), {"agreed": f"{CANARY} aftalt"})


@pytest.fixture(scope="module")
def as_role(path: Path) -> Iterator[Callable[[str], Store]]:
    """`as_role("office")` is a store of that role's; the same one each time."""
    opened: dict[str, Store] = {}
    with ExitStack() as stack:

        def of(role: str) -> Store:
            if role not in opened:
                actor = Actor(f"{role}@test.example", role.title(), role)
                opened[role] = stack.enter_context(open_store(path, actor, clock=lambda: NOW))
            return opened[role]

        yield of


@pytest.fixture(scope="module")
def values(as_role: Callable[[str], Store]) -> dict[str, Sequence[Any]]:
    """What can be asked for in these data, by the name of the parameter."""
    store = as_role("system")
    cases = frames.enrolments(store)
    running = cases.query("status == 'active'")["enrolment_id"].tolist()
    known = frames.activities(store)
    held = known[known["state"] == "held"].drop_duplicates("kind")["activity_id"].tolist()
    mine = _partner(store)
    sheets = store.rows("delivery_sheet", "provider_id = ?", [mine])
    return {
        "enrolment_id": [int(one) for one in running[:2]],
        "activity_id": [int(one) for one in held],
        "cases": [frozenset(running[:1]), frozenset()],
        "slug": cases["slug"].head(2).tolist(),
        "provider_id": [mine],
        "sheet_id": [row["id"] for row in sheets],
        "row_id": [1],
    }


# --- the frames -----------------------------------------------------------------------------------


def test_every_function_of_the_frames_says_what_is_read():
    public = {name for name in frames.__all__ if callable(getattr(frames, name))}

    assert undeclared(FRAMES) == set()
    assert public <= set(FRAMES)
    assert {function.reads for function in FRAMES.values()} <= set(roles.ACTIONS)


def test_control_a_function_that_does_not_say_it_is_found():
    module = ModuleType("advisory.frames.new")
    exec("def secrets_of(store):\n    return store\n", vars(module))

    assert undeclared(functions(module)) == {"secrets_of"}


@pytest.mark.parametrize("role", [*roles.ROLES, "admin", ""])
@pytest.mark.parametrize("name", FRAMES)
def test_a_role_gets_the_whole_frame_or_nothing(as_role, values, name, role):
    made = next(calls(FRAMES[name], values))
    whole = made(as_role("system"))  # what might be kept is kept

    if roles.allowed(FRAMES[name].reads, role):
        assert _shape(made(as_role(role))) == _shape(whole)
        return
    with pytest.raises(Forbidden) as refused:
        made(as_role(role))
    assert refused.value.values == {"action": FRAMES[name].reads, "role": role}


@pytest.mark.parametrize("name", ["balance", "gaps", "figures", "activities", "actions"])
@pytest.mark.parametrize("kind", ["store", "facts"])
def test_leadership_gets_whole_frames_where_there_is_nothing(request, kind, name):
    empty = request.getfixturevalue(kind)
    with open_store(empty.path, Actor("l@test.example", "L", "leadership")) as store:
        for one in (store, store.at(PAST)):
            assert _shape(FRAMES[name](one)) == _shape(FRAMES[name](empty))
            assert frames.attendance_sums(one)["people"].isna().all()
            assert len(frames.competence_sums(one)) == 0


def _shape(found: Any) -> Any:
    """The columns and types of a frame; of anything else what it is."""
    if isinstance(found, pd.DataFrame):
        return {name: str(dtype) for name, dtype in found.dtypes.items()}
    return list(found.index) if isinstance(found, pd.Series) else type(found)


def test_the_past_is_refused_as_today_is(as_role):
    past = as_role("leadership").at(PAST)

    assert len(frames.enrolments(past)) > 0
    with pytest.raises(Forbidden):
        frames.notes(past)


def test_nothing_is_asked_of_what_a_frame_reads_and_afterwards_it_is(as_role):
    store = as_role("leadership")

    @reads("read.programme")
    @per_version
    def own(store: Store) -> pd.DataFrame:
        return frames.notes(store)[["note_id"]]

    @reads("read.programme")
    def fails(store: Store) -> None:
        raise ZeroDivisionError

    assert len(own(store)) > 0
    with pytest.raises(ZeroDivisionError):
        fails(store)
    for refused in (frames.notes, lambda one: one.rows("note")):
        with pytest.raises(Forbidden):
            refused(store)


def test_nothing_is_asked_of_what_a_decision_reads_and_afterwards_it_is(facts, clock):
    users.add(facts, "ledelse@test.example", "Ledelse", "LE", "leadership")
    with open_store(facts.path, Actor("ledelse@test.example", "L", "leadership")) as store:
        with store.write("feed.edit"):
            assert store.rows("note") == []
            assert len(frames.notes(store)) == 0
        with pytest.raises(Forbidden):
            store.rows("note")
        with pytest.raises(Forbidden):
            frames.notes(store)


# --- the tables -----------------------------------------------------------------------------------


def test_every_table_is_listed(as_role):
    names = {name for name in as_role("system").db.table_names() if not name.startswith("_")}

    assert names - {"sqlite_sequence"} == set(roles.TABLES)


@pytest.mark.parametrize("role", [*roles.ROLES, "admin", ""])
@pytest.mark.parametrize("table", roles.TABLES)
def test_a_role_reads_the_rows_of_a_table_or_none(as_role, table, role):
    store = as_role(role)
    if roles.allowed(roles.TABLES[table], role):
        assert store.rows(table, order="rowid") == list(store.db[table].rows)
        return
    for asked in (
        lambda: store.rows(table),
        lambda: store.get(table, 1),
        lambda: store.find(table, id=1),
    ):
        with pytest.raises(Forbidden) as refused:
            asked()
        assert refused.value.values == {"action": roles.TABLES[table], "role": role}


@pytest.mark.parametrize("role", roles.ROLES)
def test_control_a_table_that_is_not_listed_is_nobodys(as_role, role):
    with pytest.raises(Forbidden):
        as_role(role).rows("sqlite_sequence", order="rowid")


def test_only_the_store_and_the_frames_ask_the_database_itself():
    folder = Path(inspect.getfile(frames)).parent.parent
    asking = {
        str(module.relative_to(folder))
        for module in folder.rglob("*.py")
        if ".db.execute" in (text := module.read_text()) or ".db[" in text or ".trusted()" in text
    }

    assert {one for one in asking if not one.startswith(("store/", "frames/"))} == set()


# --- what those get who may not see people ----------------------------------------------------


def _everything(store: Store, values: dict[str, Sequence[Any]]) -> Iterator[tuple[str, str]]:
    """What each frame that the role may read says, however it is called."""
    for name, function in FRAMES.items():
        if roles.allowed(function.reads, store.actor.role):
            for call in calls(function, values):
                yield name, _words(_answer(call, store))


def _answer(call: Callable[[Store], Any], store: Store) -> Any:
    try:
        return call(store)
    except (NotFound, Forbidden) as refused:  # another's, or not there on that day
        return str(refused)


def _words(found: Any) -> str:
    if isinstance(found, pd.DataFrame | pd.Series):
        found = found.to_dict()
    return str(found)


@pytest.mark.parametrize("day", [TODAY, PAST, date(2025, 9, 1)])
@pytest.mark.parametrize("role", ["leadership", "partner", "administrator", "public"])
def test_no_frame_names_a_person_or_what_is_written_about_one(as_role, values, role, day):
    store = as_role(role).at(day)

    told = list(_everything(store, values))

    assert len(told) > 0
    assert [name for name, words in told if CANARY.lower() in words.lower()] == []


@pytest.mark.parametrize("role", ["leadership", "partner", "administrator", "public"])
def test_no_table_names_a_person_or_what_is_written_about_one(as_role, role):
    store = as_role(role)
    mine = [table for table, action in roles.TABLES.items() if roles.allowed(action, role)]
    rows = [row for table in mine if table != "activity" for row in store.rows(table)]

    assert len(rows) > 0
    assert CANARY not in json.dumps(rows, ensure_ascii=False)


def test_control_a_consultant_is_told_every_name(as_role, values):
    told = dict.fromkeys(
        name for name, words in _everything(as_role("consultant"), values) if CANARY in words
    )

    assert {"notes", "tasks", "contacts", "signups", "attendees", "history"} <= set(told)
    assert {"actions", "activities", "messages", "applications", "changes"} <= set(told)


def test_leadership_is_told_of_a_late_task_and_not_what_it_is(as_role):
    late = [frames.actions(as_role(role)).query("kind == 'task'") for role in LATE_SEEN_BY]

    assert len(late[0]) == len(late[1]) > 0
    assert set(late[0]["subject"]) == {""}
    assert f"{CANARY} i opgave" in set(late[1]["subject"])


LATE_SEEN_BY = ("leadership", "consultant")


# --- partners ---------------------------------------------------------------------------------


def test_a_partner_gets_its_own_deliveries_and_no_others(as_role, values):
    mine, store = values["provider_id"][0], as_role("partner")
    others = set(frames.deliveries(as_role("office"))["provider_id"]) - {mine}
    theirs = [frames.deliveries, frames.delivery_cohorts, frames.delivery_cells]

    assert [set(read(store)["provider_id"]) - {mine} for read in theirs] == [set()] * 3
    assert len(frames.delivery_sessions(store, mine)) > 0
    for other in (*others, 0, 10**6):
        with pytest.raises(Forbidden):
            frames.delivery_sessions(store, int(other))


def test_a_partner_sees_how_many_came_to_its_own(as_role):
    own = frames.deliveries(as_role("partner")).iloc[0]
    all_ = frames.deliveries(as_role("office")).set_index("provider_id")

    assert own["seats_used"] == all_.loc[own["provider_id"], "seats_used"] > 0
    assert frames.deliveries(as_role("leadership"))["seats_used"].isna().all()


def test_a_partner_of_nobody_gets_nothing(as_role, path):
    with open_store(path, Actor("ingen@test.example", "Ingen", "partner")) as store:
        assert len(frames.deliveries(store)) == 0
        assert len(frames.delivery_cells(store)) == 0
