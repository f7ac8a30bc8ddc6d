"""Applications, the queue, the rounds and the ledger, read beside what was decided."""

from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.frames.intake import next_in_line
from advisory.store import decisions, enrolments, journal, place_changes, places, signups, users
from advisory.store.enrolments import Applicant

DAY = date(2025, 3, 13)
ONE = timedelta(days=1)


@pytest.fixture
def coming(facts) -> int:
    """The cohort that has not begun, with six places of its own."""
    cohort_id = facts.find("cohort", code="2025-08")["id"]
    place_changes.set_places(facts, cohort_id, 6, "Fordelt")
    return cohort_id


@pytest.fixture
def apply(facts, coming):
    """`apply("Struer", date, ...)`: the id of an application to the coming cohort."""

    def made(name: str, received_on: date, *way: Status, **content) -> int:
        home = facts.find("municipality", name=name)["id"]
        case = enrolments.create(facts, coming, home, received_on=received_on, **content)
        for status in way:
            decisions.decide(facts, case, status, on_date=DAY, reason="Aftalt")
        return case

    return made


def plain(value):
    if isinstance(value, tuple):
        return value
    return None if pd.isna(value) else value


def row(found: pd.DataFrame, **key) -> dict:
    (name, value), *_ = key.items()
    [only] = found[found[name] == value].to_dict("records")
    return {column: plain(cell) for column, cell in only.items()}


def test_an_application_tells_what_came_in_and_where_it_stands(facts, apply):
    jonas = users.add(facts, "jonas@styrelsen.example", "Jonas Bruun", "JB", "consultant")
    case = apply(
        "Struer",
        date(2025, 2, 3),
        received_time=time(14, 30),
        contact=Applicant("Ane Holm", "Leder", "ane@struer.example", "12345678"),
        motivation="Vi vil have peers i bostøtten.",
        attachments="https://struer.example/a https://struer.example/b",
        prior_experience="some",
        consultant_id=jonas,
    )
    journal.add_task(facts, case, "Ryk for tilsagn", due_on=date(2025, 3, 20))

    found = row(frames.applications(facts, "2025-08"), enrolment_id=case)

    assert found == {
        "enrolment_id": case,
        "municipality_id": 671,
        "municipality": "Struer",
        "short": "Str",
        "slug": "struer",
        "region": "Midtjylland",
        "cohort_id": 3,
        "cohort": "2025-08",
        "starts_on": pd.Timestamp("2025-08-01"),
        "received_on": pd.Timestamp("2025-02-03"),
        "received_at": pd.Timestamp("2025-02-03T13:30", tz="UTC"),
        "late": False,
        "moved_from": "",
        "prior_experience": "some",
        "goal": "",
        "motivation": "Vi vil have peers i bostøtten.",
        "attachments": ("https://struer.example/a", "https://struer.example/b"),
        "commitment": False,
        "contact_id": 1,
        "contact": "Ane Holm",
        "contact_role": "Leder",
        "contact_email": "ane@struer.example",
        "contact_phone": "12345678",
        "lacking": ("goal", "commitment"),
        "complete": False,
        "reviewed_on": None,
        "status": "applied",
        "stage": "new",
        "since": pd.Timestamp("2025-02-03"),
        "queue": None,
        "priority": None,
        "priority_reason": "",
        "answer_by": None,
        "answer_days": None,
        "holds_place": False,
        "can_free": False,
        "last_meeting": None,
        "next_task": "Ryk for tilsagn",
        "next_on": pd.Timestamp("2025-03-20"),
        "consultant": "Jonas Bruun",
        "initials": "JB",
        "reason": "",
        "decided_by": facts.actor.name,
        "seen": facts.version(),
        "version": facts.get("enrolment", case)["version"],
    }


def test_the_last_meeting_is_one_of_any_round_that_somebody_from_there_was_at(
    facts, apply, make_meeting, sign_up, clock
):
    case = apply("Struer", date(2025, 2, 3))
    days = (datetime(2025, 3, 20, 13, 30, tzinfo=UTC), datetime(2025, 3, 24, 13, 30, tzinfo=UTC))
    for start, cohort, there in zip(days, ("2025-01", "2025-08"), (True, False)):
        signup = sign_up(make_meeting(start, cohort), "Ane Holm", "Struer")
        clock.now = start + timedelta(hours=2)
        signups.set_present(facts, signup, there)

    found = row(frames.applications(facts), enrolment_id=case)

    assert found["last_meeting"] == pd.Timestamp("2025-03-20")


