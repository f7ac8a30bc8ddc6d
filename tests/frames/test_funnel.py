"""From a meeting to a place: every municipality in the right step, and none twice."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.store import attendance, decisions, enrolments, meetings, signups

from .conftest import address, seen

ROUND = "2025-01"  # its last day to apply is 1 October 2024
JUNE = datetime(2024, 6, 13, 12, 30, tzinfo=UTC)
LATER = datetime(2024, 6, 18, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock(clock):
    clock.on(date(2024, 5, 1))
    return clock


@pytest.fixture
def apply(facts, clock):
    """`apply("Struer", day)` is an application that is written down that day; gives the case."""

    def apply_for(name: str, day: date, cohort: str = ROUND) -> int:
        home, own = facts.find("municipality", name=name), facts.find("cohort", code=cohort)
        clock.on(day)
        return enrolments.create(facts, own["id"], home["id"], received_on=day)

    return apply_for


@pytest.fixture
def admit(facts, clock):
    """`admit(case, day)` gives a case its place that day."""

    def admit_on(case: int, day: date) -> int:
        clock.on(day)
        decisions.decide(facts, case, "admitted", on_date=day, reason="Aftalt")
        return case

    return admit_on


@pytest.fixture
def played(facts, clock, make_meeting, sign_up, take_in, apply, admit):
    """A round in which each municipality went its own way; seen from 13 March 2025."""
    admit(apply("Odense", date(2024, 1, 10), "2024-02"), date(2024, 1, 20))
    clock.on(date(2024, 5, 1))
    meeting = make_meeting(JUNE, ROUND)
    for name, home in (
        ("Ane Holm", "Struer"),
        ("Bo Krogh", "Struer"),
        ("Ida Toft", "Faxe"),
        ("Per Lund", "Samsø"),
        ("Eva Lind", "Odense"),
        ("Kaj Bak", "Læsø"),
        ("Liv Dam", "et sted i Jylland"),
    ):
        sign_up(meeting, name, home)
    signups.withdraw(facts, facts.find("signup", email_key=address("Kaj Bak"))["id"])
    clock.now = JUNE + timedelta(hours=1)
    came = [seen(name) for name in ("Ane Holm", "Ida Toft", "Eva Lind", "Liv Dam")]
    take_in(meeting, *came, seen("Ulla Skov", email=None))
    (stranger,) = facts.rows("attendee", "decision = 'open'")
    attendance.walk_in(facts, stranger["id"], name="Ulla Skov", municipality="Morsø")
    in_time, _, late = (
        apply(name, day)
        for name, day in (
            ("Struer", date(2024, 6, 20)),
            ("Vejle", date(2024, 9, 30)),
            ("Ærø", date(2024, 10, 2)),
        )
    )
    admit(in_time, date(2024, 11, 20))
    admit(late, date(2024, 11, 21))
    clock.on(date(2025, 3, 13))
    return facts


def table(frame: pd.DataFrame, *columns: str) -> list[list]:
    """The rows with Python's own values, None for what is missing and days as ISO text."""
    found = frame[list(columns)].astype(object)
    plain = found.where(frame[list(columns)].notna(), None).to_numpy().tolist()
    return [
        [str(cell)[:10] if isinstance(cell, pd.Timestamp | datetime) else cell for cell in row]
        for row in plain
    ]


def way(store, name: str, cohort: str = ROUND) -> dict:
    found = frames.funnel(store, cohort)
    (row,) = found[found["municipality"] == name].to_dict("records")
    return row


def test_each_step_counts_municipalities_and_who_skipped_the_meetings(played):
    found = frames.funnel_steps(played, ROUND)

    assert table(found, "step", "municipalities", "of_previous", "of", "share", "without") == [
        ["invited", 97, None, None, None, 0],  # all but Odense, which has a place
        ["signed_up", 4, 3, 97, 3 / 97, 1],  # Struer, Faxe, Samsø; Odense, not invited
        ["present", 4, 3, 4, 3 / 4, 1],  # Struer, Faxe, Odense; Morsø, not signed up
        ["applied", 3, 1, 4, 1 / 4, 2],  # Struer; Ærø and Vejle without a meeting
        ["in_time", 2, 1, 1, 1.0, 1],  # Ærø was a day late
        ["admitted", 2, 1, 1, 1.0, 1],
    ]


