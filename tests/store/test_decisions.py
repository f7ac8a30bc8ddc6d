"""Who gets a place, who waits, who is told no, who leaves: what is recorded, what is refused."""

from datetime import date, timedelta

import pytest

from advisory import frames
from advisory.domain import capacity
from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, Refused
from advisory.store import decisions, enrolments, place_changes, places

DAY = date(2025, 3, 13)
DECIDED = date(2024, 12, 1)
ONE = timedelta(days=1)


def refused(key, call, **values):
    with pytest.raises(Refused) as refusal:
        call()
    assert (refusal.value.key, refusal.value.values | values) == (key, refusal.value.values)


@pytest.fixture
def cohort(facts) -> dict:
    """The one with a deadline: 1 October 2024, start 1 January 2025."""
    return facts.find("cohort", code="2025-01")


@pytest.fixture
def coming(facts) -> dict:
    """The one that has not begun: 1 August 2025."""
    return facts.find("cohort", code="2025-08")


def test_admission_lays_the_plan_in_the_same_operation(facts, make_case, written):
    case = make_case(751, "2024-02", Status.WAITLISTED, Status.OFFERED)
    before = facts.version()
    with written(facts) as changes:
        decisions.decide(facts, case, Status.ADMITTED, on_date=date(2023, 9, 10))

    assert [(action, table) for action, table, _, _ in changes] == [
        ("enrolment.status", "enrolment_status"),
        *[("milestone.add", "milestone")] * 18,
    ]
    rows = facts.rows("history", "id > ?", [before])
    assert len({row["operation"] for row in rows}) == 1


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_admitting_who_applied_late_needs_a_reason(facts, cohort, reason):
    late = enrolments.create(facts, cohort["id"], 751, received_on=date(2024, 10, 2))
    in_time = enrolments.create(facts, cohort["id"], 101, received_on=date(2024, 10, 1))

    refused(
        "reason_needed",
        lambda: decisions.decide(facts, late, Status.ADMITTED, on_date=DECIDED, reason=reason),
    )
    assert facts.rows("milestone", "enrolment_id = ?", [late]) == []
    decisions.decide(facts, in_time, Status.ADMITTED, on_date=DECIDED, reason=reason)
    decisions.decide(facts, late, Status.ADMITTED, on_date=DECIDED, reason="Aftalt")


def test_moves_that_are_not_permitted_are_refused(facts, make_case):
    case = make_case(751, "2024-02", Status.DECLINED)

    for status in (Status.ADMITTED, Status.OFFERED, Status.ACTIVE, "invented"):
        refused(
            "move_not_allowed",
            lambda status=status: decisions.decide(facts, case, status, on_date=DAY),
            frm=Status.DECLINED,
        )


def test_a_status_cannot_come_before_the_one_recorded_last(facts, make_case):
    case = make_case(751, "2024-02")
    since = enrolments.dated_statuses(facts, case)[-1][0]

    refused(
        "status_out_of_order",
        lambda: decisions.decide(
            facts, case, Status.WITHDRAWN, on_date=since - timedelta(days=1), reason="x"
        ),
        since=since,
    )
    decisions.decide(facts, case, Status.WITHDRAWN, on_date=since, reason="x")


@pytest.fixture
def full(facts, make_case) -> list[int]:
    """Twenty admitted cases of the last cohort, and one on the waiting list."""
    codes = [row["id"] for row in facts.rows("municipality")][:21]
    cases = [make_case(code, "2025-08") for code in codes[:20]]
    return [*cases, make_case(codes[20], "2025-08", Status.WAITLISTED)]


