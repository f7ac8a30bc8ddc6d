"""The programme's activities: planned, moved, held, counted; what each refuses and takes back."""

from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context

import pytest

from advisory import frames
from advisory.domain.attendance import Person, Report
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError, Conflict, Forbidden, Refused
from advisory.store import (
    activities,
    attendance,
    decisions,
    demo,
    enrolments,
    meetings,
    open_store,
    plan,
    signups,
    users,
)
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences

START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # 14.00 in Copenhagen
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
TIMES = {"starts_at": START, "ends_at": START + 3 * HOUR}
ALL = ("leadership", "staff", "peers", "citizens")
CPR = "010190-1234"


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def refusal(verb, *args, **values) -> tuple[str, dict] | None:
    """The key and values that a verb refuses with, None when it does not."""
    try:
        verb(*args, **values)
    except AdvisoryError as error:
        return error.key, error.values
    return None


def contents(store) -> dict[str, list[dict]]:
    """Every record, its version aside."""
    return {
        name: [{key: row[key] for key in row if key != "version"} for row in store.rows(name)]
        for name in tables(store.db)
    }


def heads(store, activity_id: int) -> dict[tuple[int, str], tuple[int | None, int | None]]:
    return {
        (row["enrolment_id"], row["audience"]): (row["planned"], row["attended"])
        for row in store.rows("headcount", "activity_id = ?", [activity_id])
    }


def serves(store, activity_id: int) -> dict[int, int | None]:
    rows = store.rows("activity_enrolment", "activity_id = ?", [activity_id])
    return {row["enrolment_id"]: row["milestone_id"] for row in rows}


def of_kind(store, enrolment_id: int, kind: str) -> int:
    """The first milestone of a case of this kind."""
    found = store.rows("milestone", "enrolment_id = ? AND kind = ?", [enrolment_id, kind])
    return found[0]["id"]


@pytest.fixture
def arrange(facts, case):
    """`arrange(title="Workshop 2")` gives the id of a workshop four weeks ahead."""

    def make(kind: str = "workshop", title: str = "Workshop 1", **given) -> int:
        usual = {**TIMES, "enrolments": {case: None}, "expected": {"staff": 10, "citizens": None}}
        return activities.create(facts, kind, title, **usual | given)

    return make


@pytest.fixture
def begun(arrange, clock):
    """A workshop that has just begun."""
    activity_id = arrange()
    clock.now = START
    return activity_id


@pytest.fixture
def other(make_case):
    """A second case under way, of another cohort and municipality."""
    return make_case(147, "2025-01")


# --- planning -------------------------------------------------------------------------------------


def test_a_new_activity_has_every_field_whom_it_serves_and_who_is_invited(
    facts, case, other, written
):
    workshop, partner = of_kind(facts, case, "workshop"), facts.find("organisation", kind="partner")
    with written(facts) as changes:
        activity_id = activities.create(
            facts,
            "workshop",
            " Workshop 1 ",
            **TIMES,
            enrolments={case: workshop, other: None},
            expected={"staff": 10, "citizens": None},
            provider_id=partner["id"],
            place=" Rådhuset ",
            link="https://moede.example/1",
            capacity=40,
            body=" Om roller ",
            materials=" https://a.example/1 \n\n https://a.example/2 ",
        )

    row = facts.get("activity", activity_id)
    assert row == {
        "id": activity_id,
        "version": 1,
        "kind": "workshop",
        "title": "Workshop 1",
        "body": "Om roller",
        "starts_at": "2025-04-08T12:00:00.000000+00:00",
        "ends_at": "2025-04-08T15:00:00.000000+00:00",
        "first_starts_at": "2025-04-08T12:00:00.000000+00:00",
        "place": "Rådhuset",
        "link": "https://moede.example/1",
        "capacity": 40,
        "provider_id": partner["id"],
        "consultant_id": None,
        "materials": "https://a.example/1\nhttps://a.example/2",
        "uid": row["uid"],
        "public": 0,
        "sequence": 0,
        "source": "oprettet i Peerforløb",
        **dict.fromkeys(("held_at", "cancelled_at", "cancel_reason", "moved_at", "link_at")),
        **dict.fromkeys(("signup_by", "cohort_id", "contact_email", "copied_from_id")),
        **{"agreed": "", "next_step": "", "next_step_by": None, "for_whom": "", "organiser": ""},
        **{"answer_hours": 24, "keep_months": 3},
    }
    assert row["uid"].partition("@")[0].isalpha()
    assert serves(facts, activity_id) == {case: workshop, other: None}
    assert heads(facts, activity_id) == {
        (one, audience): (planned, None)
        for one in (case, other)
        for audience, planned in (("staff", 10), ("citizens", None))
    }
    one = [("activity.edit", "activity_enrolment", "insert")]
    one += [("activity.edit", "headcount", "insert")] * 2
    assert [change[:3] for change in changes] == [("activity.edit", "activity", "insert"), *one * 2]
    assert facts.rows("mail_rule", "activity_id = ?", [activity_id]) == []


@pytest.mark.parametrize("kind", activities.KINDS)
def test_without_a_provider_it_is_the_agencys_own(facts, arrange, kind):
    agency = facts.find("organisation", kind="agency")["id"]
    activity_id = arrange(kind, expected={})

    assert facts.get("activity", activity_id)["provider_id"] == agency
    partner = facts.find("organisation", kind="partner")["id"]
    activities.edit(facts, activity_id, {"provider_id": partner})
    assert activities.edit(facts, activity_id, {"provider_id": None})["provider_id"] == agency