def test_the_way_of_each_municipality(played):
    found = frames.funnel(played, ROUND)

    moved = found[(found["signups"] > 0) | (found["present"] > 0) | found["applied_on"].notna()]
    assert table(
        moved, "municipality", "invited", "signups", "present", "applied_on", "in_time",
        "admitted_on", "days_to_apply", "days_to_admit", "without_meeting",
    ) == [
        ["Faxe", True, 1, 1, None, None, None, None, None, False],
        ["Morsø", True, 0, 1, None, None, None, None, None, False],
        ["Odense", False, 1, 1, None, None, None, None, None, False],
        ["Samsø", True, 1, 0, None, None, None, None, None, False],
        ["Struer", True, 2, 1, "2024-06-20", True, "2024-11-20", 7, 153, False],
        ["Vejle", True, 0, 0, "2024-09-30", True, None, None, None, True],
        ["Ærø", True, 0, 0, "2024-10-02", False, "2024-11-21", None, 50, True],
    ]  # fmt: skip
    assert len(found) == 98
    assert found["municipality"].tolist() == frames.municipalities(played)["municipality"].tolist()


def test_nobody_is_guessed_and_their_number_is_told(played):
    found = frames.funnel_unmatched(played, ROUND)
    assert table(found, "step", "people") == [["signed_up", 1], ["present", 1]]

    signup = played.find("signup", email_key=address("Liv Dam"))
    signups.set_municipality(played, signup["id"], played.find("municipality", name="Vejle")["id"])

    assert table(frames.funnel_unmatched(played, ROUND), "people") == [[0], [0]]
    assert not way(played, "Vejle")["without_meeting"]
    assert frames.funnel_steps(played, ROUND)["without"].tolist() == [0, 1, 1, 1, 0, 1]


def test_an_earlier_date_knows_nothing_of_what_came_later(played):
    past = played.at(date(2024, 10, 1))

    assert frames.funnel_steps(past, ROUND)["municipalities"].tolist() == [97, 4, 4, 2, 2, 0]


def test_a_status_dated_after_the_day_shown_does_not_hold_yet(facts, clock, apply):
    """What was recorded that day for a later one; the verbs refuse it, other hands may not."""
    case = apply("Struer", date(2024, 6, 20))
    with facts.write("enrolment.status"):
        facts.insert(
            "enrolment_status",
            {"enrolment_id": case, "status": "admitted", "on_date": "2024-06-22", "actor": "x"},
        )

    assert pd.isna(way(facts, "Struer")["admitted_on"])
    clock.on(date(2024, 6, 22))
    assert way(facts, "Struer")["admitted_on"].date() == date(2024, 6, 22)


def test_one_address_at_two_meetings_is_one_person(facts, clock, make_meeting, sign_up, take_in):
    both = [make_meeting(at, ROUND) for at in (JUNE, LATER)]
    for meeting in both:
        sign_up(meeting, "Ane Holm", "Struer")
    sign_up(both[1], "Bo Krogh", "Struer")
    clock.now = LATER + timedelta(hours=1)
    for meeting in both:
        take_in(meeting, seen("Ane Holm"))

    row = way(facts, "Struer")

    assert (row["signups"], row["present"]) == (2, 1)
    assert (row["present_on"].date(), row["last_meeting"].date()) == (JUNE.date(), LATER.date())


def test_the_day_of_a_sign_up_is_the_day_in_copenhagen(facts, clock, make_meeting, sign_up):
    meeting = make_meeting(JUNE, ROUND)
    clock.now = datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    sign_up(meeting, "Ane Holm", "Struer")

    assert way(facts, "Struer")["signed_up_on"].date() == date(2024, 5, 2)


def test_who_applied_before_the_meeting_has_negative_days(
    facts, clock, make_meeting, sign_up, take_in, apply
):
    meeting = make_meeting(JUNE, ROUND)
    sign_up(meeting, "Ane Holm", "Struer")
    apply("Struer", date(2024, 6, 3))
    clock.now = JUNE + timedelta(hours=1)
    before = way(facts, "Struer")["days_to_apply"]

    take_in(meeting, seen("Ane Holm"))

    assert (before, way(facts, "Struer")["days_to_apply"]) == (33, -10)  # from sign-up, meeting