def test_the_twenty_first_gets_no_place(facts, full):
    refused(
        "no_place_left",
        lambda: decisions.decide(facts, full[20], Status.OFFERED, on_date=DAY),
        capacity=20,
    )
    decisions.decide(facts, full[0], Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    decisions.decide(facts, full[20], Status.OFFERED, on_date=DAY)


def test_an_offer_that_is_accepted_needs_no_second_place(facts, full):
    decisions.decide(facts, full[0], Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    decisions.decide(facts, full[20], Status.OFFERED, on_date=DAY)
    decisions.decide(facts, full[20], Status.ADMITTED, on_date=DAY)

    assert capacity.held(enrolments.cases(facts, 1).values(), DAY) == 20


def test_a_place_promised_for_a_later_day_is_not_given_away_before_it(facts, full):
    """Either a status cannot lie in the future, or whoever comes after it counts it too."""
    decisions.decide(facts, full[0], Status.WITHDRAWN, on_date=DAY, reason="Trak sig")
    extra = enrolments.create(
        facts, facts.find("cohort", code="2025-08")["id"], 860, received_on=DAY
    )
    later = DAY + timedelta(days=30)
    for case, status, on_date in ((full[20], Status.OFFERED, later), (extra, Status.ADMITTED, DAY)):
        try:
            decisions.decide(facts, case, status, on_date=on_date, reason="x")
        except Refused:
            continue

    held = capacity.held(enrolments.cases(facts, 1).values(), later)
    assert held <= 20


def last(store, case) -> dict:
    return store.rows("enrolment_status", "enrolment_id = ?", [case])[-1]


def standing(store, case, day=DAY):
    return capacity.standing(places.cases(store, 1)[case], day)


def decide(store, case, status, on_date=DAY, reason="sent", **more):
    decisions.decide(store, case, status, on_date=on_date, reason=reason, **more)


# --- offers ---------------------------------------------------------------------------------------


def test_an_offer_can_be_answered_for_ten_working_days(facts, make_case):
    case = make_case(751, "2025-08", Status.WAITLISTED)

    decide(facts, case, Status.OFFERED)

    assert last(facts, case) == {
        "id": 3,
        "version": 1,
        "enrolment_id": case,
        "status": "offered",
        "on_date": "2025-03-13",
        "reason": "sent",
        "actor": facts.actor.name,
        "answer_by": "2025-03-27",
        "recorded_at": facts.rows("history")[-1]["at"],
    }


def test_an_offer_ends_before_the_programme_begins(facts, make_case, clock):
    clock.tick(days=(date(2025, 7, 28) - DAY).days)
    case = make_case(751, "2025-08", Status.WAITLISTED)

    decide(facts, case, Status.OFFERED, facts.today())

    assert last(facts, case)["answer_by"] == "2025-07-31"


@pytest.mark.parametrize(
    ("answer_by", "key"),
    [
        (DAY - ONE, "answer_before_offer"),
        (date(2025, 8, 1), "answer_after_start"),
    ],
)
def test_the_last_day_to_answer_lies_between_the_offer_and_the_start(
    facts, make_case, answer_by, key
):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    before = facts.version()

    refused(key, lambda: decide(facts, case, Status.OFFERED, answer_by=answer_by), date=answer_by)
    assert facts.version() == before
    decide(facts, case, Status.OFFERED, answer_by=date(2025, 7, 31))


def test_an_open_offer_gets_another_last_day_with_a_reason(facts, make_case, clock):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    decide(facts, case, Status.OFFERED)
    clock.tick(days=10)
    later = date(2025, 4, 11)

    refused(
        "reason_needed",
        lambda: decide(facts, case, Status.OFFERED, facts.today(), " ", answer_by=later),
    )
    decide(facts, case, Status.OFFERED, facts.today(), "Udvalgsmøde 9. april", answer_by=later)

    assert [standing(facts, case, later + day * ONE) for day in (0, 1)] == ["offered", "lapsed"]
    assert frames.ledger(facts)["cause"].tolist() == ["offered"]
    clock.tick(days=20)
    assert frames.ledger(facts)["cause"].tolist() == ["offered", "lapsed"]


def test_an_answer_after_the_last_day_is_refused_and_the_place_is_free(facts, make_case, clock):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    decide(facts, case, Status.OFFERED)
    assert places.occupied(facts)["initiative", 1].on(date(2025, 3, 27)) == 1
    clock.tick(days=15)
    before = facts.version()

    for status in (Status.ADMITTED, Status.OFFERED):
        refused(
            "offer_lapsed_on",
            lambda status=status: decide(facts, case, status, facts.today()),
            date=date(2025, 3, 27),
        )

    assert (facts.version(), standing(facts, case, facts.today())) == (before, Status.LAPSED)
    assert places.occupied(facts)["initiative", 1].on(facts.today()) == 0


def test_an_answer_that_came_in_time_may_be_written_down_later(facts, make_case, clock):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    decide(facts, case, Status.OFFERED)
    clock.tick(days=18)

    decide(facts, case, Status.ADMITTED, date(2025, 3, 27))

    assert standing(facts, case, facts.today()) == Status.ADMITTED


def test_but_not_when_the_place_has_been_given_away_since(facts, full, clock):
    decide(facts, full[0], Status.WITHDRAWN)
    decide(facts, full[20], Status.OFFERED)
    clock.tick(days=18)
    cohort = facts.find("cohort", code="2025-08")
    next_one = enrolments.create(facts, cohort["id"], 860, received_on=DAY)
    decide(facts, next_one, Status.ADMITTED, facts.today())

    refused("no_place_left", lambda: decide(facts, full[20], Status.ADMITTED, date(2025, 3, 27)))


# --- who comes first ------------------------------------------------------------------------------


@pytest.fixture
def line(facts, make_case, coming) -> list[int]:
    """Three who wait for the one place of the last cohort, in the order they were received."""
    place_changes.set_places(facts, coming["id"], 1, "Fordelt")
    return [
        make_case(code, "2025-08", Status.WAITLISTED, received_on=date(2024, 9, day))
        for day, code in ((3, 751), (5, 101), (9, 147))
    ]


@pytest.mark.parametrize("reason", [None, " "])
def test_a_place_that_goes_past_somebody_needs_a_reason(facts, line, coming, reason):
    new = enrolments.create(facts, coming["id"], 860, received_on=date(2024, 9, 1))

    for case, status in ((line[1], Status.OFFERED), (new, Status.ADMITTED)):
        refused(
            "reason_needed",
            lambda case=case, status=status: decide(facts, case, status, reason=reason),
        )
    decide(facts, line[0], Status.OFFERED, reason=reason)


def test_it_does_not_while_there_are_places_for_all_before(facts, line, coming):
    place_changes.set_places(facts, coming["id"], 2, "Fordelt")

    decide(facts, line[1], Status.OFFERED, reason=None)
    refused("reason_needed", lambda: decide(facts, line[2], Status.OFFERED, reason=None))


def test_the_queue_is_in_time_before_late_by_day_and_then_by_priority(facts, cohort, make_case):
    days = {751: 2, 101: 1, 147: 1, 860: 3}
    made = {
        code: make_case(code, "2025-01", Status.WAITLISTED, received_on=date(2024, 10, day))
        for code, day in days.items()
    }
    enrolments.prioritise(facts, made[147], 1, "Har ventet længst")

    queue = places.queue(facts, cohort, places.cases(facts, 1), DAY)

    assert [(one.enrolment_id, one.late) for one in queue] == [
        (made[147], False),
        (made[101], False),
        (made[751], True),
        (made[860], True),
    ]


def test_a_late_one_that_is_offered_a_place_needs_a_reason_but_not_its_answer(facts, make_case):
    late = make_case(751, "2025-01", Status.WAITLISTED, received_on=date(2024, 10, 2))

    refused("reason_needed", lambda: decide(facts, late, Status.OFFERED, DECIDED, None))
    decide(facts, late, Status.OFFERED, DECIDED, "Der var plads")
    decide(facts, late, Status.ADMITTED, DECIDED, None)


# --- places ---------------------------------------------------------------------------------------


def test_a_cohort_with_a_number_of_its_own_is_full_before_the_rest(facts, make_case, coming):
    place_changes.set_places(facts, coming["id"], 1, "Fordelt")
    make_case(751, "2025-08")
    other = enrolments.create(facts, coming["id"], 101, received_on=DAY)

    refused(
        "cohort_full", lambda: decide(facts, other, Status.ADMITTED), cohort="2025-08", places=1
    )
    make_case(147, "2025-01")


def test_nobody_is_admitted_or_offered_a_place_once_the_programme_has_begun(facts, make_case):
    applied, waiting = (
        make_case(code, "2025-01", Status.WAITLISTED, received_on=date(2024, 9, 1))
        for code in (751, 101)
    )
    cohort = facts.find("cohort", code="2025-01")
    applied = enrolments.create(facts, cohort["id"], 147, received_on=date(2024, 9, 1))
    start = date(2025, 1, 1)

    for case, status in ((applied, Status.ADMITTED), (waiting, Status.OFFERED)):
        refused(
            "cohort_started",
            lambda case=case, status=status: decide(facts, case, status, start),
            cohort="2025-01",
            starts_on=start,
        )
        decide(facts, case, status, start - ONE)


def test_a_place_is_not_given_back_in_time_over_one_who_held_it_then(facts, full):
    """Who withdrew today held the place yesterday: nobody else can have had it then."""
    decide(facts, full[0], Status.WITHDRAWN)

    refused("no_place_left", lambda: decide(facts, full[20], Status.OFFERED, DAY - ONE))
    decide(facts, full[20], Status.OFFERED)


def test_who_has_withdrawn_cannot_withdraw_again(facts, case):
    decide(facts, case, Status.WITHDRAWN)
    before = facts.version()

    refused(
        "already_withdrawn",
        lambda: decide(facts, case, Status.WITHDRAWN),
        municipality="København",
        date=DAY,
    )
    assert facts.version() == before


@pytest.mark.parametrize("status", [Status.DECLINED, Status.WITHDRAWN])
def test_a_refusal_and_a_withdrawal_have_a_reason(facts, cohort, status):
    case = enrolments.create(facts, cohort["id"], 751, received_on=date(2024, 9, 1))

    refused("reason_needed", lambda: decide(facts, case, status, reason=" "))
    decide(facts, case, status, reason=" Trak sig ")

    assert last(facts, case)["reason"] == "Trak sig"


# --- two at once ----------------------------------------------------------------------------------


def test_who_decides_what_somebody_has_decided_since_is_told(facts, make_case, as_role):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    seen = facts.version()
    decide(as_role("office"), case, Status.OFFERED)
    before = facts.version()

    refused(
        "decided_meanwhile",
        lambda: decide(facts, case, Status.OFFERED, seen=seen),
        municipality="Aarhus",
        status=Status.OFFERED,
        by=as_role("office").actor.name,
        at=facts.now(),
    )
    assert facts.version() == before
    decide(facts, case, Status.ADMITTED, seen=facts.version())


def test_who_comes_too_late_for_the_last_place_is_told_who_got_it(facts, full, coming):
    decide(facts, full[0], Status.WITHDRAWN)
    other = enrolments.create(facts, coming["id"], 860, received_on=DAY)
    decide(facts, other, Status.WAITLISTED)
    seen = facts.version()
    decide(facts, full[20], Status.OFFERED)

    home = facts.get("enrolment", full[20])["municipality_id"]
    refused(
        "place_taken",
        lambda: decide(facts, other, Status.OFFERED, seen=seen),
        municipality=facts.get("municipality", home)["name"],
        at=facts.now(),
    )
    refused("no_place_left", lambda: decide(facts, other, Status.OFFERED))


def test_an_answer_and_a_place_in_another_cohort_have_taken_nothing(facts, make_case, coming):
    """What others did since is named only when it is why there is no place."""
    place_changes.set_places(facts, coming["id"], 1, "Fordelt")
    offered, waiting = (make_case(code, "2025-08", Status.WAITLISTED) for code in (751, 101))
    decide(facts, offered, Status.OFFERED)
    seen = facts.version()
    decide(facts, offered, Status.ADMITTED)
    make_case(147, "2025-01", received_on=date(2024, 9, 1))

    refused("cohort_full", lambda: decide(facts, waiting, Status.OFFERED, seen=seen))


def test_an_offer_that_was_said_to_have_lapsed_lapsed_on_that_day(facts, make_case):
    case = make_case(751, "2025-08", Status.WAITLISTED)
    for status in (Status.OFFERED, Status.LAPSED):
        decide(facts, case, status)

    refused("offer_lapsed_on", lambda: decide(facts, case, Status.ADMITTED), date=DAY)


# --- another cohort -------------------------------------------------------------------------------


def test_an_application_moves_with_its_date_and_its_place(facts, make_case, cohort, clock, written):
    clock.tick(days=-120)
    case = make_case(751, "2025-01", received_on=date(2024, 9, 1))
    to = facts.find("cohort", code="2025-08")["id"]
    with written(facts) as changes:
        decisions.move_cohort(facts, case, to, "Ny organisering")

    assert [(table, kind) for _, table, kind, _ in changes] == [
        ("enrolment", "update"),
        ("place_change", "insert"),
    ]
    assert (facts.get("enrolment", case)["cohort_id"], standing(facts, case)) == (to, "admitted")
    moved = facts.rows("place_change")[-1]
    assert [moved[name] for name in ("kind", "before", "after", "reason")] == [
        "moved",
        cohort["id"],
        to,
        "Ny organisering",
    ]


def test_what_has_begun_or_is_decided_does_not_move(facts, make_case, coming, cohort, clock):
    active = make_case(751, "2025-01")
    declined = make_case(101, "2025-01", Status.DECLINED)
    open_one = make_case(147, "2025-08", Status.WAITLISTED)

    for case in (active, declined):
        refused(
            "move_not_open", lambda case=case: decisions.move_cohort(facts, case, coming["id"], "x")
        )
    refused("cohort_started", lambda: decisions.move_cohort(facts, open_one, 1, "x"))
    refused("cohort_elsewhere", lambda: decisions.move_cohort(facts, open_one, coming["id"], "x"))


def test_a_place_does_not_move_into_a_full_cohort(facts, make_case, coming, clock):
    clock.tick(days=-120)
    case = make_case(751, "2025-01", received_on=date(2024, 9, 1))
    waiting = make_case(101, "2025-01", Status.WAITLISTED, received_on=date(2024, 9, 1))
    place_changes.set_places(facts, coming["id"], 0, "Fordelt")

    refused("cohort_full", lambda: decisions.move_cohort(facts, case, coming["id"], "x"))
    refused("reason_needed", lambda: decisions.move_cohort(facts, waiting, coming["id"], " "))
    decisions.move_cohort(facts, waiting, coming["id"], "x")


@pytest.mark.parametrize("role", ["consultant", "leadership", "partner", "public"])
def test_places_are_decided_by_the_office(facts, case, coming, as_role, role):
    store, before = as_role(role), facts.version()

    for verb in (
        lambda: decide(store, case, Status.WITHDRAWN),
        lambda: decisions.move_cohort(store, case, coming["id"], "x"),
        lambda: place_changes.free(store, case, "x"),
        lambda: place_changes.set_capacity(store, 1, 21, "x"),
        lambda: place_changes.set_places(store, coming["id"], 3, "x"),
        lambda: enrolments.prioritise(store, case, 1, "x"),
        lambda: enrolments.review(store, case),
    ):
        with pytest.raises(Forbidden):
            verb()
    assert facts.version() == before