UNUSABLE = [
    ({"title": " "}, "title_needed", {}),
    ({"title": "x" * 161}, "text_too_long", {"limit": 160}),
    ({"body": "x" * 5001}, "text_too_long", {"limit": 5000}),
    ({"materials": "https://" + "x" * 4993}, "text_too_long", {"limit": 5000}),
    ({"link": "http://a.example"}, "link_unreadable", {"link": "http://a.example"}),
    ({"link": "https://a b.example"}, "link_unreadable", {"link": "https://a b.example"}),
    ({"link": "javascript:1"}, "link_unreadable", {"link": "javascript:1"}),
    ({"materials": "https://a.example x"}, "link_unreadable", {"link": "x"}),
    (
        {"materials": "https://a.example\n" * 21},
        "number_out_of_range",
        {"number": 21, "lowest": 0, "highest": 20},
    ),
    ({"capacity": 0}, "number_out_of_range", {"number": 0, "lowest": 1, "highest": 1000}),
    ({"capacity": 1001}, "number_out_of_range", {"number": 1001, "lowest": 1, "highest": 1000}),
    ({"provider_id": 99}, "provider_unknown", {"provider": 99}),
    ({"capacity": "12"}, "number_unreadable", {"text": "12"}),
    ({"consultant_id": 99}, "consultant_unknown", {"consultant": 99}),
    ({"place": "x" * 201}, "text_too_long", {"limit": 200}),
    ({"title": f"Workshop {CPR}"}, "cpr_refused", {}),
    ({"body": CPR}, "cpr_refused", {}),
    ({"place": f"Hos {CPR}"}, "cpr_refused", {}),
]


@pytest.mark.parametrize(("given", "key", "values"), UNUSABLE)
def test_what_cannot_be_used_is_refused_in_a_new_activity_and_in_an_old_one(
    facts, arrange, given, key, values
):
    activity_id = arrange()
    before = facts.version()

    said = (refusal(arrange, **given), refusal(activities.edit, facts, activity_id, given))

    assert said == ((key, values), (key, values))
    assert facts.version() == before


@pytest.mark.parametrize(
    "given",
    [
        {"title": "x" * 160, "body": "x" * 5000, "capacity": 1},
        {"materials": "https://a.example\n" * 20, "capacity": 1000},
        {"link": "https://moede.example/j/0101901234"},  # a number of a meeting, of no person
        {"materials": "https://moede.example/j/0101901234", "place": "x" * 200},
    ],
)
def test_what_can_just_be_used_is_taken_in_a_new_activity_and_in_an_old_one(facts, arrange, given):
    new, old = arrange(**given), arrange()
    activities.edit(facts, old, given)

    kept = [[facts.get("activity", one)[name] for name in given] for one in (new, old)]
    assert (
        kept[0] == kept[1] == [str(v).strip() if isinstance(v, str) else v for v in given.values()]
    )


@pytest.mark.parametrize("by", ["i morgen", "13/6-25", "2025-02-30", START, 20250613])
def test_the_day_of_a_next_step_is_a_day(facts, arrange, by):
    activity_id = arrange()
    before = facts.version()

    said = refusal(activities.edit, facts, activity_id, {"next_step_by": by})

    assert said == ("date_unreadable", {"text": str(by)})
    assert facts.version() == before


@pytest.mark.parametrize(
    ("by", "kept"),
    [("2025-06-13", "2025-06-13"), (date(2025, 6, 13), "2025-06-13"), ("", None), (None, None)],
)
def test_control_a_day_or_none_is_kept_as_the_store_writes_days(facts, arrange, by, kept):
    assert activities.edit(facts, arrange(), {"next_step_by": by})["next_step_by"] == kept


@pytest.mark.parametrize(
    ("role", "active", "allowed"),
    [
        ("consultant", True, True),
        ("office", True, True),
        ("consultant", False, False),
        ("leadership", True, False),
        ("partner", True, False),
    ],
)
def test_only_who_is_at_work_as_a_consultant_or_in_the_office_holds_an_activity(
    facts, arrange, role, active, allowed
):
    old, partner = arrange(), facts.find("organisation", kind="partner")["id"]
    home = {"organisation_id": partner} if role == "partner" else {}
    user = users.add(facts, "ny@styrelsen.example", "Ny Person", "NP", role, **home)
    if not active:
        with facts.write("user.edit"):
            facts.update("app_user", user, {"active": 0})
    given, expected = {"consultant_id": user}, ("consultant_unknown", {"consultant": user})

    said = (refusal(arrange, **given), refusal(activities.edit, facts, old, given))

    assert said == ((None, None) if allowed else (expected, expected))


def test_a_consultant_who_has_left_may_stay_on_what_was_planned(facts, arrange):
    user = users.add(facts, "ny@styrelsen.example", "Ny Person", "NP", "consultant")
    activity_id = arrange(consultant_id=user)
    with facts.write("user.edit"):
        facts.update("app_user", user, {"active": 0})

    row = activities.edit(facts, activity_id, {"consultant_id": user, "place": "Aulaen"})

    assert (row["consultant_id"], row["place"]) == (user, "Aulaen")


def test_the_reason_of_a_cancellation_has_an_end(facts, arrange):
    activity_id = arrange()

    said = refusal(activities.cancel, facts, activity_id, "x" * 1001)
    row = activities.cancel(facts, activity_id, f" {'x' * 1000} ")

    assert said == ("text_too_long", {"limit": 1000})
    assert row["cancel_reason"] == "x" * 1000


def test_a_case_with_a_step_that_counts_from_the_activity_is_not_left_out(
    facts, arrange, case, other
):
    activity_id = arrange(enrolments={case: None, other: None})
    step = plan.add_by_activity(facts, case, "Invitation", activity_id, -28)
    before = contents(facts)
    anchors = ("activity_anchors", {"name": "Invitation", "municipality": "København"})

    said = refusal(activities.serve, facts, activity_id, {other: None})
    unchanged = contents(facts)
    activities.serve(facts, activity_id, {case: None})  # the other has no such step
    plan.set_aside(facts, step, "Ikke brug for den")
    activities.serve(facts, activity_id, {other: None})

    assert said == anchors
    assert unchanged == before
    assert serves(facts, activity_id) == {other: None}


def test_a_municipality_is_no_provider_and_the_office_is(facts, arrange):
    with facts.write("facts.load"):
        own = facts.insert(
            "organisation", {"kind": "municipality", "name": "Faxe Kommune", "source": "x"}
        )

    assert refusal(arrange, provider_id=own) == ("provider_unknown", {"provider": own})
    assert refusal(arrange, provider_id=facts.find("organisation", kind="partner")["id"]) is None