def test_stages_follow_what_is_decided_and_what_is_lacking(facts, apply):
    complete = {
        "contact": Applicant("Ane Holm"),
        "motivation": "Fordi",
        "goal": "Peers",
        "prior_experience": "none",
        "commitment": True,
    }
    made = {
        "new": apply("Struer", date(2025, 2, 1)),
        "lacking": apply("Faxe", date(2025, 2, 2)),
        "assessed": apply("Greve", date(2025, 2, 3), **complete),
        "waitlisted": apply("Lemvig", date(2025, 2, 4), Status.WAITLISTED),
        "offered": apply("Køge", date(2025, 2, 5), Status.WAITLISTED, Status.OFFERED),
        "admitted": apply("Ærø", date(2025, 2, 6), Status.ADMITTED),
        "declined": apply("Odder", date(2025, 2, 7), Status.DECLINED),
        "withdrawn": apply("Solrød", date(2025, 2, 8), Status.WITHDRAWN),
    }
    for name in ("lacking", "assessed"):
        enrolments.review(facts, made[name])

    found = frames.applications(facts)

    assert dict(zip(found["stage"], found["enrolment_id"])) == made
    assert row(found, stage="offered")["answer_days"] == 14


def test_an_offer_nobody_answered_has_lapsed_on_the_day_after(facts, apply):
    case = apply("Struer", date(2025, 2, 1), Status.WAITLISTED, Status.OFFERED)
    answer_by = date(2025, 3, 27)

    told = {
        day: [
            row(frames.applications(facts.at(day)), enrolment_id=case)[name]
            for name in ("stage", "since", "holds_place")
        ]
        for day in (answer_by, answer_by + ONE)
    }

    assert told == {
        answer_by: ["offered", pd.Timestamp(DAY), True],
        answer_by + ONE: ["lapsed", pd.Timestamp("2025-03-28"), False],
    }
    assert frames.ledger(facts.at(answer_by + ONE))["cause"].tolist() == [
        *("places", "offered", "lapsed"),
    ]


def test_the_queue_is_told_in_its_order_and_who_is_next(facts, apply, coming):
    later = apply("Struer", date(2025, 2, 2), Status.WAITLISTED)
    first, second = (apply(name, date(2025, 2, 1), Status.WAITLISTED) for name in ("Faxe", "Køge"))
    enrolments.prioritise(facts, second, 1, "Har ventet før")
    place_changes.set_places(facts, coming, 2, "Fordelt")

    found = frames.waiting(facts, "2025-08")

    assert found[["enrolment_id", "queue"]].values.tolist() == [[second, 1], [first, 2], [later, 3]]
    assert next_in_line(facts) == [second, first]
    assert frames.actions(facts)[["kind", "enrolment_id"]].values.tolist() == [
        ["place", first],
        ["place", second],
    ]


def test_nobody_is_in_line_for_a_cohort_that_has_begun(facts, apply, clock):
    apply("Struer", date(2025, 2, 2), Status.WAITLISTED)
    waiting = len(next_in_line(facts))
    clock.tick(days=(date(2025, 8, 1) - DAY).days)

    assert (waiting, next_in_line(facts)) == (1, [])


def test_a_round_is_open_until_the_end_of_its_day_and_undated_without_one(facts, clock):
    cohort = facts.find("cohort", code="2025-08")
    told = {}
    for days in (-164, -163, -162):
        day = DAY + timedelta(days=days)
        clock.now = datetime(day.year, day.month, day.day, 21, 59, tzinfo=UTC)
        told[day] = [
            tuple(map(plain, one))
            for one in frames.rounds(facts)[["state", "days_left"]].values.tolist()
        ]

    assert cohort["apply_by"] is None
    assert told == {
        date(2024, 9, 30): [("closed", None), ("open", 1), ("undated", None)],
        date(2024, 10, 1): [("closed", None), ("open", 0), ("undated", None)],
        date(2024, 10, 2): [("closed", None), ("closed", -1), ("undated", None)],
    }


