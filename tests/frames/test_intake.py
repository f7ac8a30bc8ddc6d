"""Applications, the queue, the rounds and the ledger, read beside what was decided."""

from contextlib import nullcontext
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest

from advisory import frames
from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.frames.intake import next_in_line
from advisory.store import (
    decisions,
    demo,
    enrolments,
    journal,
    open_store,
    place_changes,
    places,
    signups,
    users,
)
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


def told_of_places(store) -> dict[str, tuple]:
    """The day on which each coming cohort last got a place, whose it was, and what is free."""
    found = frames.rounds(store).query("starts_on > '2025-03-13'")
    return {
        one.cohort: (plain(one.freed_on), one.freed_by, one.free)
        for one in found.itertuples(index=False)
    }


@pytest.fixture
def next_year(facts) -> int:
    """A cohort after the coming one, without a number of its own."""
    with facts.write("facts.load"):
        return facts.insert(
            "cohort",
            {"initiative_id": 1, "code": "2026-06", "starts_on": "2026-06-01", "months": 18}
            | {"source": "opdigtet"},
        )


def test_a_place_is_freed_by_a_case_that_moves_away(facts, apply, coming, next_year, clock):
    case = apply("Struer", date(2025, 2, 1), Status.ADMITTED)
    clock.on(date(2025, 3, 14))
    decisions.move_cohort(facts, case, next_year, "Starter senere")
    moved = told_of_places(facts)
    place_changes.set_places(facts, coming, None, "Deles")
    shared = told_of_places(facts)
    place_changes.set_places(facts, coming, 5, "Fordelt")
    clock.on(date(2025, 3, 15))
    place_changes.set_places(facts, coming, 6, "En mere")

    day = pd.Timestamp(DAY) + ONE
    assert moved == {"2025-08": (day, "Struer", 6), "2026-06": (None, "", 19)}
    # what the cohorts share has not grown by the move
    assert shared == {"2025-08": (None, "", 19), "2026-06": (None, "", 19)}
    assert told_of_places(facts) == {
        "2025-08": (day + ONE, "", 6),
        "2026-06": (None, "", 19),
    }


def test_a_case_that_only_waited_frees_no_place_when_it_moves(facts, apply, next_year):
    case = apply("Struer", date(2025, 2, 1), Status.WAITLISTED)
    decisions.move_cohort(facts, case, next_year, "Starter senere")

    assert told_of_places(facts) == {"2025-08": (None, "", 6), "2026-06": (None, "", 20)}


def test_what_a_round_can_give_is_what_the_store_lets_it_give(facts, apply, coming, next_year):
    """Within its own number and within all places, at every number of either."""
    for name in ("Struer", "Faxe", "Greve"):
        apply(name, date(2025, 2, 1), Status.ADMITTED)
    for number, capacity_ in ((6, 20), (3, 20), (6, 7), (None, 7), (None, 3), (4, 4)):
        place_changes.set_places(facts, coming, None, "x")
        place_changes.set_capacity(facts, 1, capacity_, "x")
        place_changes.set_places(facts, coming, number, "x")
        known = places.cases(facts, 1)
        found = frames.rounds(facts)
        assert dict(zip(found["cohort_id"], found["free"])) == {
            row["id"]: places.free(facts, row, known, DAY, DAY) for row in facts.rows("cohort")
        }


def test_a_case_that_has_come_back_has_not_moved(facts, apply, coming, next_year):
    case = apply("Struer", date(2025, 2, 1))
    told = []
    for cohort_id in (next_year, coming):
        decisions.move_cohort(facts, case, cohort_id, "Aftalt")
        own = row(frames.applications(facts), enrolment_id=case)
        moved_in = frames.rounds(facts).set_index("cohort")["moved_in"]
        told.append((own["cohort"], own["moved_from"], int(moved_in.sum())))

    assert told == [("2026-06", "2025-08", 1), ("2025-08", "", 0)]


def test_movements_of_a_cohort_have_its_own_numbers(facts, apply, coming, next_year):
    for name in ("Struer", "Faxe"):
        case = apply(name, date(2025, 2, 1), Status.ADMITTED)
    other = apply("Greve", date(2025, 2, 2), Status.WAITLISTED, Status.OFFERED)
    for one in (case, other):
        decisions.move_cohort(facts, one, next_year, "Starter senere")

    names = ["cause", "municipality", "taken_after", "cohort_taken_after", "cohort_offered_after"]
    found = {
        code: frames.ledger(facts, code)[names].values.tolist()
        for code in ("2025-08", "2026-06", "2024-02")
    }

    assert found == {
        "2025-08": [
            ["places", "", 0, 0, 0],
            ["admitted", "Struer", 1, 1, 0],
            ["admitted", "Faxe", 2, 2, 0],
            ["offered", "Greve", 2, 2, 1],
            ["moved", "Faxe", 2, 1, 1],
            ["moved", "Greve", 2, 1, 0],
        ],
        "2026-06": [["moved", "Faxe", 2, 1, 0], ["moved", "Greve", 2, 1, 1]],
        "2024-02": [],
    }