@pytest.mark.parametrize(
    ("given", "key", "values"),
    [
        ({"kind": "info_meeting"}, "code_unknown", {"code": "info_meeting"}),
        ({"kind": "party"}, "code_unknown", {"code": "party"}),
        ({"ends_at": START}, "activity_ends_before_start", {}),
        ({"ends_at": START + 5 * DAY + INSTANT}, "activity_too_long", {"days": 5}),
        ({"enrolments": {}}, "municipality_needed", {}),
        ({"enrolments": {99: None}}, "not_found", {"table": "enrolment", "row_id": 99}),
        ({"expected": {"ministers": 3}}, "code_unknown", {"code": "ministers"}),
        ({"expected": {"staff": 201}}, "headcount_out_of_range", {"number": 201, "highest": 200}),
        ({"expected": {"staff": -1}}, "headcount_out_of_range", {"number": -1, "highest": 200}),
    ],
)
def test_a_new_activity_that_cannot_be_is_refused_whole(facts, arrange, given, key, values):
    before = contents(facts)

    assert refusal(arrange, **given) == (key, values)
    assert contents(facts) == before


@pytest.mark.parametrize(
    "given", [{"ends_at": START + 5 * DAY}, {"expected": {"staff": 200, "peers": 0}}]
)
def test_five_days_and_two_hundred_people_are_not_too_much(facts, arrange, given):
    assert refusal(arrange, **given) is None


@pytest.mark.parametrize(
    ("starts_at", "allowed"),
    [
        (datetime(2023, 10, 31, 22, 59, tzinfo=UTC), False),  # 31 October in Copenhagen
        (datetime(2023, 10, 31, 23, 0, tzinfo=UTC), True),  # 1 November
        (datetime(2026, 1, 31, 22, 59, tzinfo=UTC), True),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), False),
    ],
)
def test_an_activity_lies_around_the_programme_by_the_days_of_copenhagen(
    facts, arrange, starts_at, allowed
):
    times = {"starts_at": starts_at, "ends_at": starts_at + HOUR}
    values = {
        "municipality": "København",
        "first": date(2023, 11, 1),
        "last": date(2026, 1, 31),
    }
    said = None if allowed else ("activity_outside_programme", values)
    old = arrange()

    assert refusal(arrange, **times) == said
    assert refusal(activities.move, facts, old, **times) == said


def test_a_day_must_suit_both_programmes_of_one_municipality(facts, make_case, case, arrange):
    """The second programme of a municipality hides none of the first one's end."""
    with facts.write("facts.load"):  # within one initiative it takes part once
        other = {**facts.get("initiative", 1), "code": "other"}
        del other["id"]
        own = facts.insert("initiative", other)
        facts.update("cohort", facts.find("cohort", code="2025-08")["id"], {"initiative_id": own})
    again = make_case(101, "2025-08")
    day = datetime(2026, 5, 1, 9, tzinfo=UTC)
    times = {"starts_at": day, "ends_at": day + HOUR}

    for both in ({case: None, again: None}, {again: None, case: None}):
        said = refusal(arrange, **times, enrolments=both)
        assert said is not None
        assert said[0] == "activity_outside_programme"
    assert refusal(arrange, **times, enrolments={again: None}) is None


@pytest.mark.parametrize(
    ("statuses", "key"),
    [
        ((Status.WITHDRAWN,), "municipality_left"),
        ((Status.DECLINED,), "municipality_left"),
        ((Status.WAITLISTED, Status.OFFERED, Status.LAPSED), "municipality_left"),
        ((Status.WAITLISTED,), None),
        ((Status.ADMITTED,), None),
    ],
)
def test_only_who_is_in_or_may_come_is_invited(facts, make_case, arrange, statuses, key):
    new = make_case(153, "2025-01", *statuses)

    said = refusal(arrange, enrolments={new: None})

    assert said == (key and (key, {"municipality": "Brøndby"}))


def test_who_has_not_answered_an_offer_in_time_is_not_invited(facts, make_case, arrange, clock):
    new = make_case(153, "2025-08", Status.WAITLISTED, received_on=date(2025, 3, 1))
    today = facts.today()
    decisions.decide(facts, new, Status.OFFERED, on_date=today, answer_by=today + 7 * DAY)
    begins = datetime(2025, 9, 3, 8, tzinfo=UTC)
    workshop = {"starts_at": begins, "ends_at": begins + HOUR, "enrolments": {new: None}}

    told = []
    for days in (7, 1):
        clock.tick(days=days)
        told.append(refusal(arrange, **workshop))

    assert told == [None, ("municipality_left", {"municipality": "Brøndby"})]


def test_a_milestone_of_another_case_or_none_at_all_is_not_fulfilled(facts, case, other, arrange):
    theirs = of_kind(facts, other, "workshop")

    assert refusal(arrange, enrolments={case: theirs}) == ("milestone_elsewhere", {})
    missing = ("not_found", {"table": "milestone", "row_id": 9999})
    assert refusal(arrange, enrolments={case: 9999}) == missing
    assert refusal(arrange, enrolments={other: theirs}) is None


# --- who may, and what they may touch -------------------------------------------------------------


def verbs(activity_id: int, case: int) -> list[tuple]:
    """Each verb as (verb, arguments, named): something it does when it may."""
    later = {"starts_at": START + DAY, "ends_at": START + DAY + HOUR}
    new = {**TIMES, "enrolments": {case: None}, "expected": {}}
    return [
        (activities.create, ["workshop", "Workshop 2"], new),
        (activities.edit, [activity_id, {"body": "Mere"}], {}),
        (activities.serve, [activity_id, {case: None}], {}),
        (activities.move, [activity_id], later),
        (activities.cancel, [activity_id, "Sygdom"], {}),
        (activities.hold, [activity_id], {}),
        (activities.take_back, [activity_id], {}),
        (activities.count, [activity_id, {(case, "staff"): (9, None)}], {}),
    ]


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_who_does_not_follow_municipalities_changes_no_activity(facts, begun, case, as_role, role):
    other, before = as_role(role), facts.version()

    for verb, args, values in verbs(begun, case):
        with pytest.raises(Forbidden):
            verb(other, *args, **values)
    assert facts.version() == before


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("role", ["consultant", "office"])
def test_who_follows_municipalities_may_do_all_of_it(begun, case, as_role, role, number):
    verb, args, values = verbs(begun, case)[number]

    assert refusal(verb, as_role(role), *args, **values) is None