def test_a_round_adds_up(facts, apply, coming):
    apply("Struer", date(2025, 2, 1), Status.ADMITTED)
    apply("Faxe", date(2025, 2, 2), Status.WAITLISTED, Status.OFFERED)
    apply("Greve", date(2025, 2, 3), Status.WAITLISTED)
    left = apply("Lemvig", date(2025, 2, 4), Status.ADMITTED)
    apply("Odder", date(2025, 2, 5))
    decisions.decide(facts, left, Status.WITHDRAWN, on_date=DAY, reason="Ny organisering")

    found = row(frames.rounds(facts), cohort="2025-08")

    assert found == {
        "cohort_id": coming,
        "cohort": "2025-08",
        "starts_on": pd.Timestamp("2025-08-01"),
        "ends_on": pd.Timestamp("2027-01-31"),
        "apply_by": None,
        "days_left": None,
        "state": "undated",
        "source": facts.get("cohort", coming)["source"],
        "places": 6,
        "taken": 1,
        "offered": 1,
        "free": 4,
        "applications": 5,
        "late": 0,
        "moved_in": 0,
        "undecided": 1,
        "waiting": 1,
        "answer_by": pd.Timestamp("2025-03-27"),
        "freed_on": pd.Timestamp(DAY),
        "freed_by": "Lemvig",
    }


def test_the_ledger_names_who_did_what_and_adds_up(facts, apply, coming, as_role):
    case = apply("Struer", date(2025, 2, 1), Status.WAITLISTED)
    office = as_role("office")
    decisions.decide(office, case, Status.OFFERED, on_date=DAY, reason="Nr. 1")
    place_changes.set_capacity(office, 1, 21, "En mere")

    found = frames.ledger(facts)

    names = ["on", "cause", "municipality", "cohort", "before", "after", "taken", "offered", "free"]
    names += ["free_after", "capacity_after", "reason", "actor"]
    said = [[plain(cell) for cell in one] for one in found[names].values.tolist()]
    day, who = pd.Timestamp(DAY), office.actor.name
    assert said == [
        [day, "places", "", "2025-08", None, 6, 0, 0, 0, 20, 20, "Fordelt", facts.actor.name],
        [day, "offered", "Struer", "2025-08", None, None, 0, 1, -1, 19, 20, "Nr. 1", who],
        [day, "capacity", "", "", 20, 21, 0, 0, 1, 20, 21, "En mere", who],
    ]


def test_of_what_is_done_at_one_instant_the_first_comes_first(facts, apply, coming):
    """A place more and the municipality that gets it are one decision, with one time."""
    wanted = apply("Struer", date(2025, 2, 1))
    with facts.write("enrolment.status"):
        place_changes.set_capacity(facts, 1, 6, "Færre")
        place_changes.set_capacity(facts, 1, 7, "En mere")
        decisions.decide(facts, wanted, Status.ADMITTED, on_date=DAY)

    found = frames.ledger(facts)

    assert found[["cause", "free_after"]].values.tolist() == [
        ["places", 20],
        ["capacity", 6],
        ["capacity", 7],
        ["admitted", 6],
    ]


def test_the_ledger_of_the_demo_says_what_is_held_on_every_day(demo_store):
    found = frames.ledger(demo_store)
    known = places.cases(demo_store, 1)

    last = found.groupby("on").tail(1)
    last = last.assign(held=last["taken_after"] + last["offered_after"])
    told = dict(
        zip((day.date() for day in last["on"]), last["taken_after"] + last["offered_after"])
    )

    assert told == {day: capacity.held(known.values(), day) for day in told}
    assert len(told) > 10
    sums = found[["taken_after", "offered_after", "free_after"]].sum(axis=1)
    assert (sums == found["capacity_after"]).all()
    spread = frames.places(demo_store)
    final = found.iloc[-1]
    assert [spread[name] for name in ("taken", "offered", "free")] == [
        final["taken_after"],
        final["offered_after"],
        final["free_after"],
    ]


def test_what_concerns_one_cohort_is_the_rows_that_name_it(demo_store):
    everything = frames.ledger(demo_store)

    for code in ("2024-02", "2025-01", "2025-08"):
        own = everything[(everything["cohort"] == code) | (everything["from_cohort"] == code)]
        pd.testing.assert_frame_equal(frames.ledger(demo_store, code), own.reset_index(drop=True))
