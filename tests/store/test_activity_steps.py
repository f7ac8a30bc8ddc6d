"""A database from before the programme's activities is brought along: rows, ids, history, past."""

from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlite_utils import Database

from advisory import frames
from advisory.domain.errors import Refused
from advisory.store import connection, demo, open_store, plan, schema, steps
from advisory.store.connection import IntegrityError, tables
from advisory.store.history import HEAD, differences

BEFORE = datetime(2025, 3, 10, 9, tzinfo=UTC)
MILESTONE = {
    "enrolment_id": 1,
    "position": 1,
    "phase": "establish",
    "name": "Startmøde",
    "kind": "step",
    "anchor": "start",
    "offset": 0,
    "unit": "months",
}
NEW_COLUMNS = {
    "milestone": {"anchor_activity_id": None},
    "note": {"minutes": None},
    "app_user": {"organisation_id": None, "subject": None, "password_at": None},
    "activity": {
        **dict.fromkeys(("provider_id", "consultant_id", "first_starts_at", "held_at")),
        **{"agreed": "", "next_step": "", "next_step_by": None, "materials": ""},
    },
    # of the next steps
    "enrolment": {
        **dict.fromkeys(("received_at", "reviewed_on", "priority", "contact_id")),
        **{"motivation": "", "attachments": "", "commitment": 0, "priority_reason": ""},
    },
    "enrolment_status": {"answer_by": None, "recorded_at": None},
}
SEALS = ("before_salt", "after_salt", "before_hash", "after_hash", "link")  # of the fifth step
NEW_TABLES = {
    *("activity_enrolment", "headcount", "audience_target", "partner_order"),
    *("delivery_sheet", "delivery_reply", "delivery_cell", "calendar_feed"),
}
LATER_TABLES = {"place_change", "column_mapping", "decision_letter"}  # of the next step
INDEXES = {
    "milestone_enrolment": "milestone (enrolment_id)",
    "activity_enrolment_enrolment": "activity_enrolment (enrolment_id)",
    "headcount_enrolment": "headcount (enrolment_id)",
    "delivery_cell_activity": "delivery_cell (activity_id)",
}


@pytest.fixture
def second_step():
    """Only the first two steps are known for as long as `with second_step():` lasts."""

    @contextmanager
    def earlier():
        known = list(schema.migrations._migrations)
        try:
            del schema.migrations._migrations[2:]
            yield
        finally:
            schema.migrations._migrations[:] = known

    return earlier


def write_everything(store) -> dict[str, str]:
    """Records of every table that changes, some changed and deleted; operations by name."""
    said = {}

    def write(name: str, table: str, *rows: dict) -> list[int]:
        with store.write("facts.load"):
            ids = [store.insert(table, row) for row in rows]
        said[name] = store.last_operation
        return ids

    source = {"source": "x"}
    initiative = {"code": "x", "name": "X", "capacity": 20, "months": 18, **source}
    write("initiative", "initiative", {**initiative, "period_from": "2023", "period_to": "2026"})
    cohort = {"initiative_id": 1, "code": "2025-01", "starts_on": "2025-01-01", "months": 18}
    write("cohort", "cohort", cohort | source)
    place = {"name": "Faxe", "official_name": "Faxe Kommune", "slug": "faxe", "short": "FAX"}
    place |= {"part": "x", "nuts3": "x", "kind": "x", "tile_row": 1, "tile_col": 1, "aliases": ""}
    write("municipality", "municipality", {"id": 320, **place, **source})
    user = {"login": "ane@x.example", "name": "Ane", "initials": "A", "role": "office"}
    write("user", "app_user", user, user | {"login": "bo@x.example"})
    write("enrolment", "enrolment", {"cohort_id": 1, "municipality_id": 320, "consultant_id": 1})
    write("milestones", "milestone", MILESTONE, MILESTONE, MILESTONE)
    follows = {"anchor": "milestone", "anchor_id": 1, "offset": 14, "unit": "days"}
    write("follower", "milestone", MILESTONE | follows)
    pinned = {"override_on": "2025-02-03", "pinned": 1, "override_reason": "Ferie"}
    aside = {"not_applicable": 1, "na_reason": "Holdes ikke"}
    write("last", "milestone", MILESTONE | pinned, MILESTONE | aside, MILESTONE)
    with store.write("milestone.done"):
        store.update("milestone", 2, {"done_on": "2025-01-07"})
    said["done"] = store.last_operation
    with store.write("milestone.move"):
        store.delete("milestone", 3)
        store.delete("milestone", 7)  # the last: its number is not to be given again
    said["deleted"] = store.last_operation
    note = {"enrolment_id": 1, "kind": "phone", "noted_on": "2025-03-01", "text": "Ringede"}
    write("note", "note", note | {"author_id": 1}, note)
    meeting = {"kind": "info_meeting", "title": "Møde", "uid": "a@x.example", "cohort_id": 1}
    meeting |= {"starts_at": "2025-03-20T09:00:00.000000+00:00", "source": "x"}
    meeting |= {"ends_at": "2025-03-20T10:00:00.000000+00:00"}
    write("activity", "activity", meeting, meeting | {"uid": "b@x.example"})
    with store.write("activity.edit"):
        store.update("activity", 1, {"title": "Informationsmøde"})
        store.delete("activity", 2)
    said["renamed"] = store.last_operation
    return said