def test_nothing_is_changed_on_another_date(facts, begun, case):
    before = facts.version()

    for store in (facts.at(date(2025, 3, 13)), facts.at(date(2025, 5, 1))):
        for verb, args, values in verbs(begun, case):
            with pytest.raises(Refused, match="read_only_date"):
                verb(store, *args, **values)
    assert facts.version() == before


def test_an_info_meeting_is_none_of_these_activities(facts, case, clock):
    meeting = meetings.create(facts, "info_meeting", "Informationsmøde", **TIMES)
    clock.now = START
    before = facts.version()

    for verb, args, values in [(activities.get, [meeting], {}), *verbs(meeting, case)[1:]]:
        said = refusal(verb, facts, *args, **values)
        assert said == ("not_found", {"table": "activity", "row_id": meeting}), verb
    assert facts.version() == before


def test_an_activity_of_the_programme_is_no_info_meeting(facts, begun, clock):
    person = Person("Ane", "ane@x.example", (), 45)
    report = Report("table", None, None, None, 1, (person,), ())
    clock.now = START + DAY
    before = facts.version()

    for verb, args, values in [
        (meetings.copy, [begun], {"starts_at": START + 30 * DAY}),
        (meetings.edit, [begun, {"body": "Mere"}], {}),
        (meetings.move, [begun], {**TIMES, "signup_by": None}),
        (meetings.cancel, [begun, "Sygdom"], {}),
        (signups.sign_up, [begun], {"name": "Ane", "email": "ane@x.example"}),
        (attendance.take_in, [begun, report], {"file_name": "a.csv", "sha256": "a"}),
    ]:
        said = refusal(verb, facts, *args, **values)
        assert said == ("not_found", {"table": "activity", "row_id": begun}), verb
    assert facts.version() == before


@pytest.mark.parametrize("number", range(1, 8))
def test_an_activity_that_is_not_there_is_not_found(facts, case, number):
    verb, args, values = verbs(99, case)[number]

    said = refusal(verb, facts, *args, **values)

    assert said == ("not_found", {"table": "activity", "row_id": 99})


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_what_somebody_has_changed_since_is_a_conflict(facts, begun, case, number):
    verb, args, values = verbs(begun, case)[number]
    activities.edit(facts, begun, {"place": "Rådhuset"})
    before = contents(facts)

    with pytest.raises(Conflict):
        verb(facts, *args, **values, version=1)
    assert contents(facts) == before
    assert refusal(verb, facts, *args, **values, version=2) is None


# --- words ----------------------------------------------------------------------------------------


def test_a_changed_field_is_one_history_row_and_no_difference_none(facts, arrange, written):
    activity_id = arrange()

    with written(facts) as changes:
        activities.edit(facts, activity_id, {"place": " Rådhuset ", "body": "", "capacity": None})
        activities.edit(facts, activity_id, {"title": "Workshop 1 ", "place": "Rådhuset"})

    assert changes == [("activity.edit", "activity", "update", {"place": "Rådhuset", "version": 2})]


def test_times_and_what_is_told_by_other_verbs_are_not_edited(facts, arrange):
    said = refusal(activities.edit, facts, arrange(), {"starts_at": "x", "held_at": "y"})

    assert said == ("field_unknown", {"field": "held_at, starts_at"})


@pytest.mark.parametrize("field", ["agreed", "next_step"])
def test_no_cpr_number_is_agreed(facts, begun, field):
    before = facts.version()

    assert refusal(activities.edit, facts, begun, {field: CPR}) == ("cpr_refused", {})
    assert refusal(activities.hold, facts, begun, **{field: f"Ring {CPR}"}) == ("cpr_refused", {})
    long = ("text_too_long", {"limit": 5000})
    assert refusal(activities.hold, facts, begun, **{field: "x" * 5001}) == long
    assert facts.version() == before
    assert refusal(activities.hold, facts, begun, **{field: "x" * 5000}) is None


# --- whom it serves -------------------------------------------------------------------------------


def test_a_new_municipality_is_invited_as_the_others_without_a_number(
    facts, arrange, case, other, written
):
    activity_id, milestone = arrange(), of_kind(facts, other, "workshop")

    with written(facts) as changes:
        activities.serve(facts, activity_id, {case: None, other: milestone})

    assert serves(facts, activity_id) == {case: None, other: milestone}
    assert heads(facts, activity_id) == {
        (case, "staff"): (10, None),
        (case, "citizens"): (None, None),
        (other, "staff"): (None, None),
        (other, "citizens"): (None, None),
    }
    assert [change[1:3] for change in changes] == [
        ("activity_enrolment", "insert"),
        ("headcount", "insert"),
        ("headcount", "insert"),
        ("activity", "update"),
    ]


def test_one_that_is_left_out_is_no_longer_invited_and_all_of_it_can_be_taken_back(
    facts, arrange, case, other
):
    activity_id = arrange(enrolments={case: None, other: None})
    before = contents(facts)

    activities.serve(facts, activity_id, {other: of_kind(facts, other, "workshop")})

    assert list(serves(facts, activity_id)) == [other]
    assert {enrolment for enrolment, _ in heads(facts, activity_id)} == {other}
    facts.revert(facts.last_operation)
    assert contents(facts) == before


def test_the_same_municipalities_again_write_nothing(facts, arrange, case, written):
    activity_id = arrange()

    with written(facts) as changes:
        activities.serve(facts, activity_id, {case: None}, version=1)

    assert changes == []


def test_two_who_choose_municipalities_at_once_do_not_overwrite_each_other(
    facts, arrange, case, other, make_case
):
    third, activity_id = make_case(153, "2025-01"), arrange()
    activities.serve(facts, activity_id, {case: None, other: None}, version=1)

    with pytest.raises(Conflict):
        activities.serve(facts, activity_id, {case: None, third: None}, version=1)
    assert list(serves(facts, activity_id)) == [case, other]


def test_one_whose_people_have_been_counted_is_not_left_out(facts, begun, case, other):
    activities.serve(facts, begun, {case: None, other: None})
    activities.count(facts, begun, {(case, "staff"): (10, 0)})
    before = contents(facts)

    assert refusal(activities.serve, facts, begun, {other: None}) == ("headcount_exists", {})
    assert contents(facts) == before
    assert refusal(activities.serve, facts, begun, {case: None}) is None


