"""Nobody changes the history unseen: a thousand random tamperings, and what is no tampering."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from advisory.domain.errors import NotFound, Refused
from advisory.store import (
    Store,
    backup,
    chain,
    demo,
    erasure,
    heads,
    journal,
    meetings,
    open_store,
    sealing,
    signups,
)
from advisory.store.chain import Finding
from advisory.store.heads import Head
from advisory.store.steps import APPEND_ONLY, let_history_change

ROUNDS = 1000
EDITS_OF_TABLES = 40
TEXTS = ("at", "actor", "role", "action", "operation", "table_name")
SIDES = ("before", "after")
COLUMNS = (
    *("id", *TEXTS, "row_id", *SIDES, "before_salt", "after_salt", "before_hash", "after_hash"),
    "link",
)
GUARDS = ("history_no_update", "history_no_delete")


def kinds(found: list[Finding]) -> list[str]:
    return [one.kind for one in found]


def rows_of(store: Store) -> int:
    return store.db.execute("SELECT count(*) FROM history").fetchone()[0]


def ours(store: Store) -> list[int]:
    """The two meetings with people, the first of which is erased."""
    return [row["id"] for row in store.rows("activity", "title LIKE 'Møde _'")]


def never(store: Store) -> None:
    """A decision that is taken back with what it has written."""
    with store.write("task.add"):
        store.insert("task", {"title": "Aldrig"})
        raise ZeroDivisionError


def use(store: Store, clock) -> None:
    """A bit of everything that writes history: people, undo, refusals, together, erasing."""
    clock.now = datetime(2025, 3, 1, 9, tzinfo=UTC)
    starts_at = datetime(2025, 3, 13, 8, tzinfo=UTC)
    for number in range(2):
        meeting = meetings.create(
            store, "info_meeting", f"Møde {number}", starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45),
        )  # fmt: skip
        for name in ("Kanariefugl", "Piphans"):
            signups.sign_up(
                store, meeting, name=name, email=f"{name}@odense.example", municipality="Odense",
                workplace="Fuglevej 3", question="Hvad med æøå?",
            )  # fmt: skip
    task = journal.add_task(store, None, "Ring")
    with store.write("task.edit"):
        store.update("task", task, {"title": "Ring igen"})
        changed = store.operation
    store.revert(changed)
    with store.together():
        for number in range(3):
            journal.add_task(store, None, f"Sammen {number}")
    clock.now = datetime(2025, 6, 14, 9, tzinfo=UTC)
    assert erasure.erase(store, ours(store)[0]) == 2
    for number in range(5):
        journal.add_task(store, None, f"Efter {number}")
        clock.tick(minutes=1)


@pytest.fixture
def told(facts, clock) -> Store:
    """A history of some four hundred rows, with an erasure in it."""
    use(facts, clock)
    return facts


# --- what is no tampering -----------------------------------------------------------------------


def test_what_the_product_writes_is_found_whole(told):
    found = chain.verify(told)

    assert (found.found, found.heads) == ([], 0)
    assert found.head == Head(rows_of(told), found.head.link, told.now())


def test_an_empty_history_is_whole(store):
    assert chain.verify(store).found == []
    assert heads.head(store) == Head(0, sealing.FIRST, store.now())


def test_the_invented_data_are_whole(demo_store):
    assert chain.verify(demo_store).found == []


def test_what_was_taken_back_leaves_no_gap(told):
    """A number that a refused decision was given is given again to the next."""
    before = rows_of(told)
    with pytest.raises(ZeroDivisionError):
        never(told)
    with told.together():
        journal.add_task(told, None, "Før")
        with pytest.raises(ZeroDivisionError):
            never(told)
        journal.add_task(told, None, "Efter")
    with told.write("task.add"), pytest.raises(Exception, match="constraint"):
        told.insert("task", {"title": None})

    ids = [row[0] for row in told.db.execute("SELECT id FROM history ORDER BY id").fetchall()]
    assert ids == list(range(1, before + 3))
    assert chain.verify(told).found == []


def test_four_processes_that_write_at_once_leave_one_chain(store, start_writers):
    writers = start_writers("tasks", store.path, 4, "50")
    writers.start()
    writers.finish()

    assert rows_of(store) == 200
    assert chain.verify(store).found == []


def test_it_can_be_followed_while_others_write(store, start_writers):
    writers = start_writers("tasks", store.path, 2, "100")
    writers.start()
    found = []
    while writers.process.poll() is None:
        found += chain.verify(store).found
    writers.finish()

    assert found == []


def test_erasing_keeps_the_chain_and_can_be_done_again(told, clock):
    clock.tick(hours=1)
    erasure.erase(told, ours(told)[0])  # nobody is left, but it is not refused
    erasure.erase(told, ours(told)[1])

    assert chain.verify(told).found == []
    salts = told.db.execute(
        "SELECT count(*) FROM history WHERE before_salt LIKE '-%' OR after_salt LIKE '-%'"
    ).fetchone()
    assert salts[0] > 10


def test_an_erasure_is_told_in_the_history(told):
    (row,) = told.rows("history", "table_name = 'history'")

    assert (row["action"], row["row_id"], row["before"]) == ("person.erase", 0, None)
    covered = json.loads(row["after"])["erased"]
    for row_id, side, text in covered:
        assert sealing.plain(told.get("history", row_id)[side]) == text
    assert len(covered) == told.db.execute(
        "SELECT sum(before_salt LIKE '-%') + sum(after_salt LIKE '-%') FROM history"
    ).fetchone()[0]  # fmt: skip


def test_everything_that_erasing_blanks_was_told_apart():
    blanked = {table: set(values) for table, values in erasure.BLANK.items()}

    assert {table: set(sealing.PERSONAL[table]) for table in blanked} == blanked


# --- tampering ----------------------------------------------------------------------------------


class Tamperer:
    """Somebody who writes to the file past the product; each hand says what it did."""

    def __init__(self, store: Store, draw: random.Random):
        self.db, self.draw, self.last = store.db, draw, rows_of(store)

    def any_row(self) -> int:
        return self.draw.randint(1, self.last)

    def edit(self) -> str:
        """One column of one row, by a letter, or to what another row has there."""
        row_id, column = self.any_row(), self.draw.choice(COLUMNS[1:])
        (old,) = self.db.execute(
            f"SELECT [{column}] FROM history WHERE id = ?", [row_id]
        ).fetchone()
        others = f"SELECT DISTINCT [{column}] FROM history WHERE [{column}] IS NOT ?"
        values = [value for (value,) in self.db.execute(others, [old]).fetchall()]
        if isinstance(old, int):
            values.append(old + 1)
        elif old:
            values += 3 * [self._with_another_letter(old)]
        must = column in (*TEXTS, "row_id")
        new = self.draw.choice([one for one in values if one is not None or not must])
        self.db.execute(f"UPDATE history SET [{column}] = ? WHERE id = ?", [new, row_id])
        return f"{column} of {row_id}: {old!r} -> {new!r}"

    def _with_another_letter(self, text: str) -> str:
        place = self.draw.randrange(len(text))
        letters = [one for one in (text[place].swapcase(), "x", " ") if one != text[place]]
        return text[:place] + self.draw.choice(letters) + text[place + 1 :]

    def delete(self) -> str:
        """One row or some, not the last."""
        first = self.draw.randint(1, self.last - 4)
        last = min(first + self.draw.choice([0, 0, 3, 40]), self.last - 1)
        self.db.execute("DELETE FROM history WHERE id BETWEEN ? AND ?", [first, last])
        return f"{first} to {last}"

    def insert(self) -> str:
        """A copy of a row, seals and all or none, at the end, before the first, or in between."""
        at = self.draw.choice([0, -7, self.last + 1, self.last + 3, self.any_row()])
        if 0 < at <= self.last:
            self._move(at, self.last, 1)
        seals = self.draw.choice([", ".join(COLUMNS[1:]), ", ".join(COLUMNS[1:10])])
        source = self.draw.choice([one for one in (self.any_row(),) if one != at] or [at + 1])
        self.db.execute(
            f"INSERT INTO history (id, {seals}) SELECT ?, {seals} FROM history WHERE id = ?",
            [at, source],
        )
        return f"{source} at {at}"

    def reorder(self) -> str:
        """Two rows change places, or one goes elsewhere and those between move up."""
        first, second = sorted(self.draw.sample(range(1, self.last + 1), 2))
        self.db.execute("UPDATE history SET id = -1 WHERE id = ?", [first])
        if self.draw.random() < 0.5:
            self._move(first + 1, second, -1)
        else:
            self.db.execute("UPDATE history SET id = ? WHERE id = ?", [first, second])
        self.db.execute("UPDATE history SET id = ? WHERE id = -1", [second])
        return f"{first} and {second}"

    def cut(self) -> str:
        """The last rows, by somebody who forgets that the engine counts."""
        number = self.draw.choice([1, 2, 30])
        self.db.execute("DELETE FROM history WHERE id > ?", [self.last - number])
        return f"the last {number}"

    def forge(self) -> str:
        """Another record in a row, called erased, with an erasure put to the end by the rules."""
        rows = "SELECT id, after, after_salt FROM history WHERE after_salt LIKE '% %'"
        row_id, text, salt = self.draw.choice(self.db.execute(rows).fetchall())
        names = salt.split(" ")[1:]
        record = json.loads(text) | dict.fromkeys(names)
        record[self.draw.choice([one for one in record if one not in names])] = 4711
        if self.draw.random() < 0.3:
            record = json.loads(text) | dict.fromkeys(names) | {names[0]: "Hr. Jensen"}
        new = sealing.encode(record)
        gone = sealing.erased_salt(salt, text)
        self.db.execute(
            "UPDATE history SET after = ?, after_salt = ? WHERE id = ?", [new, gone, row_id]
        )
        change = ("2025-06-15", "x", "office", "person.erase", "0", "history", 0)
        covered = [[row_id, "after", sealing.plain(new)]]
        sealing.append(self.db, change, None, {"erased": covered})
        return f"{row_id}, {record}"

    def remake(self) -> str:
        """Another actor in a row, and every link from there on made anew: by the rules."""
        first = self.any_row()
        self.db.execute("UPDATE history SET actor = 'x' WHERE id = ?", [first])
        known = self.db.execute("SELECT link FROM history WHERE id = ?", [first - 1]).fetchone()
        link = known[0] if known else sealing.FIRST
        columns = f"id, {sealing.CHANGE}, before_hash, after_hash"
        later = f"SELECT {columns} FROM history WHERE id >= ? ORDER BY id"
        for *row, before, after in self.db.execute(later, [first]).fetchall():
            link = sealing.link(link, tuple(row), before, after)
            self.db.execute("UPDATE history SET link = ? WHERE id = ?", [link, row[0]])
        return f"from {first}"

    def cut_by_the_rules(self) -> str:
        """The last rows, and the counter set back."""
        number = self.draw.choice([1, 2, 5])
        self.db.execute("DELETE FROM history WHERE id > ?", [self.last - number])
        self.db.execute(
            "UPDATE sqlite_sequence SET seq = ? WHERE name = 'history'", [self.last - number]
        )
        return f"the last {number}"

    def _move(self, first: int, last: int, by: int) -> None:
        away = "UPDATE history SET id = -1000 - id WHERE id BETWEEN ? AND ?"
        self.db.execute(away, [first, last])
        self.db.execute("UPDATE history SET id = ? - 1000 - id WHERE id < -1000", [by])


NAIVE = ("edit", "delete", "insert", "reorder", "cut", "forge")
INFORMED = ("remake", "cut_by_the_rules")


def tried(
    store: Store, draw: random.Random, hands: tuple[str, ...], rounds: int, known: list[Head]
) -> Iterator[tuple[str, str, list[Finding]]]:
    """Each hand in turn on the same file: its name, what it did, and what is found."""
    for number in range(rounds):
        hand = hands[number % len(hands)]
        store.db.execute("BEGIN IMMEDIATE")
        try:
            done = getattr(Tamperer(store, draw), hand)()
            yield hand, done, chain.follow(store, known)
        finally:
            store.db.rollback()


@pytest.fixture
def unguarded(told) -> Store:
    """The same history with nothing in the way, so that a tampering is a change of rows."""
    for guard in GUARDS:
        told.db.execute(f"DROP TRIGGER {guard}")
    told.db.execute("DROP INDEX history_case")  # it would refuse what is no JSON
    told.db.conn.commit()
    return told


def test_a_thousand_tamperings_are_all_found(unguarded, draw):
    known = [heads.head(unguarded)]
    outcomes = [
        *tried(unguarded, draw, NAIVE, ROUNDS - 100, []),
        *tried(unguarded, draw, INFORMED, 100, known),
    ]

    assert [(hand, done) for hand, done, found in outcomes if not found] == []
    assert len(outcomes) == ROUNDS
    assert chain.follow(unguarded, known) == []
    print(Counter((hand, kind) for hand, _, found in outcomes for kind in {*kinds(found)}))


def test_control_without_the_links_some_would_not_be_found(unguarded, draw):
    outcomes = list(tried(unguarded, draw, ("edit", "insert", "reorder"), 150, []))

    missed = Counter(hand for hand, _, found in outcomes if {*kinds(found)} == {"unlinked"})
    assert set(missed) == {"edit", "insert", "reorder"}


def test_control_without_a_head_who_knows_the_rules_is_not_found(unguarded, draw):
    outcomes = list(tried(unguarded, draw, INFORMED, 10, []))

    assert [found for _, _, found in outcomes] == [[]] * 10


def test_every_letter_of_a_salt_counts(unguarded):
    """Also those that read as the same number."""
    query = "SELECT id, after_salt FROM history WHERE after_salt LIKE '% %' ORDER BY id"
    for erased in (False, True):
        rows = unguarded.db.execute(query).fetchall()
        row_id, salt = next(row for row in rows if row[1].startswith("-") is erased)
        key, *names = salt.split(" ")
        others = [key.upper(), f"{key}\t", f" {key}", key + "-"]
        salts = [" ".join([one, *names]) for one in others]
        salts += [f"{salt} ", f"{salt} {names[0]}", " ".join([key, *reversed(names)])]
        for other in {*salts} - {salt}:
            unguarded.db.execute("BEGIN")
            unguarded.db.execute("UPDATE history SET after_salt = ? WHERE id = ?", [other, row_id])
            assert kinds(chain.follow(unguarded)) == ["edited"], (salt, other)
            unguarded.db.rollback()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE history SET actor = 'x' WHERE id = 7", [("unlinked", "7")]),
        ("UPDATE history SET after = 'x' WHERE id IN (7, 8)", [("edited", "7–8")]),
        ("UPDATE history SET link = NULL WHERE id = 7", [("unsealed", "7"), ("unlinked", "8")]),
        ("DELETE FROM history WHERE id = 7", [("missing", "7"), ("unlinked", "8")]),
        ("DELETE FROM history WHERE id > {last} - 2", [("cut", "{last-1}–{last}")]),
        ("DELETE FROM sqlite_sequence WHERE name = 'history'", [("counter", "{last}")]),
        ("DELETE FROM history", [("cut", "1–{last}")]),
    ],
)
def test_what_is_found_says_where(unguarded, statement, expected):
    last = rows_of(unguarded)
    unguarded.db.execute(statement.replace("{last}", str(last)))

    said = [(one.kind, one.values["rows"]) for one in chain.follow(unguarded)]

    places = {"{last}": str(last), "{last-1}": str(last - 1)}
    for kind, place in expected:
        for name, number in places.items():
            place = place.replace(name, number)
        assert (kind, place) == said.pop(0)
    assert said == []


def test_rows_that_were_cut_off_stay_missed_when_the_work_goes_on(unguarded):
    last = rows_of(unguarded)
    unguarded.db.execute("DELETE FROM history WHERE id > ?", [last - 3])
    unguarded.db.conn.commit()

    journal.add_task(unguarded, None, "Videre")

    found = chain.follow(unguarded)
    assert [(one.kind, one.values["rows"]) for one in found] == [("missing", f"{last - 2}–{last}")]


def test_an_erased_name_cannot_come_back(told, clock):
    """Not even with its salt, from a backup of before."""
    before = "SELECT after, after_salt, id FROM history WHERE table_name = 'person'"
    remembered = told.db.execute(before).fetchall()
    clock.tick(minutes=1)
    erasure.erase(told, ours(told)[1])
    told.db.execute("BEGIN")
    with let_history_change(told.db):
        told.db.conn.executemany(
            "UPDATE history SET after = ?, after_salt = ? WHERE id = ?", remembered
        )
    told.db.execute("COMMIT")

    assert kinds(chain.verify(told).found) == ["edited", "edited"]


def test_a_record_changed_past_the_product_is_found_in_every_table(told, draw):
    """Told apart from the chain, which is whole."""
    names = [name for name in ("task", "person", "signup", "municipality", "activity", "setting")]
    for number in range(EDITS_OF_TABLES):
        name = names[number % len(names)]
        (row_id,) = draw.choice(told.db.execute(f"SELECT id FROM [{name}]").fetchall())
        change = f"UPDATE [{name}] SET version = version {{}} 1 WHERE id = ?"
        told.db.execute(change.format("+"), [row_id])
        told.db.conn.commit()
        assert chain.verify(told).found == [Finding("table", {"name": name})]
        told.db.execute(change.format("-"), [row_id])
        told.db.conn.commit()
    assert chain.verify(told).found == []


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_that_is_gone_or_does_nothing_is_found(told, guard):
    verb = guard.rpartition("_")[2].upper()
    told.db.execute(f"DROP TRIGGER {guard}")
    told.db.conn.commit()
    gone = chain.verify(told).found
    told.db.execute(APPEND_ONLY[verb].replace("RAISE(ABORT, 'history is append-only')", "1"))
    told.db.conn.commit()

    assert gone == chain.verify(told).found == [Finding("schema", {"name": guard})]


def test_text_that_is_no_text_is_a_finding_and_no_error(unguarded):
    unguarded.db.execute("UPDATE history SET actor = CAST(x'ff' AS TEXT) WHERE id = 9")
    unguarded.db.conn.commit()

    assert kinds(chain.verify(unguarded).found) == ["unreadable", *3 * ["schema"]]


# --- witnesses ----------------------------------------------------------------------------------


def test_heads_stand_in_a_file_beside_the_database(told, clock):
    first = heads.keep_head(told)
    again = heads.keep_head(told)
    clock.tick(minutes=1)
    journal.add_task(told, None, "Videre")
    not_today = heads.keep_head(told, once_a_day=True)
    clock.tick(days=1)
    second = heads.keep_head(told, once_a_day=True)

    assert (again, not_today) == (None, None)
    assert heads.of(told.path) == ([first, second], [])
    assert [first.id, second.id] == [rows_of(told) - 1, rows_of(told)]
    lines = heads.beside(told.path).read_text().splitlines()
    assert lines[0] == f"2025-06-14T09:05:00+00:00 {first.id} {first.link}"
    assert chain.verify(told).heads == 2
    assert chain.verify(told).found == []


def test_a_head_from_before_finds_who_made_the_chain_anew(unguarded):
    kept = heads.keep_head(unguarded)
    Tamperer(unguarded, random.Random(1)).remake()
    unguarded.db.conn.commit()

    found = [one for one in chain.verify(unguarded).found if one.kind != "schema"]

    assert found == [Finding("head_other", {"rows": str(kept.id), "at": kept.at})]


def test_a_head_finds_rows_that_are_gone(unguarded):
    kept = Head(rows_of(unguarded), heads.head(unguarded).link)
    Tamperer(unguarded, random.Random(1)).cut_by_the_rules()

    assert chain.follow(unguarded) == []
    assert chain.follow(unguarded, [kept]) == [
        Finding("head_gone", {"rows": str(kept.id), "at": None})
    ]


def test_lines_that_are_no_heads_are_told(told):
    kept = heads.keep_head(told)
    with heads.beside(told.path).open("a") as file:
        file.write(f"# a remark\n\nhello\n2025-06-14 {kept.id}\n2025-06-14 {kept.id} {'g' * 64}\n")

    path = str(heads.beside(told.path))
    assert chain.verify(told).found == [
        Finding("heads_unreadable", {"path": path, "rows": "4, 5, 6"})
    ]


def test_a_head_is_read_as_it_is_written():
    link = "0123456789abcdef" * 4
    one = Head(12, link, datetime(2025, 3, 13, 9, tzinfo=UTC))

    assert heads.parse(str(one)) == one
    assert heads.parse(f"12:{link}") == heads.parse(f"- 12 {link}") == Head(12, link)
    for wrong in ("", "12", f"12:{link[1:]}", f"x:{link}", f"-1:{link}", f"x 12 {link}", "1 2 3"):
        assert heads.parse(wrong) is None


def test_a_file_that_cannot_be_read_or_written_is_refused(told, tmp_path):
    heads.beside(told.path).symlink_to(tmp_path / "nothing" / "peers.heads")

    with pytest.raises(Refused, match="heads_unwritable"):
        heads.keep_head(told)
    with pytest.raises(NotFound, match="heads_missing"):
        heads.read(tmp_path / "nothing.heads")


def test_restoring_an_older_copy_keeps_the_heads_that_no_longer_fit_aside(told, clock, tmp_path):
    first = heads.keep_head(told)
    copy = backup.copy_to(told.db, tmp_path / "copy.backup")
    journal.add_task(told, None, "Efter kopien")
    clock.tick(minutes=1)
    second = heads.keep_head(told)
    told.close()

    backup.restore(copy, told.path)

    aside = Path(f"{told.path}.before-restore{heads.END}")
    with open_store(told.path, demo.SYSTEM, clock=clock) as store:
        assert heads.of(store.path) == ([first], [])
        assert heads.read(aside) == ([first, second], [])
        assert aside.name in heads.beside(store.path).read_text().splitlines()[0]
        assert chain.verify(store).found == []
        assert kinds(chain.verify(store, [second]).found) == ["head_gone"]
        journal.add_task(store, None, "Noget andet")
        assert kinds(chain.verify(store, [second]).found) == ["head_other"]


# --- histories that came without seals ------------------------------------------------------------


def test_a_history_from_before_is_sealed_whole(facts):
    """As a migration does; the seals are its own, and what it says is untouched."""
    journal.add_task(facts, None, "Ring")
    said = f"SELECT id, {sealing.CHANGE}, before, after FROM history"
    before = facts.db.execute(said).fetchall()
    facts.db.execute("BEGIN")
    with let_history_change(facts.db):
        facts.db.execute(f"UPDATE history SET {', '.join(f'{one} = NULL' for one in COLUMNS[10:])}")
        unsealed = kinds(chain.follow(facts))
        sealing.seal_rest(facts.db)
    facts.db.execute("COMMIT")
    journal.add_task(facts, None, "Videre")

    assert unsealed == ["unsealed"]
    assert facts.db.execute(said).fetchall()[:-1] == before
    assert chain.verify(facts).found == []


def test_a_text_that_was_written_otherwise_is_sealed_as_it_is(facts):
    """No step has done so; one that wrote history itself would, with other blanks."""
    row = ("2025-03-13T09:00:00.000000+00:00", "x", "system", "x", "0", "person", 1)
    facts.db.execute("BEGIN")
    facts.db.execute(
        f"INSERT INTO history ({sealing.CHANGE}, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [*row, '{"id":1,"name":"K"}'],
    )
    with let_history_change(facts.db):
        sealing.seal_rest(facts.db)

    assert chain.follow(facts) == []
    (salt,) = facts.db.execute("SELECT after_salt FROM history ORDER BY id DESC").fetchone()
    assert len(salt) == 2 * sealing.SALT_BYTES
    facts.db.rollback()
