"""A database of yesterday is brought along whole: a verified backup first, all steps or none."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlite_utils import Database

from advisory import frames
from advisory.domain import calendar
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Refused
from advisory.store import backup, chain, connection, decisions, demo, journal, open_store, schema
from advisory.store.history import HEAD, differences

MUNICIPALITY = {
    "id": 751,
    **dict.fromkeys(("name", "official_name", "slug", "short"), "Aarhus"),
    **dict.fromkeys(("part", "nuts3", "kind", "aliases", "source"), "x"),
    **dict.fromkeys(("tile_row", "tile_col"), 1),
}
INITIATIVE = {
    **dict.fromkeys(("code", "name", "source"), "x"),
    **{"capacity": 20, "period_from": "2023-01-01", "period_to": "2026-12-31", "months": 18},
}
COHORT = {"initiative_id": 1, "code": "2025-08", "starts_on": "2025-08-01", "months": 18}
COHORT["source"] = "x"


@pytest.fixture
def step():
    """`with step(function):` adds a step to the schema for as long as the block lasts."""

    @contextmanager
    def registered(*functions):
        before = list(schema.migrations._migrations)
        try:
            for function in functions:
                schema.migrations()(function)
            yield
        finally:
            schema.migrations._migrations[:] = before

    return registered


@pytest.fixture
def path(facts, case, clock):
    """A database with a case in it, some days of history, closed."""
    clock.tick(days=-2)
    journal.add_note(facts, case, "Ringede", kind="phone", noted_on=facts.today())
    clock.tick(days=2)
    facts.close()
    return facts.path


def contents(path) -> dict[str, list]:
    db = connection.connect(path, read_only=True)
    try:
        return {
            name: db.execute(f"SELECT * FROM [{name}]").fetchall() for name in db.table_names()
        } | {"schema": db.execute("SELECT name, sql FROM sqlite_schema ORDER BY 1").fetchall()}
    finally:
        db.close()


def m900_colour(db: Database) -> None:
    db.execute("ALTER TABLE note ADD COLUMN colour TEXT")


def m901_weight(db: Database) -> None:
    db.execute("ALTER TABLE note ADD COLUMN weight INTEGER NOT NULL DEFAULT 3")


def m902_fails(db: Database) -> None:
    db.execute("ALTER TABLE note ADD COLUMN half TEXT")
    db.execute("DELETE FROM task")
    raise ZeroDivisionError


def m903_breaks_a_reference(db: Database) -> None:
    db.execute("UPDATE note SET enrolment_id = 99")


def test_a_new_file_has_nothing_to_back_up(tmp_path):
    assert schema.migrate(tmp_path / "peers.db") is None
    assert schema.migrate(tmp_path / "peers.db") is None
    assert not list(tmp_path.glob("*.backup"))


def test_a_step_takes_a_verified_backup_first_and_keeps_every_row(path, step):
    before = contents(path)

    with step(m900_colour):
        kept = schema.migrate(path)

        assert contents(kept) == before
        assert backup.verify(kept)["note"] == 1
        with open_store(path) as store:
            assert store.rows("note")[0]["colour"] is None
            assert differences(store.db, path, HEAD) == []
        assert schema.migrate(path) is None
    assert len(list(path.parent.glob("*.backup"))) == 1


@pytest.fixture
def first_release(tmp_path, open_former):
    """A database as the first step left it, with a setting in it."""
    steps = schema.migrations._migrations
    later = steps[1:]
    del steps[1:]
    try:
        with open_former(tmp_path / "old.db") as store, store.write("facts.load"):
            store.insert("setting", {"key": "closing_days", "value": "24/12", "source": "vores"})
    finally:
        steps.extend(later)
    return tmp_path / "old.db"


def test_a_database_of_the_first_release_gets_the_meetings_and_keeps_its_rows(first_release):
    with open_store(first_release, demo.SYSTEM) as store:
        assert store.find("setting", key="closing_days")["value"] == "24/12"
        assert [store.rows(name) for name in ("activity", "signup", "message")] == [[], [], []]
        assert chain.verify(store).found == []
    assert len(list(first_release.parent.glob("*.backup"))) == 1


def test_a_step_that_fails_leaves_the_old_file_whole(path, step):
    before = contents(path)

    with step(m902_fails), pytest.raises(ZeroDivisionError):
        schema.migrate(path)

    assert contents(path) == before
    with open_store(path) as store:
        assert len(store.rows("note")) == 1


def test_steps_come_all_or_none(path, step):
    before = contents(path)

    with step(m900_colour, m902_fails), pytest.raises(ZeroDivisionError):
        schema.migrate(path)

    assert contents(path) == before


def test_a_step_that_breaks_a_reference_is_taken_back(path, step):
    before = contents(path)

    with step(m903_breaks_a_reference), pytest.raises(Refused, match="migration_broken"):
        schema.migrate(path)

    assert contents(path) == before


def test_a_read_only_file_of_yesterday_is_refused(path, step):
    with step(m900_colour), pytest.raises(Refused, match="schema_old"):
        open_store(path, read_only=True)


def test_the_days_before_a_new_column_can_still_be_seen(path, clock, step):
    """The history from before knows no such column: its default stands in."""
    with step(m901_weight), open_store(path, clock=clock) as store:
        clock.tick(days=1)
        past = store.at(store.today().replace(day=12))

        assert [row["weight"] for row in past.rows("note")] == [3]
        assert differences(store.db, path, HEAD) == []


@pytest.mark.parametrize("read_only", [False, True])
def test_a_database_of_another_program_is_left_alone(tmp_path, read_only):
    path = tmp_path / "other.db"
    db = Database(path)
    db.table("album").insert({"id": 1, "title": "x"}, pk="id")
    db.close()
    before = path.read_bytes()

    with pytest.raises(AdvisoryError, match="not_our_database"):
        open_store(path, demo.SYSTEM, read_only=read_only)

    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_left_alone(path, step):
    with step(m900_colour):
        schema.migrate(path)

    with pytest.raises(AdvisoryError, match="schema_new"):
        open_store(path)


def test_the_history_holds_whole_records(path):
    """The past is rebuilt from them: every column of the table is in every record."""
    with open_store(path) as store:
        columns = {name: set(store.db.table(name).columns_dict) for name in store.db.table_names()}
        for row in store.rows("history"):
            assert set(json.loads(row["after"])) == columns[row["table_name"]]


@pytest.fixture
def third_release(tmp_path, clock, open_former):
    """A database as it was before applications: a municipality on its way, some days of history."""
    steps = schema.migrations._migrations
    at = next(n for n, one in enumerate(steps) if one.name == "m004_intake")
    later = steps[at:]
    del steps[at:]
    try:
        with open_former(tmp_path / "old.db", clock=clock) as store:
            with store.write("facts.load"):
                store.insert("municipality", MUNICIPALITY)
                store.insert("initiative", INITIATIVE)
                store.insert("cohort", COHORT)
            for day, status in (("2025-03-10", "waitlisted"), ("2025-03-11", "offered")):
                with store.write("enrolment.status"):
                    own = {"cohort_id": 1, "municipality_id": 751}
                    if status == "waitlisted":
                        store.insert("enrolment", own)
                    row = {"enrolment_id": 1, "status": status, "on_date": day, "actor": "Lene"}
                    store.insert("enrolment_status", row)
                clock.tick(days=1)
    finally:
        steps.extend(later)
    return tmp_path / "old.db"


def test_a_database_of_the_third_release_gets_applications_and_keeps_its_offers(
    third_release, clock
):
    first = calendar.local_date(clock.now) - timedelta(days=2)
    with open_store(third_release, demo.SYSTEM, clock=clock) as store:
        assert [row["answer_by"] for row in store.rows("enrolment_status")] == [None, None]
        assert (store.get("enrolment", 1)["motivation"], store.rows("place_change")) == ("", [])
        assert differences(store.db, third_release, HEAD) == []
        assert chain.verify(store).found == []
        assert frames.applications(store)["stage"].tolist() == ["offered"]
        assert frames.applications(store.at(first))["stage"].tolist() == ["waitlisted"]
        assert frames.ledger(store)[["cause", "offered_after"]].values.tolist() == [["offered", 1]]
        clock.tick(days=90)
        assert frames.rounds(store)["offered"].tolist() == [1]  # one without a last day stays open
        decisions.decide(store, 1, Status.ADMITTED, on_date=store.today())
        assert frames.ledger(store)["cause"].tolist() == ["offered", "accepted"]