@pytest.mark.parametrize(
    ("chosen", "key"),
    [({}, "municipality_needed"), ({99: None}, "not_found")],
)
def test_an_activity_serves_somebody_who_is_there(facts, arrange, chosen, key):
    activity_id = arrange()
    before = facts.version()

    said = refusal(activities.serve, facts, activity_id, chosen)

    assert said is not None
    assert said[0] == key
    assert facts.version() == before


def test_who_left_since_stays_and_hinders_nobody_but_is_not_invited_anew(
    facts, arrange, case, other
):
    both, own = arrange(enrolments={case: None, other: None}), arrange()
    decisions.decide(
        facts, other, Status.WITHDRAWN, on_date=facts.today(), reason="Ny organisation"
    )
    later = {"starts_at": START + DAY, "ends_at": START + DAY + HOUR}

    assert refusal(activities.move, facts, both, **later) is None
    milestone = of_kind(facts, case, "workshop")
    assert refusal(activities.serve, facts, both, {case: milestone, other: None}) is None
    left = ("municipality_left", {"municipality": "Frederiksberg"})
    assert refusal(activities.serve, facts, own, {case: None, other: None}) == left
    assert refusal(activities.serve, facts, both, {case: None}) is None


# --- moving and cancelling ------------------------------------------------------------------------


def test_a_moved_activity_remembers_when_it_was_first_planned_for(facts, arrange, written):
    activity_id = arrange()

    with written(facts) as changes:
        activities.move(facts, activity_id, starts_at=START + DAY, ends_at=START + DAY + HOUR)

    said = {"starts_at": stamp(START + DAY), "ends_at": stamp(START + DAY + HOUR), "version": 2}
    assert changes == [("activity.edit", "activity", "update", said)]
    assert facts.get("activity", activity_id)["first_starts_at"] == stamp(START)


@pytest.mark.parametrize(
    ("times", "key"),
    [
        ({"ends_at": START}, "activity_ends_before_start"),
        ({"ends_at": START + 5 * DAY + INSTANT}, "activity_too_long"),
        ({"ends_at": START + 5 * DAY}, None),
        ({"starts_at": START - 30 * DAY, "ends_at": START - 29 * DAY}, None),  # it was earlier
    ],
)
def test_an_activity_is_moved_to_possible_times(facts, arrange, times, key):
    said = refusal(activities.move, facts, arrange(), **TIMES | times)

    assert (said and said[0]) == key


def test_what_was_held_is_neither_moved_nor_cancelled_until_that_is_taken_back(facts, begun):
    activities.hold(facts, begun)
    later = {"starts_at": START + DAY, "ends_at": START + DAY + HOUR}
    calls = [(activities.move, [], later), (activities.cancel, ["Sygdom"], {})]

    said = [refusal(verb, facts, begun, *args, **values) for verb, args, values in calls]
    activities.take_back(facts, begun)
    after = [refusal(verb, facts, begun, *args, **values) for verb, args, values in calls]

    assert said == [("activity_held", {})] * 2
    assert after == [None, None]


def test_where_people_have_been_counted_it_was_neither_cancelled_nor_is_it_to_come(
    facts, begun, case
):
    activities.count(facts, begun, {(case, "staff"): (10, 0)})
    later = {"starts_at": START + INSTANT, "ends_at": START + HOUR}
    earlier = {"starts_at": START - HOUR, "ends_at": START}

    assert refusal(activities.move, facts, begun, **later) == ("headcount_exists", {})
    assert refusal(activities.cancel, facts, begun, "Sygdom") == ("headcount_exists", {})
    assert refusal(activities.move, facts, begun, **earlier) is None
    activities.count(facts, begun, {(case, "staff"): (10, None)})
    assert refusal(activities.move, facts, begun, **later) is None
    assert refusal(activities.cancel, facts, begun, "Sygdom") is None


@pytest.mark.parametrize(
    ("reason", "said"),
    [("", "reason_needed"), (" \n", "reason_needed"), (f"Ring {CPR}", "cpr_refused")],
)
def test_a_cancellation_has_a_reason_without_a_cpr_number(facts, arrange, reason, said):
    activity_id = arrange()
    before = facts.version()

    assert refusal(activities.cancel, facts, activity_id, reason) == (said, {})
    assert facts.version() == before


def test_a_cancelled_activity_stays_to_be_read_and_nothing_more_becomes_of_it(
    facts, arrange, case, clock, written
):
    activity_id = arrange()
    before = heads(facts, activity_id)

    with written(facts) as changes:
        activities.cancel(facts, activity_id, " Sygdom ")

    at = "2025-03-13T09:00:00.000000+00:00"
    said = {"cancelled_at": at, "cancel_reason": "Sygdom", "version": 2}
    assert changes == [("activity.edit", "activity", "update", said)]
    clock.now = START
    for verb, args, values in verbs(activity_id, case)[1:6] + verbs(activity_id, case)[7:]:
        answer = refusal(verb, facts, *args, **values)
        assert answer == ("activity_cancelled", {"title": "Workshop 1"}), verb
    assert (heads(facts, activity_id), list(serves(facts, activity_id))) == (before, [case])


def test_a_cancellation_and_a_move_can_be_taken_back(facts, arrange):
    activity_id = arrange()
    before = contents(facts)
    activities.move(facts, activity_id, starts_at=START + DAY, ends_at=START + DAY + HOUR)
    move = facts.last_operation
    activities.cancel(facts, activity_id, "Sygdom")
    cancellation = facts.last_operation

    with pytest.raises(Refused, match="revert_too_late"):
        facts.revert(move)
    facts.revert(cancellation)
    undone = facts.get("activity", activity_id)
    activities.move(facts, activity_id, **TIMES)

    assert (undone["cancelled_at"], undone["starts_at"]) == (None, stamp(START + DAY))
    assert contents(facts) == before


# --- holding --------------------------------------------------------------------------------------


@pytest.fixture
def joint(facts, case, other, arrange, clock):
    """A workshop of two cases under way, each with its milestone."""
    milestones = {one: of_kind(facts, one, "workshop") for one in (case, other)}
    activity_id = arrange(enrolments=milestones)
    clock.now = START + 4 * HOUR
    return activity_id, milestones