def test_movements_of_two_initiatives_come_in_the_order_they_happened(facts, apply, clock):
    """By day and time, not one initiative after the other."""
    with facts.write("facts.load"):
        other = facts.get("initiative", 1) | {"code": "anden"}
        del other["id"], other["version"]
        own = facts.insert("initiative", other)
        facts.update("cohort", facts.find("cohort", code="2025-01")["id"], {"initiative_id": own})
    cases = [apply(name, date(2025, 2, 1)) for name in ("Struer", "Faxe", "Greve")]
    for hour, (verb, *what) in enumerate(
        (
            (decisions.decide, cases[0], Status.ADMITTED),
            (place_changes.set_capacity, own, 21),
            (decisions.decide, cases[1], Status.ADMITTED),
        ),
        10,
    ):
        clock.on(DAY, hour)
        if verb is decisions.decide:
            verb(facts, *what, on_date=DAY)
        else:
            verb(facts, *what, "En mere")

    found = frames.ledger(facts)

    assert found["cause"].tolist() == ["places", "admitted", "capacity", "admitted"]
    assert found["at"].is_monotonic_increasing


def test_the_day_of_a_lapse_is_the_one_that_was_recorded(facts, apply, clock):
    case = apply("Struer", date(2025, 2, 1), Status.WAITLISTED)
    decisions.decide(facts, case, Status.OFFERED, on_date=DAY, answer_by=date(2025, 3, 20))
    clock.on(date(2025, 3, 14))
    decisions.decide(facts, case, Status.LAPSED, on_date=date(2025, 3, 14), reason="Fejl i tilbud")
    told = []
    for day in (date(2025, 3, 15), date(2025, 3, 25)):
        clock.on(day)
        told.append(row(frames.enrolments(facts), enrolment_id=case)["status_since"])

    assert told == [pd.Timestamp("2025-03-14")] * 2
    assert frames.ledger(facts).iloc[-1]["on"] == told[0]


def test_the_case_that_says_most_is_one_that_is_open(facts, apply, next_year):
    """Closed cases last, though they belong to a later cohort; a place before a queue."""
    refused = enrolments.create(facts, next_year, 671, received_on=DAY)
    decisions.decide(facts, refused, Status.DECLINED, on_date=DAY, reason="Sendt to gange")
    apply("Struer", date(2025, 2, 1))
    enrolments.create(facts, next_year, 101, received_on=DAY)

    found = {slug: frames.find_case(facts, slug) for slug in ("struer", "koebenhavn")}
    shown = frames.map_places(facts).dropna(subset=["enrolment_id"])

    assert {slug: (one["cohort"], one["status"]) for slug, one in found.items()} == {
        "struer": ("2025-08", "applied"),
        "koebenhavn": ("2026-06", "applied"),
    }
    assert dict(zip(shown["municipality"], shown["status"])) == {
        "Struer": "applied",
        "København": "applied",
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
    """Alike but for the numbers of the cohort itself, which change by what happened there."""
    everything = frames.ledger(demo_store)
    numbers = ["cohort_taken_after", "cohort_offered_after"]

    for code in ("2024-02", "2025-01", "2025-08"):
        own = everything[(everything["cohort"] == code) | (everything["from_cohort"] == code)]
        found = frames.ledger(demo_store, code)
        pd.testing.assert_frame_equal(
            found.drop(columns=numbers), own.drop(columns=numbers).reset_index(drop=True)
        )
        held, moved = found[numbers].sum(axis=1), found["from_cohort"]
        change = (found["taken"] + found["offered"]).mask(moved == code, -1)
        change = change.mask((moved != code) & (moved != ""), 1)
        assert held.tolist() == change.cumsum().tolist()


def test_all_of_a_frame_is_read_from_one_moment(facts, apply, monkeypatch):
    """Another process writes an application down between two of the tables."""
    apply("Struer", date(2025, 2, 3))
    other, real = open_store(facts.path, demo.SYSTEM, clock=lambda: facts.now()), places.cases
    names = iter(("Faxe", "Køge", "Greve", "Lemvig"))

    def meanwhile(store, initiative_id):
        found = real(store, initiative_id)
        if store is facts:
            home = other.find("municipality", name=next(names))["id"]
            enrolments.create(other, 3, home, received_on=DAY)
        return found

    monkeypatch.setattr(places, "cases", meanwhile)
    with other:
        told = frames.applications(facts)["municipality"].tolist()
        monkeypatch.undo()
        after = frames.applications(facts)["municipality"].tolist()

    assert told == ["Struer"]
    assert after[:2] == ["Struer", "Faxe"]


def test_control_without_that_the_tables_do_not_fit(facts, apply, monkeypatch):
    monkeypatch.setattr(type(facts), "reading", lambda store: nullcontext(store))

    with pytest.raises(KeyError):
        test_all_of_a_frame_is_read_from_one_moment(facts, apply, monkeypatch)