def test_a_municipality_is_invited_unless_it_has_a_place_when_the_round_begins(
    facts, clock, make_meeting, apply, admit
):
    other = "2025-08"
    admit(apply("Struer", date(2024, 1, 10), "2024-02"), date(2024, 1, 20))
    case = admit(apply("Faxe", date(2024, 5, 10)), date(2024, 5, 20))
    assert frames.funnel(facts, other)["invited"].all()  # there is no meeting yet

    first = make_meeting(JUNE, other)
    invited = [way(facts, name, other)["invited"] for name in ("Struer", "Faxe", "Ærø")]
    decisions.decide(facts, case, "withdrawn", on_date=date(2024, 5, 20), reason="x")
    again = way(facts, "Faxe", other)["invited"]

    assert (invited, again) == ([False, False, True], True)
    meetings.cancel(facts, first, "Aflyst")
    assert frames.funnel(facts, other)["invited"].all()


def test_signing_up_for_a_meeting_that_was_cancelled_is_signing_up(facts, make_meeting, sign_up):
    meeting = make_meeting(JUNE, ROUND)
    sign_up(meeting, "Ane Holm", "Struer")
    meetings.cancel(facts, meeting, "Aflyst")

    assert way(facts, "Struer")["signups"] == 1


def test_a_meeting_that_recruits_for_another_cohort_or_for_none_is_not_of_the_round(
    facts, make_meeting, sign_up
):
    for cohort in ("2025-08", None):
        sign_up(make_meeting(JUNE, cohort), "Ane Holm", "Struer")

    assert way(facts, "Struer")["signups"] == 0
    assert way(facts, "Struer", "2025-08")["signups"] == 1


def test_in_time_is_unknown_where_no_deadline_is_published(facts, clock, make_meeting, apply):
    make_meeting(JUNE, "2025-08")
    apply("Struer", date(2024, 6, 20), "2025-08")

    steps = frames.funnel_steps(facts, "2025-08").set_index("step")

    assert pd.isna(way(facts, "Struer", "2025-08")["in_time"])
    assert steps.loc["in_time"].drop("cohort").isna().all()
    assert steps.loc["applied", "municipalities"] == 1


def test_a_round_without_meetings_has_no_numbers_for_them(facts, clock, apply):
    apply("Struer", date(2024, 1, 10), "2024-02")

    found = frames.funnel_steps(facts, "2024-02")

    assert table(found, "step", "municipalities", "without") == [
        ["invited", None, None],
        ["signed_up", None, None],
        ["present", None, None],
        ["applied", 1, 1],
        ["in_time", None, None],
        ["admitted", 0, 0],
    ]


@pytest.mark.parametrize(
    "read", [frames.funnel, frames.funnel_steps, frames.funnel_unmatched, frames.not_applied]
)
def test_a_cohort_nobody_has_heard_of_gives_no_rows(facts, read):
    assert read(facts, "1999-01").empty


@pytest.mark.parametrize("cohort", ["2024-02", "2025-01", "2025-08"])
def test_the_steps_are_the_rows_counted(demo_store, cohort):
    steps = frames.funnel_steps(demo_store, cohort).set_index("step")
    found = frames.funnel(demo_store, cohort)

    known = steps.drop("invited").dropna(subset=["municipalities"])
    assert (known["of_previous"] + known["without"]).tolist() == known["municipalities"].tolist()
    assert steps.loc["applied", "municipalities"] == found["applied_on"].notna().sum()
    assert steps.loc["applied", "without"] == found["without_meeting"].sum()
    if not pd.isna(steps.loc["present", "municipalities"]):
        waiting = frames.not_applied(demo_store, cohort)
        cases = frames.enrolments(demo_store).query("cohort == @cohort")
        met = found["present_on"].notna() & found["invited"]
        met &= ~found["municipality_id"].isin(cases["municipality_id"])
        assert len(waiting) == (met & found["applied_on"].isna()).sum()


# --- an application that has moved to another cohort ----------------------------------------------


@pytest.fixture
def met(facts, clock, make_meeting, sign_up, take_in):
    """Struer was at a meeting of each of two rounds."""
    both = [make_meeting(JUNE, cohort) for cohort in (ROUND, "2025-08")]
    for meeting in both:
        sign_up(meeting, "Ane Holm", "Struer")
    clock.now = JUNE + timedelta(hours=1)
    for meeting in both:
        take_in(meeting, seen("Ane Holm"))
    return facts