@pytest.fixture
def old(tmp_path, second_step, open_former):
    """A closed database of the second step with the operations that made it."""
    path = tmp_path / "old.db"
    with second_step(), open_former(path, clock=lambda: BEFORE) as store:
        said = write_everything(store)
    return path, said


@pytest.fixture
def store(old, clock):
    """The same database, opened by the product of today three days later."""
    with open_store(old[0], demo.SYSTEM, clock=clock) as opened:
        yield opened


def raw(path) -> dict[str, list[dict]]:
    """Every table, the history without its seals."""
    with closing(connection.connect(path, read_only=True)) as db:
        found = {name: list(db[name].rows) for name in [*tables(db), "history", "sqlite_sequence"]}
    for row in found["history"]:
        for name in SEALS:
            row.pop(name, None)
    return found


def test_every_row_is_kept_and_says_nothing_about_what_is_new(old):
    path, _ = old
    before = raw(path)
    assert [row["id"] for row in before["milestone"]] == [1, 2, 4, 5, 6]
    assert "anchor_activity_id" not in before["milestone"][0]

    schema.migrate(path)
    after = raw(path)

    assert set(after) - set(before) == NEW_TABLES | LATER_TABLES
    for name in set(before) - {"sqlite_sequence"}:
        new = NEW_COLUMNS.get(name, {})
        assert after[name] == [row | new for row in before[name]], name
    assert {name for name in NEW_TABLES if after[name]} == set()


def test_no_number_is_given_twice(old):
    path, _ = old
    before = {row["name"]: row["seq"] for row in raw(path)["sqlite_sequence"]}
    assert (before["milestone"], before["activity"]) == (7, 2)

    schema.migrate(path)

    after = {row["name"]: row["seq"] for row in raw(path)["sqlite_sequence"]}
    assert after == before
    with open_store(path, demo.SYSTEM) as store, store.write("milestone.add"):
        assert store.insert("milestone", MILESTONE) == 8


def test_a_plan_that_was_emptied_begins_after_the_last_number_too(
    tmp_path, second_step, open_former
):
    path = tmp_path / "old.db"
    with second_step(), open_former(path, clock=lambda: BEFORE) as store:
        write_everything(store)
        with store.write("milestone.move"):
            for number in (4, 6, 5, 2, 1):
                store.delete("milestone", number)

    with open_store(path, demo.SYSTEM) as store, store.write("milestone.add"):
        assert store.rows("milestone") == []
        assert store.insert("milestone", MILESTONE) == 8


