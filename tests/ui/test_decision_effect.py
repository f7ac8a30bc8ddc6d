"""What a decision is said to do: the same as the store does, for every status and decision."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

import pytest

from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Refused
from advisory.store import Store, decisions, enrolments, place_changes
from advisory.ui.decision_effect import FREE, KEEP, RECORDS, Places, choices, effect

from . import intake_round
from .intake_round import BEGUN, HOMES, Round

DAYS = (date(2025, 3, 13), date(2025, 3, 10), date(2025, 3, 14), date(2025, 3, 9))
LIMITS = {"shared": (20, None), "one": (20, 3), "full here": (20, 2), "full": (4, None)}


@pytest.fixture(scope="module")
def round_file(tmp_path_factory, data_dir) -> tuple[Path, dict[str, int]]:
    """A database with a case in every status, made once, and the cases."""
    path = tmp_path_factory.mktemp("round") / "round.db"
    return path, intake_round.build(path, data_dir)


@pytest.fixture
def round_(round_file, tmp_path, clock) -> Iterator[Round]:
    """A copy of it for one test."""
    with intake_round.copy(round_file, tmp_path / "round.db", clock) as found:
        yield found


class Undo(Exception):
    """Ends a write that should leave nothing."""


@contextmanager
def undone(store: Store) -> Iterator[None]:
    """Do something, look at it, and let nothing of it stay."""
    try:
        with store.write("enrolment.status"):
            yield
            raise Undo
    except Undo:
        pass


def decide(store: Store, case: int, choice: str, day: date, reason: str) -> None:
    if choice == FREE:
        place_changes.free(store, case, reason)
    elif choice != KEEP:
        decisions.decide(store, case, RECORDS[choice], on_date=day, reason=reason)


def decide_and_undo(store: Store, *what: object) -> None:
    with undone(store):
        decide(store, *what)


def really(round_: Round, name: str, choice: str, day: date, reason: str = "Aftalt") -> object:
    """How it stands after the decision, or the key of the refusal."""
    store, case = round_.store, round_.cases[name]
    try:
        with undone(store):
            decide(store, case, choice, day, reason)
            return round_.shown(name)
    except AdvisoryError as refusal:
        return refusal.key


def held_to_the_store(round_: Round, name: str, choice: str, day: date) -> None:
    """What is said of one decision is what the store does: the numbers, the refusal, the reason."""
    said = effect(round_.store, round_.cases[name], choice, day)
    found = said.after or said.refusal.key

    assert (name, choice, day, found) == (name, choice, day, really(round_, name, choice, day))
    if said.after:
        with pytest.raises(Refused, match="reason_needed") if said.needs_reason else nullcontext():
            decide_and_undo(round_.store, round_.cases[name], choice, day, " ")


@pytest.mark.parametrize("name", HOMES)
def test_what_is_shown_is_what_the_store_does(round_, name):
    round_.limit(20, 6)
    now = round_.shown(name)

    for choice in choices(now.status, name == "Herning"):
        assert effect(round_.store, round_.cases[name], choice, DAYS[0]).before == now
        for day in DAYS[:1] if choice in (FREE, KEEP) else DAYS:
            held_to_the_store(round_, name, choice, day)


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize(
    ("name", "choice"),
    [("Rebild", "offer"), ("Samsø", "offer"), ("Hvidovre", "admit"), ("Gribskov", "admit"),
     ("Odder", "accept"), ("Ringsted", "withdraw")],
)  # fmt: skip
def test_it_holds_however_many_places_there_are(round_, name, choice, limits):
    round_.limit(*LIMITS[limits])

    held_to_the_store(round_, name, choice, DAYS[0])


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2025, 1, 1)])
def test_withdrawing_counts_from_its_own_day(round_, day):
    round_.limit(20, 6)

    held_to_the_store(round_, "Jammerbugt", "withdraw", day)
    said = effect(round_.store, round_.cases["Jammerbugt"], "withdraw", day)
    assert said.after.holds == (day == date(2025, 1, 1))


@pytest.mark.parametrize("name", HOMES)
def test_what_is_not_offered_is_refused_by_both(round_, name):
    status = round_.shown(name).status
    others = {*RECORDS, FREE} - {*choices(status, name == "Herning")}
    same = {RECORDS[one] for one in choices(status, False) if one in RECORDS}

    for choice in (one for one in others if RECORDS.get(one) not in same):
        said = effect(round_.store, round_.cases[name], choice, DAYS[0])

        assert (choice, said.after) == (choice, None)
        assert isinstance(really(round_, name, choice, DAYS[0]), str)


def test_control_every_part_of_the_answer_is_changed_by_some_decision(round_):
    round_.limit(20, 6)
    asked = {
        "Rebild": "offer", "Hvidovre": "wait", "Ringsted": "withdraw", "Herning": FREE,
    }  # fmt: skip
    changed = set()
    for name, choice in asked.items():
        before, after = round_.shown(name), really(round_, name, choice, DAYS[0])
        parts = ("status", "holds", "whole", "cohort", "line")
        changed |= {part for part in parts if getattr(before, part) != getattr(after, part)}

    assert changed == {"status", "holds", "whole", "cohort", "line"}


def test_every_status_is_among_the_cases(round_):
    found = {round_.shown(name).status for name in HOMES}

    assert found == {*Status} - {Status.INTERESTED, Status.COMPLETED}


def test_the_numbers_of_an_offer_to_the_first_in_line(round_):
    round_.limit(20, 6)
    said = effect(round_.store, round_.cases["Rebild"], "offer", DAYS[0])

    assert (said.before.whole, said.before.cohort) == (Places(3, 1, 20), Places(1, 1, 6))
    assert (said.after.whole, said.after.cohort) == (Places(3, 2, 20), Places(1, 2, 6))
    assert (said.after.whole.free, said.after.cohort.free) == (15, 3)
    assert (said.before.line, said.after.line) == (
        (round_.cases["Rebild"], round_.cases["Samsø"]),
        (round_.cases["Samsø"],),
    )
    assert (said.answer_by, said.needs_reason) == (date(2025, 3, 27), False)


def test_who_is_passed_and_who_is_late_is_told(round_):
    round_.limit(20, 3)
    rebild, samsoe = round_.cases["Rebild"], round_.cases["Samsø"]
    found = {
        name: effect(round_.store, round_.cases[name], choice, DAYS[0])
        for name, choice in (("Samsø", "offer"), ("Hvidovre", "admit"), ("Gribskov", "admit"))
    }

    assert {name: (said.late, said.passed) for name, said in found.items()} == {
        "Samsø": (False, (rebild,)),
        "Hvidovre": (False, (rebild, samsoe)),
        "Gribskov": (True, (rebild, samsoe)),
    }


def test_a_place_left_for_everybody_ahead_passes_nobody(round_):
    round_.limit(20, 6)

    assert effect(round_.store, round_.cases["Samsø"], "offer", DAYS[0]).passed == ()


def test_looking_writes_nothing(round_):
    before = round_.store.version()
    for name in HOMES:
        for choice in (*RECORDS, FREE, KEEP):
            effect(round_.store, round_.cases[name], choice, DAYS[0])

    assert (round_.store.version(), round_.store.db.conn.in_transaction) == (before, False)


def test_an_offer_that_is_answered_too_late_lapses_at_once(round_):
    round_.limit(20, 6)
    early, over = date(2025, 3, 11), date(2025, 3, 12)
    case = round_.cases["Rebild"]
    said = effect(round_.store, case, "offer", early, over)

    with undone(round_.store):
        decisions.decide(
            round_.store, case, Status.OFFERED, on_date=early, answer_by=over, reason="Aftalt"
        )
        shown = round_.shown("Rebild")
    assert (said.after, said.after.status) == (shown, Status.LAPSED)


def test_nobody_gets_a_place_once_the_programme_has_begun(round_):
    begun = round_.store.find("cohort", code=BEGUN)["id"]
    case = enrolments.create(round_.store, begun, 671, received_on=date(2024, 9, 5))
    round_.cases["Struer"] = case

    held_to_the_store(round_, "Struer", "admit", date(2024, 12, 31))
    held_to_the_store(round_, "Struer", "admit", date(2025, 1, 1))
    assert effect(round_.store, case, "admit", DAYS[0]).refusal.key == "cohort_started"


@pytest.mark.parametrize(
    ("last", "key"),
    [
        (date(2025, 3, 12), "answer_before_offer"),
        (date(2025, 3, 13), None),
        (date(2025, 7, 31), None),
        (date(2025, 8, 1), "answer_after_start"),
    ],
)
def test_a_last_day_to_answer_is_refused_by_both(round_, last, key):
    round_.limit(20, 6)
    case, told = round_.cases["Rebild"], {"on_date": DAYS[0], "answer_by": last}
    said = effect(round_.store, case, "offer", DAYS[0], last)

    assert (said.refusal and said.refusal.key, said.answer_by) == (key, last)
    with pytest.raises(Refused, match=key) if key else nullcontext(), undone(round_.store):
        decisions.decide(round_.store, case, Status.OFFERED, **told)