def test_a_held_activity_ticks_milestones_off_with_its_day_and_gives_everybody_a_task(
    facts, case, other, joint, written
):
    activity_id, milestones = joint
    with facts.write("user.edit"):
        user = facts.insert(
            "app_user",
            {"login": "ane@x.example", "name": "Ane", "initials": "A", "role": "consultant"},
        )
    enrolments.edit(facts, other, {"consultant_id": user})

    with written(facts) as changes:
        activities.hold(
            facts,
            activity_id,
            done=[milestones[case]],
            agreed=" To peers fra maj ",
            next_step=" Send stillingsopslag ",
            next_step_by=date(2025, 4, 22),
        )

    task = {
        "version": 1,
        "title": "Send stillingsopslag",
        "due_on": "2025-04-22",
        "done_on": None,
        "note_id": None,
    }
    tasks = facts.rows("task")
    assert changes == [
        (
            "activity.edit",
            "activity",
            "update",
            {
                "held_at": "2025-04-08T16:00:00.000000+00:00",
                "agreed": "To peers fra maj",
                "next_step": "Send stillingsopslag",
                "next_step_by": "2025-04-22",
                "version": 2,
            },
        ),
        ("milestone.done", "milestone", "update", {"done_on": "2025-04-08", "version": 2}),
        *[
            (
                "task.add",
                "task",
                "insert",
                {**task, "id": row["id"], "enrolment_id": one, "assignee_id": who},
            )
            for row, one, who in zip(tasks, (case, other), (None, user), strict=True)
        ],
    ]
    assert len({row["operation"] for row in facts.rows("history")[-len(changes) :]}) == 1


def test_holding_is_taken_back_as_one(facts, joint):
    activity_id, milestones = joint
    before = contents(facts)

    activities.hold(
        facts, activity_id, done=milestones.values(), agreed="Ja", next_step="Ring til dem"
    )
    assert contents(facts) != before
    facts.revert(facts.last_operation)

    assert contents(facts) == before
    assert differences(facts.db, facts.path, HEAD) == []


@pytest.mark.parametrize("change", ["task", "milestone", "activity"])
def test_holding_is_not_taken_back_once_something_of_it_has_changed(facts, joint, change):
    activity_id, milestones = joint
    activities.hold(facts, activity_id, done=milestones.values(), next_step="Ring til dem")
    operation = facts.last_operation
    if change == "task":
        with facts.write("task.edit"):
            facts.update("task", facts.rows("task")[0]["id"], {"done_on": "2025-04-08"})
    elif change == "milestone":
        plan.mark_open(facts, next(iter(milestones.values())))
    else:
        activities.edit(facts, activity_id, {"agreed": "Ja"})
    before = contents(facts)

    assert refusal(facts.revert, operation) == ("revert_too_late", {"by": "System"})
    assert contents(facts) == before


@pytest.mark.parametrize(
    ("now", "said"),
    [(START - INSTANT, ("activity_not_begun", {"at": START})), (START, None)],
)
def test_an_activity_is_held_and_counted_from_the_instant_it_begins(
    facts, arrange, case, clock, now, said
):
    activity_id = arrange()
    clock.now = now
    before = facts.version()

    assert refusal(activities.hold, facts, activity_id) == said
    cells = {(case, "staff"): (10, 0)}
    assert refusal(activities.count, facts, activity_id, cells) == said
    assert (facts.version() == before) == (said is not None)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"done": [9999]}, ("milestone_elsewhere", {})),
        ({"done": [1]}, ("milestone_elsewhere", {})),  # another step of the same case
        ({"next_step_by": date(2025, 4, 22)}, ("next_step_needed", {})),
        ({"next_step_by": date(2025, 4, 22), "next_step": " "}, ("next_step_needed", {})),
    ],
)
def test_what_does_not_belong_to_a_held_activity_keeps_it_from_being_held(
    facts, joint, values, said
):
    activity_id, _ = joint
    before = contents(facts)

    assert refusal(activities.hold, facts, activity_id, **values) == said
    assert contents(facts) == before


def test_a_milestone_that_was_set_aside_keeps_all_from_being_held(facts, case, joint):
    activity_id, milestones = joint
    plan.set_aside(facts, milestones[case], "Holdes ikke")
    before = contents(facts)

    said = refusal(activities.hold, facts, activity_id, done=milestones.values())

    assert said is not None
    assert said[0] == "milestone_not_applicable"
    assert contents(facts) == before


def test_what_is_added_later_keeps_when_it_was_held_and_gives_no_task_twice(
    facts, joint, clock, written
):
    activity_id, _ = joint
    activities.hold(facts, activity_id, agreed="Ja", next_step="Ring til dem")
    clock.tick(hours=1)

    with written(facts) as changes:
        activities.hold(facts, activity_id, agreed=" ", next_step="Ring til dem")
        activities.hold(facts, activity_id, next_step_by=date(2025, 4, 22), agreed="Ja, to")

    said = {"agreed": "Ja, to", "next_step_by": "2025-04-22", "version": 3}
    assert changes == [("activity.edit", "activity", "update", said)]
    assert len(facts.rows("task")) == 2


def test_that_it_was_held_is_taken_back_unless_people_have_been_counted(facts, case, joint):
    activity_id, milestones = joint
    activities.hold(facts, activity_id, done=milestones.values())
    activities.count(facts, activity_id, {(case, "staff"): (10, 0)})
    version = facts.version()

    assert refusal(activities.take_back, facts, activity_id) == ("headcount_exists", {})
    assert facts.version() == version
    activities.count(facts, activity_id, {(case, "staff"): (10, None)})
    assert activities.take_back(facts, activity_id)["held_at"] is None
    done = [facts.get("milestone", one)["done_on"] for one in milestones.values()]
    assert done == ["2025-04-08"] * 2


# --- counting -------------------------------------------------------------------------------------