def test_a_database_without_any_milestone_begins_with_the_first(tmp_path, second_step):
    path = tmp_path / "old.db"
    with second_step(), open_store(path, demo.SYSTEM):
        pass

    with open_store(path, demo.SYSTEM) as store:
        assert schema.is_current(store.db)
        write_everything(store)
        assert [row["id"] for row in store.rows("milestone")] == [1, 2, 4, 5, 6]


def test_the_indexes_are_there_and_used_and_nothing_is_left_over(store):
    rows = store.db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index'").fetchall()
    found = {name: sql for name, sql in rows if name in INDEXES}
    query = "EXPLAIN QUERY PLAN SELECT * FROM milestone WHERE enrolment_id = 1"

    assert found == {name: f"CREATE INDEX {name} ON {on}" for name, on in INDEXES.items()}
    assert "milestone_enrolment" in store.db.execute(query).fetchone()[3]
    assert not [name for name in store.db.table_names() if name.endswith("_new")]


def test_the_tables_are_as_those_of_a_new_database(store, tmp_path):
    with open_store(tmp_path / "new.db", demo.SYSTEM) as new:
        query = "SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
        wanted, found = (one.db.execute(query).fetchall() for one in (new, store))

    assert found == wanted
    assert steps.altered(store.db) == []
    assert store.db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert store.db.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_control_another_definition_would_be_noticed(store):
    store.db.execute("DROP INDEX headcount_enrolment")
    store.db.execute("CREATE INDEX headcount_enrolment ON headcount (audience)")

    assert steps.altered(store.db) == ["headcount_enrolment"]


def test_the_history_from_before_gives_the_tables_of_now(store):
    assert differences(store.db, store.path, HEAD) == []
    plan.mark_done(store, 1, date(2025, 3, 3))
    assert differences(store.db, store.path, HEAD) == []


def test_control_a_row_the_history_does_not_know_would_be_noticed(store):
    store.db.execute("UPDATE milestone SET name = 'x' WHERE id = 1")
    store.db.conn.commit()

    assert differences(store.db, store.path, HEAD) == ["milestone"]


def test_a_day_from_before_is_shown_as_it_was(store, old):
    past = store.at(date(2025, 3, 10))

    for name in ("milestone", "note", "app_user", "activity"):
        assert past.rows(name) == store.rows(name), name
    assert [past.rows(name) for name in sorted(NEW_TABLES)] == [[]] * len(NEW_TABLES)
    assert frames.milestones(past)["milestone_id"].tolist() == [1, 2, 4, 5, 6]
    assert frames.activities(past)["title"].tolist() == ["Informationsmøde"]
    assert store.at(date(2025, 3, 9)).rows("milestone") == []


@pytest.mark.parametrize(
    ("name", "table", "ids"),
    [
        ("done", "milestone", [1, 2, 4, 5, 6]),
        ("deleted", "milestone", [1, 2, 3, 4, 5, 6, 7]),
        ("follower", "milestone", [1, 2, 5, 6]),
        ("note", "note", []),
        ("renamed", "activity", [1, 2]),
    ],
)
def test_what_was_done_before_is_still_taken_back(store, old, name, table, ids):
    store.revert(old[1][name])

    rows = store.rows(table)
    assert [row["id"] for row in rows] == ids
    new = NEW_COLUMNS[table]
    assert [{key: row[key] for key in new} for row in rows] == [new] * len(ids)
    assert differences(store.db, store.path, HEAD) == []
    store.revert(store.last_operation)
    assert differences(store.db, store.path, HEAD) == []


def test_what_was_done_before_and_has_been_built_on_since_is_not_taken_back(store, old):
    plan.mark_done(store, 5, date(2025, 3, 3))

    with pytest.raises(Refused, match="revert_too_late"):
        store.revert(old[1]["last"])


MOVED = {"anchor": "activity", "anchor_activity_id": 1}