def of_rounds(store) -> dict[str, list]:
    """By round: the days of the two statuses, the steps after the meeting, and who is missing."""
    found = {}
    for code in (ROUND, "2025-08", "2024-02"):
        steps = frames.funnel_steps(store, code).set_index("step")["municipalities"]
        days = table(
            frames.funnel(store, code).query("slug == 'struer'"), "applied_on", "admitted_on"
        )
        missing = frames.not_applied(store, code)["municipality"].tolist()
        found[code] = [*days, [steps["applied"], steps["admitted"]], missing]
    return found


NOTHING = [[None, None], [0, 0]]


def test_an_application_stays_in_the_round_it_was_first_made_to(met, clock, apply, admit):
    case = apply("Struer", date(2024, 6, 20))
    before = of_rounds(met)
    august = met.find("cohort", code="2025-08")["id"]
    decisions.move_cohort(met, case, august, "Ingen plads før august")
    moved = of_rounds(met)
    admit(case, date(2024, 11, 20))

    own = ["2024-06-20", None]
    assert before == {
        ROUND: [own, [1, 0], []],
        "2025-08": [*NOTHING, ["Struer"]],
        "2024-02": [*NOTHING, []],
    }
    assert moved == {  # Struer is no more one that has not applied where it now is
        ROUND: [own, [1, 0], []],
        "2025-08": [*NOTHING, []],
        "2024-02": [*NOTHING, []],
    }
    assert of_rounds(met)[ROUND] == [["2024-06-20", "2024-11-20"], [1, 1], []]
    assert way(met, "Struer")["in_time"]


def test_an_application_that_has_moved_twice_and_back_is_counted_once(met, clock, apply):
    case = apply("Struer", date(2024, 6, 20))
    for code in ("2025-08", ROUND, "2025-08"):
        decisions.move_cohort(met, case, met.find("cohort", code=code)["id"], "Aftalt")

    assert of_rounds(met) == {
        ROUND: [["2024-06-20", None], [1, 0], []],
        "2025-08": [*NOTHING, []],
        "2024-02": [*NOTHING, []],
    }


# --- was there, has not applied -----------------------------------------------------------------


def test_who_was_there_and_has_not_applied_most_people_first(
    facts, clock, make_meeting, sign_up, take_in, played
):
    second = make_meeting(datetime(2025, 3, 20, 9, tzinfo=UTC), ROUND)
    for name, home in (("Tea Bro", "Samsø"), ("Kim Bro", "Samsø"), ("Nis Bro", "Aabenraa")):
        sign_up(second, name, home)
    clock.on(date(2025, 3, 20), 12)
    take_in(second, *(seen(name) for name in ("Tea Bro", "Kim Bro", "Nis Bro")))
    person = facts.find("person", email=address("Kim Bro"))
    with facts.write("person.edit"):
        facts.update("person", person["id"], {"no_mail": 1})

    found = frames.not_applied(facts, ROUND)

    assert table(found, "municipality", "people", "no_mail", "last_meeting", "days_left") == [
        ["Samsø", 2, 1, "2025-03-20", -170],
        ["Aabenraa", 1, 0, "2025-03-20", -170],
        ["Faxe", 1, 0, "2024-06-13", -170],
        ["Morsø", 1, 0, "2024-06-13", -170],
    ]  # Struer has applied, Odense has a place


@pytest.mark.parametrize(
    ("day", "left"), [(date(2024, 9, 1), 30), (date(2024, 10, 1), 0), (date(2024, 10, 2), -1)]
)
def test_the_days_left_count_to_the_last_day_to_apply(played, day, left):
    assert set(frames.not_applied(played.at(day), ROUND)["days_left"]) == {left}


def test_the_days_left_are_unknown_where_no_deadline_is_published(
    facts, clock, make_meeting, sign_up, take_in
):
    meeting = make_meeting(JUNE, "2025-08")
    sign_up(meeting, "Ane Holm", "Struer")
    clock.now = JUNE + timedelta(hours=1)
    take_in(meeting, seen("Ane Holm"))

    found = frames.not_applied(facts, "2025-08")

    assert table(found, "municipality", "days_left") == [["Struer", None]]