def test_cells_are_counted_invited_and_taken_off_in_one_go(facts, begun, case, written):
    with written(facts) as changes:
        changed = activities.count(
            facts,
            begun,
            {
                (case, "staff"): (10, 8),
                (case, "citizens"): None,
                (case, "peers"): (None, 0),
                (case, "leadership"): None,
            },
        )

    assert changed == len(changes) == 3
    assert heads(facts, begun) == {(case, "staff"): (10, 8), (case, "peers"): (None, 0)}
    assert [change[:3] for change in changes] == [
        ("headcount.edit", "headcount", "update"),
        ("headcount.edit", "headcount", "delete"),
        ("headcount.edit", "headcount", "insert"),
    ]
    assert changes[0][3] == {"attended": 8, "version": 2}
    facts.revert(facts.last_operation)
    assert heads(facts, begun) == {(case, "staff"): (10, None), (case, "citizens"): (None, None)}


def test_nobody_came_is_another_thing_than_nobody_has_counted_or_was_invited(facts, begun, case):
    key = (case, "staff")
    for cell in ((10, 0), (10, None), (0, 0), (None, None), None, (None, None)):
        assert activities.count(facts, begun, {key: cell}) == 1
        assert activities.count(facts, begun, {key: cell}) == 0
        assert heads(facts, begun).get(key) == cell


def test_the_same_cells_again_write_nothing(facts, begun, case):
    activities.count(facts, begun, {(case, "staff"): (10, 8)})
    version = facts.version()

    assert activities.count(facts, begun, {(case, "staff"): (10, 8), (case, "peers"): None}) == 0
    assert activities.count(facts, begun, {}) == 0
    assert facts.version() == version


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ((10, 200), None),
        ((200, 200), None),
        ((10, 201), ("headcount_out_of_range", {"number": 201, "highest": 200})),
        ((201, None), ("headcount_out_of_range", {"number": 201, "highest": 200})),
        ((10, -1), ("headcount_out_of_range", {"number": -1, "highest": 200})),
    ],
)
def test_one_impossible_number_keeps_all_from_being_saved(facts, begun, case, cell, said):
    before = contents(facts)

    found = refusal(
        activities.count, facts, begun, {(case, "citizens"): (4, 3), (case, "staff"): cell}
    )

    assert found == said
    assert (contents(facts) == before) == (said is not None)


@pytest.mark.parametrize("cell", [(4, 3), None])
def test_only_audiences_of_municipalities_that_are_there_are_counted(
    facts, begun, case, other, cell
):
    before = contents(facts)

    elsewhere = {(case, "staff"): (10, 8), (other, "staff"): cell}
    assert refusal(activities.count, facts, begun, elsewhere) == ("municipality_elsewhere", {})
    unknown = {(case, "staff"): (10, 8), (case, "ministers"): (4, 3)}
    assert refusal(activities.count, facts, begun, unknown) == (
        "code_unknown",
        {"code": "ministers"},
    )
    assert contents(facts) == before


def test_how_many_are_planned_is_known_before_it_begins(facts, arrange, case):
    activity_id = arrange()

    assert activities.count(facts, activity_id, {(case, "staff"): (12, None)}) == 1
    assert heads(facts, activity_id)[case, "staff"] == (12, None)


def test_what_a_colleague_has_changed_since_it_was_seen_is_not_overwritten(facts, begun, case):
    seen = heads(facts, begun)
    activities.count(facts, begun, {(case, "staff"): (10, 7)}, seen=seen)
    before = contents(facts)

    mine = {(case, "staff"): (10, 8), (case, "citizens"): (3, 3)}
    assert refusal(activities.count, facts, begun, mine, seen=seen) == ("headcount_changed", {})
    assert contents(facts) == before
    assert activities.count(facts, begun, mine) == 2  # who saw nothing says what it is


def test_two_may_count_different_audiences_and_come_to_the_same_number(facts, begun, case):
    seen = heads(facts, begun)
    activities.count(facts, begun, {(case, "staff"): (10, 7)}, seen=seen)

    mine = {(case, "staff"): (10, 7), (case, "citizens"): (3, 3)}
    assert activities.count(facts, begun, mine, seen=seen) == 1
    assert heads(facts, begun) == {(case, "staff"): (10, 7), (case, "citizens"): (3, 3)}


@pytest.mark.parametrize(
    ("theirs", "mine"), [(None, (10, 8)), ((10, 3), None)], ids=["uninvited", "counted"]
)
def test_an_invitation_is_seen_like_a_number(facts, begun, case, theirs, mine):
    seen = heads(facts, begun)
    activities.count(facts, begun, {(case, "staff"): theirs})

    said = refusal(activities.count, facts, begun, {(case, "staff"): mine}, seen=seen)

    assert said == ("headcount_changed", {})


def test_one_invited_by_a_colleague_meanwhile_is_not_counted_over(facts, begun, case):
    seen = heads(facts, begun)
    activities.count(facts, begun, {(case, "peers"): (4, 4)}, seen=seen)

    said = refusal(activities.count, facts, begun, {(case, "peers"): (2, 2)}, seen=seen)

    assert said == ("headcount_changed", {})


# --- milestones that count from an activity -------------------------------------------------------


def due(store, enrolment_id: int, milestone_id: int) -> tuple[date, date]:
    """The due date as the store's calculation and as the frame's has it."""
    found = frames.milestones(store, enrolment_id).set_index("milestone_id")["due_on"]
    own = plan.dates(store, enrolment_id)[milestone_id]
    assert own.rule_on == own.due_on
    return own.due_on, found[milestone_id].date()


def test_a_step_that_counts_from_an_activity_moves_with_it_and_back(facts, arrange, case, clock):
    activity_id = arrange()
    step = plan.add_by_activity(facts, case, " Invitation ", activity_id, -28)
    first = date(2025, 3, 11)
    assert due(facts, case, step) == (first, first)
    clock.tick(days=1)

    activities.move(facts, activity_id, starts_at=START + 14 * DAY, ends_at=START + 15 * DAY)
    moved = due(facts, case, step)
    past = facts.at(date(2025, 3, 13))
    facts.revert(facts.last_operation)

    assert moved == (date(2025, 3, 25), date(2025, 3, 25))
    assert due(past, case, step) == due(facts, case, step) == (first, first)