@pytest.mark.parametrize(
    ("row", "broken"),
    [
        (MOVED, None),
        ({"anchor": "activity"}, "CHECK"),
        ({"anchor": "milestone"}, "CHECK"),
        ({"anchor": "moon"}, "CHECK"),
        ({"unit": "weeks"}, "CHECK"),
        ({"pinned": 1}, "CHECK"),
        ({"pinned": 1, "override_on": "2025-02-03"}, None),
        ({"anchor": "milestone", "anchor_id": 1}, None),
        ({"anchor": "milestone", "anchor_id": 3}, "FOREIGN KEY"),
        ({**MOVED, "anchor_activity_id": 2}, "FOREIGN KEY"),
        ({"enrolment_id": 2}, "FOREIGN KEY"),
        ({"template_id": 1}, "FOREIGN KEY"),
        ({"name": None}, "NOT NULL"),
    ],
)
def test_the_conditions_of_a_milestone_hold_as_before_and_know_activities(store, row, broken):
    def insert() -> int:
        with store.write("milestone.add"):
            return store.insert("milestone", MILESTONE | row)

    if broken is None:
        assert insert() == 8
    else:
        with pytest.raises(IntegrityError, match=broken):
            insert()


@pytest.mark.parametrize(
    ("table", "row", "broken"),
    [
        ("headcount", {"planned": -1}, "CHECK"),
        ("headcount", {"attended": -1}, "CHECK"),
        ("headcount", {"enrolment_id": 9}, "FOREIGN KEY"),
        ("headcount", {"activity_id": 9}, "FOREIGN KEY"),
        ("headcount", {"planned": 0, "attended": None}, None),
        ("activity_enrolment", {"milestone_id": 3}, "FOREIGN KEY"),
        ("activity_enrolment", {"milestone_id": 1}, None),
    ],
)
def test_the_conditions_of_the_new_tables_hold(store, table, row, broken):
    usual = {"activity_id": 1, "enrolment_id": 1}
    usual |= {"audience": "staff"} if table == "headcount" else {}

    def insert() -> int:
        with store.write("headcount.edit"):
            return store.insert(table, usual | row)

    if broken is None:
        insert()
        with pytest.raises(IntegrityError, match="UNIQUE"):
            insert()
    else:
        with pytest.raises(IntegrityError, match=broken):
            insert()


def test_what_others_point_to_is_not_deleted(store):
    with store.write("milestone.add"):
        store.insert("milestone", MILESTONE | MOVED)

    for table, row_id in (("activity", 1), ("milestone", 1), ("enrolment", 1)):
        with pytest.raises(IntegrityError, match="FOREIGN KEY"), store.write("milestone.add"):
            store.delete(table, row_id)


def test_a_step_that_breaks_off_half_way_leaves_the_database_of_the_second_step(old, monkeypatch):
    path, _ = old
    before = raw(path)
    monkeypatch.setattr(steps, "ACTIVITY_TABLES", steps.ACTIVITY_TABLES + "SELECT nothing;\n")

    with pytest.raises(connection.DatabaseError):
        schema.migrate(path)

    assert raw(path) == before
    monkeypatch.undo()
    for kept in path.parent.glob("*.backup"):  # another of the same second has the same name
        kept.unlink()
    schema.migrate(path)
    assert steps.altered(Database(path)) == []


def test_a_backup_of_the_second_step_is_taken_first(old):
    path, _ = old
    before = raw(path)

    kept = schema.migrate(path)

    assert raw(kept) == before
    assert schema.migrate(path) is None


def test_a_read_only_database_of_the_second_step_is_refused(old):
    with pytest.raises(Refused, match="schema_old"):
        open_store(old[0], read_only=True)


def test_the_step_is_quick_also_with_many_rows(tmp_path, second_step, open_former):
    path = tmp_path / "old.db"
    with second_step(), open_former(path, clock=lambda: BEFORE) as store:
        write_everything(store)
        with store.write("milestone.add"):
            for number in range(2000):
                store.insert("milestone", MILESTONE | {"offset": number % 18})

    began = datetime.now(UTC)
    schema.migrate(path)

    assert datetime.now(UTC) - began < timedelta(seconds=10)
    with open_store(path, demo.SYSTEM) as store:
        assert len(store.rows("milestone")) == 2005
        assert differences(store.db, store.path, HEAD) == []
