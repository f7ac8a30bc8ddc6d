"""Meetings: announced, copied, changed, moved, cancelled; what each refuses and tells whom."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory.domain.errors import AdvisoryError, Conflict, Forbidden, Refused
from advisory.store import meetings, signups

START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # 14.00 in Copenhagen
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
MEETING = {"starts_at": START, "ends_at": START + HOUR, "signup_by": START - DAY}


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")


def refusal(verb, *args, **values) -> tuple[str, dict] | None:
    """The key and values that a verb refuses with, None when it does not."""
    try:
        verb(*args, **values)
    except AdvisoryError as error:
        return error.key, error.values
    return None


@pytest.fixture
def announce(facts):
    """`announce(capacity=1)` gives the id of a meeting four weeks ahead."""

    def make(**given) -> int:
        return meetings.create(facts, "info_meeting", "Informationsmøde", **MEETING | given)

    return make


@pytest.fixture
def join(facts):
    """`join(activity, "ane")` signs ane@x.example up and gives what came of it."""

    def sign_up(activity_id: int, name: str) -> signups.Placed:
        return signups.sign_up(facts, activity_id, name=name, email=f"{name}@x.example")

    return sign_up


def states(store, activity_id: int) -> dict[str, str]:
    """Where each stands, by name, in the order of their numbers."""
    rows = store.rows("signup", "activity_id = ?", [activity_id], order="queue")
    return {store.get("person", row["person_id"])["name"]: row["state"] for row in rows}


def mails(store, activity_id: int, kind: str) -> list[tuple[str, str | None]]:
    rows = store.rows("message", "activity_id = ? AND kind = ?", [activity_id, kind])
    return [(row["state"], row["reason"]) for row in rows]


def test_a_new_meeting_has_every_field_and_the_standard_mails(facts, written):
    with written(facts) as changes:
        activity_id = meetings.create(
            facts,
            "webinar",
            " Webinar ",
            **MEETING,
            body=" Om metoden ",
            place=" ",
            link="https://mode.example/1",
            capacity=30,
            for_whom="Kommuner",
            cohort_id=1,
            organiser="Ane Holm",
            contact_email=" ane@x.example ",
            public=False,
            answer_hours=48,
            keep_months=6,
        )

    row = facts.get("activity", activity_id)
    assert row == {
        "id": activity_id,
        "version": 1,
        "kind": "webinar",
        "title": "Webinar",
        "body": "Om metoden",
        "starts_at": "2025-04-08T12:00:00.000000+00:00",
        "ends_at": "2025-04-08T13:00:00.000000+00:00",
        "place": None,
        "link": "https://mode.example/1",
        "capacity": 30,
        "signup_by": "2025-04-07T12:00:00.000000+00:00",
        "for_whom": "Kommuner",
        "cohort_id": 1,
        "organiser": "Ane Holm",
        "contact_email": "ane@x.example",
        "uid": row["uid"],
        "sequence": 0,
        "moved_at": None,
        "link_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "answer_hours": 48,
        "keep_months": 6,
        "public": 0,
        "copied_from_id": None,
        "source": "oprettet i Peerforløb",
        **dict.fromkeys(("provider_id", "consultant_id", "first_starts_at", "held_at")),
        **{"agreed": "", "next_step": "", "next_step_by": None, "materials": ""},
    }
    kinds = [rule["kind"] for rule in facts.rows("mail_template", order="position")]
    assert [change[:3] for change in changes] == [
        ("activity.edit", "activity", "insert"),
        *[("activity.edit", "mail_rule", "insert")] * len(kinds),
    ]
    rules = facts.rows("mail_rule", "activity_id = ?", [activity_id])
    assert [(rule["kind"], rule["active"]) for rule in rules] == [(kind, 1) for kind in kinds]


def test_two_meetings_never_share_an_identity_and_none_looks_like_a_cpr_number(announce, facts):
    """Of 32 hexadecimal digits one in 700 would be refused."""
    names = [facts.get("activity", announce())["uid"].partition("@")[0] for _ in range(2)]

    assert names[0] != names[1]
    assert [(len(name), name.isalpha()) for name in names] == [(32, True)] * 2


UNUSABLE = [
    ({"title": " "}, "title_needed", {}),
    ({"title": "x" * 161}, "text_too_long", {"limit": 160}),
    ({"body": "x" * 5001}, "text_too_long", {"limit": 5000}),
    ({"link": "http://mode.example"}, "link_unreadable", {"link": "http://mode.example"}),
    ({"link": "https://a b.example"}, "link_unreadable", {"link": "https://a b.example"}),
    ({"link": "javascript:1"}, "link_unreadable", {"link": "javascript:1"}),
    ({"contact_email": "ane"}, "email_unreadable", {"email": "ane"}),
    ({"capacity": 0}, "number_out_of_range", {"number": 0, "lowest": 1, "highest": 10_000}),
    ({"capacity": 10001}, "number_out_of_range", {"number": 10001, "lowest": 1, "highest": 10_000}),
    ({"answer_hours": 0}, "number_out_of_range", {"number": 0, "lowest": 1, "highest": 336}),
    ({"keep_months": -1}, "number_out_of_range", {"number": -1, "lowest": 0, "highest": 24}),
    ({"keep_months": 25}, "number_out_of_range", {"number": 25, "lowest": 0, "highest": 24}),
    ({"cohort_id": 99}, "not_found", {"table": "cohort", "row_id": 99}),
    ({"body": "Ring til 010190-1234"}, "cpr_refused", {}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "key", "values"), UNUSABLE)
def test_what_cannot_be_used_is_refused_in_a_new_meeting_and_in_an_old_one(
    facts, announce, given, key, values
):
    activity_id = announce()
    before = facts.version()
    new = {"title": "Informationsmøde", **MEETING, **given}

    said = (
        refusal(meetings.create, facts, "info_meeting", new.pop("title"), **new),
        refusal(meetings.edit, facts, activity_id, given),
    )

    assert said == ((key, values), (key, values))
    assert facts.version() == before


@pytest.mark.parametrize(
    ("kind", "given", "key"),
    [
        ("party", {}, "code_unknown"),
        ("webinar", {"ends_at": START}, "meeting_ends_before_start"),
        ("webinar", {"ends_at": START + DAY + INSTANT}, "meeting_too_long"),
        ("webinar", {"signup_by": START + INSTANT}, "signup_closes_after_start"),
    ],
)
def test_a_kind_nobody_knows_and_impossible_times_are_refused(facts, kind, given, key):
    with pytest.raises(Refused, match=key):
        meetings.create(facts, kind, "Møde", **MEETING | given)


@pytest.mark.parametrize("role", ["leadership", "partner", "public"])
def test_only_who_works_with_meetings_may_change_them(facts, announce, as_role, role):
    activity_id = announce()
    rule = facts.rows("mail_rule")[0]["id"]
    other, before = as_role(role), facts.version()

    for verb, args, values in [
        (meetings.create, ["webinar", "Møde"], MEETING),
        (meetings.copy, [activity_id], {"starts_at": START}),
        (meetings.edit, [activity_id, {"capacity": 3}], {}),
        (meetings.move, [activity_id], MEETING),
        (meetings.cancel, [activity_id, "Sygdom"], {}),
        (meetings.edit_rule, [rule, {"active": 0}], {}),
    ]:
        with pytest.raises(Forbidden):
            verb(other, *args, **values)
    assert facts.version() == before


# --- changing ------------------------------------------------------------------------------------


def test_a_changed_field_is_one_history_row(facts, announce, written):
    activity_id = announce()

    with written(facts) as changes:
        meetings.edit(facts, activity_id, {"for_whom": "Ledere", "body": "", "capacity": 8})

    assert changes == [
        ("activity.edit", "activity", "update", {"for_whom": "Ledere", "capacity": 8, "version": 2})
    ]


def test_no_difference_writes_nothing(facts, announce, written):
    activity_id = announce()

    with written(facts) as changes:
        meetings.edit(facts, activity_id, {"title": "Informationsmøde ", "place": "", "public": 1})

    assert changes == []


@pytest.mark.parametrize(
    ("changes", "sequence", "moved"),
    [
        ({"title": "Webinar"}, 1, None),
        ({"place": "Online"}, 1, "2025-03-13T09:00:00.000000+00:00"),
        ({"body": "Mere", "capacity": 3, "link": "https://x.example"}, 0, None),
    ],
)
def test_what_a_calendar_shows_raises_its_sequence(facts, announce, changes, sequence, moved):
    after = meetings.edit(facts, announce(), changes)

    assert (after["sequence"], after["moved_at"]) == (sequence, moved)


def test_an_unknown_field_and_the_times_are_not_edited(facts, announce):
    said = refusal(meetings.edit, facts, announce(), {"starts_at": "x", "uid": "y"})

    assert said == ("field_unknown", {"field": "starts_at, uid"})


def test_an_edit_of_an_old_version_is_a_conflict_and_leaves_all(facts, announce, join):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane")
    meetings.edit(facts, activity_id, {"body": "Ny"})
    before = facts.version()

    with pytest.raises(Conflict):
        meetings.edit(facts, activity_id, {"body": "Min"}, version=1)
    assert facts.version() == before


# --- capacity -------------------------------------------------------------------------------------


def test_a_raised_capacity_is_offered_in_order(facts, announce, join):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo", "Cai", "Dan"):
        join(activity_id, name)

    meetings.edit(facts, activity_id, {"capacity": 3})

    assert states(facts, activity_id) == {
        "Ane": "seat", "Bo": "offered", "Cai": "offered", "Dan": "waiting",
    }  # fmt: skip
    assert mails(facts, activity_id, "offer") == [("due", None)] * 2


def test_no_limit_offers_all_who_wait_a_seat(facts, announce, join):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo", "Cai"):
        join(activity_id, name)

    meetings.edit(facts, activity_id, {"capacity": None})

    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "offered", "Cai": "offered"}
    assert join(activity_id, "Dan").state == "seat"


@pytest.mark.parametrize(
    ("capacity", "said"), [(3, None), (2, None), (1, ("capacity_too_low", {"taken": 2}))]
)
def test_a_lower_capacity_takes_no_seat_and_no_offer_back(facts, announce, join, capacity, said):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    meetings.edit(facts, activity_id, {"capacity": 2})

    assert refusal(meetings.edit, facts, activity_id, {"capacity": capacity}) == said
    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "offered"}


def test_a_seat_whose_offer_has_lapsed_can_be_taken_out(facts, announce, join, clock):
    """The offer lapses first, so that it does not count; and its person is told why no more."""
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    meetings.edit(facts, activity_id, {"capacity": 2})
    clock.tick(hours=24, microseconds=1)

    meetings.edit(facts, activity_id, {"capacity": 1})

    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "lapsed"}
    assert mails(facts, activity_id, "offer") == [("skipped", "lapsed")]


def test_setting_a_limit_below_those_who_have_a_seat_is_refused(facts, announce, join):
    activity_id = announce()
    for name in ("Ane", "Bo"):
        join(activity_id, name)

    said = refusal(meetings.edit, facts, activity_id, {"capacity": 1})

    assert said == ("capacity_too_low", {"taken": 2})
    assert meetings.edit(facts, activity_id, {"capacity": 2})["capacity"] == 2


# --- moving ---------------------------------------------------------------------------------------


def test_a_moved_meeting_tells_those_on_the_list(facts, announce, join, clock, written):
    activity_id = announce(capacity=1)
    ane, bo = (join(activity_id, name).signup_id for name in ("Ane", "Bo"))
    signups.withdraw(facts, join(activity_id, "Cai").signup_id)
    clock.tick(hours=1)

    with written(facts) as changes:
        meetings.move(
            facts, activity_id, starts_at=START + DAY, ends_at=START + DAY + HOUR, signup_by=START
        )

    assert changes[0] == (
        "activity.edit",
        "activity",
        "update",
        {
            "starts_at": stamp(START + DAY),
            "ends_at": stamp(START + DAY + HOUR),
            "signup_by": stamp(START),
            "sequence": 1,
            "moved_at": "2025-03-13T10:00:00.000000+00:00",
            "version": 2,
        },
    )
    assert sorted({change[1] for change in changes}) == ["activity", "message", "person"]
    told = facts.rows("message", "kind = 'moved'")
    assert [(row["signup_id"], row["due_at"], row["state"]) for row in told] == [
        (ane, "2025-03-13T10:00:00.000000+00:00", "due"),
        (bo, "2025-03-13T10:00:00.000000+00:00", "due"),
    ]


def test_another_closing_time_alone_tells_nobody(facts, announce, join):
    activity_id = announce()
    join(activity_id, "Ane")

    after = meetings.move(facts, activity_id, **MEETING | {"signup_by": None})

    assert (after["signup_by"], after["sequence"], after["moved_at"]) == (None, 0, None)
    assert mails(facts, activity_id, "moved") == []


def test_an_offer_does_not_outlast_a_start_that_was_moved_closer(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    meetings.edit(facts, activity_id, {"capacity": 2})
    near = clock.now + timedelta(hours=3)

    meetings.move(facts, activity_id, starts_at=near, ends_at=near + HOUR, signup_by=None)

    assert facts.find("signup", state="offered")["answer_by"] == stamp(near)


def test_a_start_moved_further_away_gives_no_one_longer_to_answer(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    meetings.edit(facts, activity_id, {"capacity": 2})
    by = facts.find("signup", state="offered")["answer_by"]

    meetings.move(
        facts, activity_id, starts_at=START + DAY, ends_at=START + DAY + HOUR, signup_by=None
    )

    assert facts.find("signup", state="offered")["answer_by"] == by == stamp(clock.now + DAY)


def test_who_signed_up_is_kept_for_months_after_the_day_it_was_moved_to(facts, announce, join):
    activity_id = announce(keep_months=3)
    join(activity_id, "Ane")
    later = START + 210 * DAY

    meetings.move(facts, activity_id, starts_at=later, ends_at=later + HOUR, signup_by=None)

    assert facts.rows("person")[-1]["delete_after"] == "2026-02-04"


@pytest.mark.parametrize(
    ("now", "starts_at", "key"),
    [
        (START - DAY, START - DAY, "meeting_in_past"),
        (START - DAY, START - DAY + INSTANT, None),
        (START + HOUR - INSTANT, START + DAY, None),
        (START + HOUR, START + DAY, "meeting_over"),
        (START + HOUR - INSTANT, START - DAY, "meeting_in_past"),
    ],
)
def test_only_a_meeting_to_come_is_moved_and_only_ahead(
    facts, announce, clock, now, starts_at, key
):
    activity_id = announce()
    clock.now = now
    new = {"starts_at": starts_at, "ends_at": starts_at + HOUR, "signup_by": None}

    said = refusal(meetings.move, facts, activity_id, **new)

    assert said == (key and (key, {}))


def test_a_move_to_impossible_times_is_refused(facts, announce):
    activity_id = announce()

    said = [
        refusal(meetings.move, facts, activity_id, **MEETING | given)
        for given in (
            {"ends_at": START - HOUR},
            {"ends_at": START + DAY + INSTANT},
            {"signup_by": START + HOUR},
        )
    ]

    assert [key for key, _ in said] == [
        "meeting_ends_before_start", "meeting_too_long", "signup_closes_after_start",
    ]  # fmt: skip


# --- cancelling -----------------------------------------------------------------------------------


def test_a_cancelled_meeting_tells_those_on_the_list_why_and_nothing_else(
    facts, announce, join, clock
):
    activity_id = announce(capacity=1, link="https://mode.example")
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    signups.withdraw(facts, join(activity_id, "Cai").signup_id)
    clock.tick(hours=1)

    after = meetings.cancel(facts, activity_id, " Sygdom ")

    assert (after["cancel_reason"], after["cancelled_at"], after["sequence"]) == (
        "Sygdom", "2025-03-13T10:00:00.000000+00:00", 1,
    )  # fmt: skip
    to_go = facts.rows("message", "state = 'due'")
    assert [(row["kind"], row["signup_id"]) for row in to_go] == [
        ("cancelled", 1),
        ("cancelled", 2),
    ]


def test_nothing_happens_at_a_cancelled_meeting(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ids = [join(activity_id, name).signup_id for name in ("Ane", "Bo", "Cai")]
    signups.withdraw(facts, ids[0])
    meetings.cancel(facts, activity_id, "Sygdom")
    said = [
        refusal(join, activity_id, "Dan"),
        refusal(signups.accept, facts, ids[1]),
        refusal(signups.decline, facts, ids[1]),
        refusal(meetings.edit, facts, activity_id, {"capacity": 3}),
        refusal(meetings.move, facts, activity_id, **MEETING),
        refusal(meetings.cancel, facts, activity_id, "Igen"),
    ]
    clock.now = START + HOUR
    said.append(refusal(signups.set_present, facts, ids[1], True))

    assert said == [("meeting_cancelled", {})] * 7
    assert states(facts, activity_id) == {"Ane": "withdrawn", "Bo": "offered", "Cai": "waiting"}


def test_an_offer_at_a_cancelled_meeting_does_not_lapse_so_that_its_person_is_told(
    facts, announce, join, clock
):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    meetings.edit(facts, activity_id, {"capacity": 2})
    meetings.cancel(facts, activity_id, "Sygdom")
    clock.tick(hours=25)

    assert (signups.settle(facts), signups.settle(facts, activity_id)) == (0, 0)
    assert mails(facts, activity_id, "cancelled") == [("due", None)] * 2


@pytest.mark.parametrize(
    ("now", "reason", "key"),
    [
        (START, " ", "reason_needed"),
        (START + HOUR - INSTANT, "Strømsvigt", None),
        (START + HOUR, "Strømsvigt", "meeting_over"),
    ],
)
def test_a_cancellation_needs_a_reason_and_a_meeting_that_is_not_over(
    facts, announce, clock, now, reason, key
):
    activity_id = announce()
    clock.now = now

    assert refusal(meetings.cancel, facts, activity_id, reason) == (key and (key, {}))


# --- copying --------------------------------------------------------------------------------------


def test_a_copy_keeps_all_but_people_mails_link_and_identity(facts, announce, join, clock):
    old_id = announce(
        capacity=1, link="https://mode.example", body="Om", place="Online", for_whom="Kommuner",
        cohort_id=2, organiser="Ane", contact_email="ane@x.example", public=False,
        answer_hours=48, keep_months=1,
    )  # fmt: skip
    for name in ("Ane", "Bo"):
        join(old_id, name)
    meetings.move(facts, old_id, **MEETING | {"ends_at": START + 2 * HOUR})
    rules = facts.rows("mail_rule", "activity_id = ?", [old_id])
    meetings.edit_rule(facts, rules[0]["id"], {"active": 0, "subject_da": "Tilmeldt"})
    meetings.edit_rule(facts, rules[6]["id"], {"days": -2, "at": "9.15"})
    old = meetings.cancel(facts, old_id, "Sygdom")
    messages = facts.rows("message")

    new_id = meetings.copy(facts, old_id, starts_at=START + 14 * DAY)

    new = facts.get("activity", new_id)
    assert new == {
        **old,
        "id": new_id,
        "version": 1,
        "starts_at": stamp(START + 14 * DAY),
        "ends_at": stamp(START + 14 * DAY + 2 * HOUR),
        "signup_by": stamp(START + 13 * DAY),
        "link": None,
        "uid": new["uid"],
        "sequence": 0,
        "moved_at": None,
        "link_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "copied_from_id": old_id,
    }
    assert new["uid"] != old["uid"]
    own = ("kind", "position", "anchor", "days", "at", "minutes", "active", "subject_da", "body_da")
    first, second = (
        [[row[name] for name in own] for row in facts.rows("mail_rule", "activity_id = ?", [one])]
        for one in (old_id, new_id)
    )
    assert first == second
    assert (first[0][6:8], first[6][3:5]) == ([0, "Tilmeldt"], [-2, "09:15"])
    assert (facts.rows("message"), states(facts, new_id)) == (messages, {})


def test_a_copy_of_a_meeting_long_ago_fires_nothing_for_who_signs_up_now(facts, clock, join):
    past = clock.now - 300 * DAY
    old_id = meetings.create(
        facts, "info_meeting", "Informationsmøde", starts_at=past, ends_at=past + HOUR
    )

    new_id = meetings.copy(facts, old_id, starts_at=START)
    join(new_id, "Ane")

    to_go = facts.rows("message", "state = 'due'", order="due_at")
    assert [(row["kind"], row["due_at"]) for row in to_go] == [
        ("confirmation", stamp(clock.now)),
        ("reminder", "2025-04-08T06:00:00.000000+00:00"),
    ]


WINTER_TO_SUMMER = datetime(2025, 3, 31, 8, tzinfo=UTC)  # Monday 10.00, the clocks went ahead
ORDINARY = datetime(2025, 4, 7, 8, tzinfo=UTC)
SUMMER_TO_WINTER = datetime(2025, 10, 27, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts_at", "closes"),
    [
        (ORDINARY, datetime(2025, 4, 4, 10, tzinfo=UTC)),
        (WINTER_TO_SUMMER, datetime(2025, 3, 28, 11, tzinfo=UTC)),
        (SUMMER_TO_WINTER, datetime(2025, 10, 24, 10, tzinfo=UTC)),
        (SUMMER_TO_WINTER + 7 * DAY, datetime(2025, 10, 31, 11, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize(
    ("old", "old_closes"),
    [
        (WINTER_TO_SUMMER, datetime(2025, 3, 28, 11, tzinfo=UTC)),
        (ORDINARY, datetime(2025, 4, 4, 10, tzinfo=UTC)),
    ],
)
def test_a_copy_closes_at_noon_on_friday_also_when_the_clocks_change(
    facts, announce, old, old_closes, starts_at, closes
):
    old_id = announce(starts_at=old, ends_at=old + HOUR, signup_by=old_closes)

    new = facts.get("activity", meetings.copy(facts, old_id, starts_at=starts_at))

    assert (new["signup_by"], new["ends_at"]) == (stamp(closes), stamp(starts_at + HOUR))


def test_a_copy_into_the_night_the_clocks_change_does_not_close_after_its_start(facts, announce):
    """Closing at 02.30 on a night that has none is 03.30, after a start at 03.10."""
    start = datetime(2025, 3, 24, 2, 10, tzinfo=UTC)  # 03.10
    old_id = announce(
        starts_at=start, ends_at=start + HOUR, signup_by=start - timedelta(minutes=40)
    )
    new = datetime(2025, 3, 30, 1, 10, tzinfo=UTC)  # 03.10, an hour and ten after 01.00

    copied = facts.get("activity", meetings.copy(facts, old_id, starts_at=new))

    assert copied["signup_by"] == copied["starts_at"] == stamp(new)


# --- rules ----------------------------------------------------------------------------------------


def rule_of(store, activity_id: int, kind: str) -> int:
    return store.find("mail_rule", activity_id=activity_id, kind=kind)["id"]


def test_a_changed_time_moves_what_is_due_and_a_stopped_mail_says_so(facts, announce, join):
    activity_id = announce()
    join(activity_id, "Ane")
    reminder = rule_of(facts, activity_id, "reminder")

    meetings.edit_rule(facts, reminder, {"days": -3, "at": "kl. 9.30"})
    row = facts.find("message", kind="reminder")
    moved = (row["due_at"], row["state"])
    meetings.edit_rule(facts, reminder, {"active": 0})
    stopped = mails(facts, activity_id, "reminder")
    meetings.edit_rule(facts, reminder, {"active": 1})

    assert moved == ("2025-04-05T07:30:00.000000+00:00", "due")
    assert stopped == [("skipped", "rule_stopped")]
    assert mails(facts, activity_id, "reminder") == [("due", None)]


@pytest.mark.parametrize(
    ("changes", "key", "values"),
    [
        ({"kind": "offer", "anchor": "end"}, "field_unknown", {"field": "anchor, kind"}),
        ({"at": "25:00"}, "time_unreadable", {"text": "25:00"}),
        ({"at": "snart"}, "time_unreadable", {"text": "snart"}),
        ({"days": 61}, "number_out_of_range", {"number": 61, "lowest": -60, "highest": 60}),
        ({"days": -61}, "number_out_of_range", {"number": -61, "lowest": -60, "highest": 60}),
        (
            {"minutes": 100_001},
            "number_out_of_range",
            {"number": 100_001, "lowest": -100_000, "highest": 100_000},
        ),
        ({"body_en": " "}, "mail_text_needed", {}),
        ({"subject_da": ""}, "mail_text_needed", {}),
        ({"body_da": "Hej {cpr}"}, "mail_field_unknown", {"field": "cpr"}),
        ({"subject_en": "For peers"}, "subject_telling", {"word": "peer"}),
        ({"subject_da": "Hej\r\nBcc: x"}, "subject_one_line", {}),
        ({"body_da": "010190-1234"}, "cpr_refused", {}),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(facts, announce, changes, key, values):
    rule, before = rule_of(facts, announce(), "reminder"), facts.version()

    assert refusal(meetings.edit_rule, facts, rule, changes) == (key, values)
    assert facts.version() == before


def test_every_rule_of_every_kind_can_be_stopped_before_and_after_the_meeting(
    facts, announce, join, clock
):
    activity_id = announce(capacity=1)
    for name in ("Ane", "Bo"):
        join(activity_id, name)
    for now in (clock.now, START + INSTANT, START + 2 * DAY):
        clock.now = now
        for rule in facts.rows("mail_rule", "activity_id = ?", [activity_id]):
            meetings.edit_rule(facts, rule["id"], {"active": 0})
        assert facts.rows("message", "state = 'due'") == []
        for rule in facts.rows("mail_rule", "activity_id = ?", [activity_id]):
            meetings.edit_rule(facts, rule["id"], {"active": 1})


# --- the past -------------------------------------------------------------------------------------


def test_yesterday_the_meeting_was_as_it_was(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane")
    before = facts.get("activity", activity_id)
    clock.tick(days=1)
    join(activity_id, "Bo")
    meetings.edit(facts, activity_id, {"capacity": 2})
    meetings.move(
        facts, activity_id, starts_at=START + DAY, ends_at=START + DAY + HOUR, signup_by=None
    )

    past = facts.at(facts.today() - DAY)

    assert past.get("activity", activity_id) == before
    assert states(past, activity_id) == {"Ane": "seat"}
    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "offered"}
    assert past.rows("message", "kind = 'moved'") == []
    with pytest.raises(Refused, match="read_only_date"):
        signups.sign_up(past, activity_id, name="Cai", email="cai@x.example")


def test_the_number_of_an_online_meeting_is_no_cpr_number(facts, announce, join):
    link = "https://moede.example/j/0101901234"
    meeting = announce(link=link)
    join(meeting, "ane")

    assert facts.get("activity", meeting)["link"] == link
    with pytest.raises(Refused, match="cpr_refused"):
        meetings.edit(facts, meeting, {"body": "Ane, 010190-1234"})