@pytest.mark.parametrize(
    ("starts_at", "offset", "unit", "day"),
    [
        (START, 0, "days", date(2025, 4, 8)),
        (START, 3, "working_days", date(2025, 4, 11)),
        (START, 8, "working_days", date(2025, 4, 23)),  # past Easter
        (START, 1, "months", date(2025, 5, 8)),
        (START, 4, "days", date(2025, 4, 14)),  # a Saturday is the Monday after
        (datetime(2025, 4, 8, 21, 59, tzinfo=UTC), 0, "days", date(2025, 4, 8)),
        (datetime(2025, 4, 8, 22, 0, tzinfo=UTC), 0, "days", date(2025, 4, 9)),
    ],
)
def test_a_step_counts_from_the_day_of_the_activity_in_copenhagen(
    facts, arrange, case, starts_at, offset, unit, day
):
    activity_id = arrange(starts_at=starts_at, ends_at=starts_at + HOUR)

    step = plan.add_by_activity(facts, case, "Trin", activity_id, offset, unit)

    assert due(facts, case, step) == (day, day)


def test_a_step_of_a_cancelled_activity_keeps_its_date(facts, arrange, case):
    activity_id = arrange()
    step = plan.add_by_activity(facts, case, "Invitation", activity_id, -28)

    activities.cancel(facts, activity_id, "Sygdom")

    assert due(facts, case, step) == (date(2025, 3, 11), date(2025, 3, 11))


def test_a_step_that_was_moved_by_hand_or_follows_another_keeps_to_that(facts, arrange, case):
    activity_id = arrange()
    first = plan.add_by_activity(facts, case, "Invitation", activity_id, -28)
    with facts.write("milestone.add"):
        row = {**facts.get("milestone", first), "anchor": "milestone", "anchor_id": first}
        row |= {"anchor_activity_id": None, "offset": 7, "name": "Rykker"}
        follower = facts.insert("milestone", {k: v for k, v in row.items() if k != "id"})
    plan.move(facts, first, date(2025, 3, 20), "Ferie")

    activities.move(facts, activity_id, starts_at=START + 14 * DAY, ends_at=START + 15 * DAY)

    assert plan.dates(facts, case)[first].due_on == date(2025, 3, 20)
    assert plan.dates(facts, case)[first].rule_on == date(2025, 3, 25)
    assert due(facts, case, follower) == (date(2025, 3, 27), date(2025, 3, 27))
    row = frames.milestones(facts).set_index("milestone_id").loc[first]
    assert (row["anchor"], row["anchor_name"], row["own"]) == ("activity", "Workshop 1", True)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"name": " "}, "name_needed"),
        ({"unit": "weeks"}, "rule_unknown"),
        ({"offset": 3000}, "date_outside_programme"),
        ({"offset": -3000}, "date_outside_programme"),
        ({"name": CPR}, "cpr_refused"),
    ],
)
def test_a_step_that_cannot_be_is_not_added(facts, arrange, case, given, key):
    values = {"name": "Trin", "activity_id": arrange(), "offset": -28} | given
    before = facts.version()

    said = refusal(plan.add_by_activity, facts, case, **values)

    assert said is not None
    assert said[0] == key
    assert facts.version() == before


def test_a_step_counts_only_from_an_activity_of_its_own_case(facts, arrange, other):
    said = refusal(plan.add_by_activity, facts, other, "Trin", arrange(), -28)

    assert said == ("municipality_elsewhere", {})


def test_planning_is_not_taken_back_while_a_step_counts_from_it(facts, arrange, case):
    before, activity_id = contents(facts), arrange()
    operation = facts.last_operation
    plan.add_by_activity(facts, case, "Trin", activity_id, -28)
    step = facts.last_operation

    assert refusal(facts.revert, operation) == ("revert_too_late", {"by": "System"})
    facts.revert(step)
    facts.revert(operation)
    assert contents(facts) == before


# --- two at once ----------------------------------------------------------------------------------


def at_once(path, work, *each) -> list:
    """What `work(store, one)` gives in a process of its own for each, all started together."""
    context = get_context("fork")
    gate, answers = context.Barrier(len(each)), context.SimpleQueue()

    def run(number: int) -> None:
        with open_store(path, demo.SYSTEM, clock=lambda: START) as store:
            gate.wait()
            try:
                answers.put((number, work(store, each[number])))
            except AdvisoryError as error:
                answers.put((number, error.key))

    started = [context.Process(target=run, args=[number]) for number in range(len(each))]
    for process in started:
        process.start()
    said = dict(answers.get() for _ in each)
    for process in started:
        process.join(20)
    return [said[number] for number in range(len(each))]


def test_two_who_count_the_same_cell_at_once_do_not_both_get_it(facts, begun, case):
    key = (case, "staff")

    def enter(store, asked):
        seen, cell = asked
        return activities.count(store, begun, {key: cell}, seen=seen)

    for turn in range(5):
        seen, cells = heads(facts, begun), [(10, 10 * turn + 1), (10, 10 * turn + 2)]

        said = at_once(facts.path, enter, *[(seen, cell) for cell in cells])

        assert sorted(map(str, said)) == ["1", "headcount_changed"]
        assert heads(facts, begun)[key] == cells[said.index(1)]
    assert differences(facts.db, facts.path, HEAD) == []


def test_control_who_does_not_say_what_was_seen_overwrites(facts, begun, case):
    cells = [(10, 1), (10, 2)]

    said = at_once(
        facts.path,
        lambda store, cell: activities.count(store, begun, {(case, "staff"): cell}),
        *cells,
    )

    assert said == [1, 1]
    assert heads(facts, begun)[case, "staff"] in cells


def test_two_who_count_different_cells_at_once_both_get_them(facts, begun, case):
    seen = heads(facts, begun)
    mine = [{(case, audience): (1, number)} for number, audience in enumerate(ALL)]

    said = at_once(
        facts.path, lambda store, cells: activities.count(store, begun, cells, seen=seen), *mine
    )

    assert said == [1, 1, 1, 1]
    assert heads(facts, begun) == {(case, name): (1, number) for number, name in enumerate(ALL)}


def test_two_who_hold_at_once_are_told_and_leave_one_next_step(facts, begun):
    words = ["Ring til dem", "Skriv til dem"]

    said = at_once(
        facts.path,
        lambda store, step: activities.hold(store, begun, next_step=step, version=1)["version"],
        *words,
    )

    assert sorted(map(str, said)) == ["2", "conflict"]
    assert [row["title"] for row in facts.rows("task")] == [words[said.index(2)]]
    assert facts.get("activity", begun)["next_step"] == words[said.index(2)]
