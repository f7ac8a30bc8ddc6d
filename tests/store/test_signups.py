"""Signing up, waiting, offers and answers, at the edges; what is written, refused, taken back."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from advisory.domain.errors import AdvisoryError, Conflict, Forbidden, NotFound, Refused
from advisory.domain.signups import State
from advisory.store import meetings, signups
from advisory.store.connection import tables
from advisory.store.history import HEAD, differences
from advisory.store.signups import Placed

START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # 14.00 in Copenhagen
CLOSES = START - timedelta(days=1)
NOW = "2025-03-13T09:00:00.000000+00:00"
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)


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
    times = {"starts_at": START, "ends_at": START + HOUR, "signup_by": CLOSES}

    def make(**given) -> int:
        return meetings.create(facts, "info_meeting", "Informationsmøde", **times | given)

    return make


@pytest.fixture
def join(facts):
    """`join(activity, "Ane", "Bo")` signs them up and gives their sign-ups' ids."""

    def sign_up(activity_id: int, *names: str) -> list[int]:
        return [
            signups.sign_up(facts, activity_id, name=name, email=f"{name}@x.example").signup_id
            for name in names
        ]

    return sign_up


def states(store, activity_id: int) -> dict[str, str]:
    """Where each stands, by name, in the order of their numbers."""
    rows = store.rows("signup", "activity_id = ?", [activity_id], order="queue")
    return {store.get("person", row["person_id"])["name"]: row["state"] for row in rows}


def contents(store) -> dict[str, list[dict]]:
    return {
        name: [{k: v for k, v in row.items() if k != "version"} for row in store.rows(name)]
        for name in tables(store.db)
    }


# --- a seat or the list ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "placed"),
    [
        (None, ["seat", "seat", "seat"]),
        (1, ["seat", "waiting", "waiting"]),
        (2, ["seat", "seat", "waiting"]),
        (3, ["seat", "seat", "seat"]),
    ],
)
def test_a_seat_while_there_are_some_then_the_list_in_order_of_arrival(
    facts, announce, capacity, placed
):
    activity_id = announce(capacity=capacity)

    said = [
        signups.sign_up(facts, activity_id, name=name, email=f"{name}@x.example")
        for name in ("Ane", "Bo", "Cai")
    ]

    assert said == [Placed(number, State(state), True) for number, state in enumerate(placed, 1)]
    assert [row["queue"] for row in facts.rows("signup")] == [1, 2, 3]


def test_what_a_sign_up_writes_is_all_of_this_and_nothing_else(facts, announce, written):
    activity_id = announce(link="https://mode.example/1")

    with written(facts) as changes:
        signups.sign_up(
            facts,
            activity_id,
            name="  Ane \n Holm ",
            email=" Ane.Holm@X.example ",
            municipality="aarhus kommune",
            workplace=" Socialcenter ",
            role="Leder",
            question=" Hvad koster det?\n\nOg hvornår? ",
            language="en",
            form_key="k1",
            source="staff",
        )

    row = facts.rows("signup")[0]
    assert len(row["token"]) == 32
    assert changes[:2] == [
        (
            "signup.create",
            "person",
            "insert",
            {
                "id": row["person_id"],
                "version": 1,
                "name": "Ane Holm",
                "email": "Ane.Holm@X.example",
                "phone": None,
                "no_mail": 0,
                "purpose": "Tilmelding til Informationsmøde",
                "delete_after": "2025-07-08",
            },
        ),
        (
            "signup.create",
            "signup",
            "insert",
            {
                "id": 1,
                "version": 1,
                "activity_id": activity_id,
                "person_id": row["person_id"],
                "email_key": "ane.holm@x.example",
                "state": "seat",
                "since_at": NOW,
                "created_at": NOW,
                "queue": 1,
                "answer_by": None,
                "asked_at": None,
                "municipality_id": 751,
                "municipality_text": "aarhus kommune",
                "workplace": "Socialcenter",
                "role": "Leder",
                "question": "Hvad koster det?\n\nOg hvornår?",
                "language": "en",
                "token": row["token"],
                "form_key": "k1",
                "source": "staff",
                "present": None,
            },
        ),
    ]
    assert [(*change[:3], change[3]["kind"]) for change in changes[2:]] == [
        ("signup.create", "message", "insert", kind)
        for kind in ("confirmation", "link", "reminder")
    ]
    assert len({row["operation"] for row in facts.rows("history", "id > ?", [0])[-5:]}) == 1


@pytest.mark.parametrize(
    ("municipality", "known"), [("Vejen", 575), ("Vejln", None), ("", None), ("Andet", None)]
)
def test_only_a_municipality_that_is_certain_is_set(facts, announce, municipality, known):
    signups.sign_up(facts, announce(), name="Ane", email="a@x.example", municipality=municipality)

    row = facts.rows("signup")[0]
    assert (row["municipality_id"], row["municipality_text"]) == (known, municipality)


@pytest.mark.parametrize("again", ["ane@x.example", "ANE@X.EXAMPLE", " Ane@x.Example "])
def test_the_same_address_again_changes_nothing_and_gives_the_first(
    facts, announce, written, again
):
    activity_id = announce(capacity=1)
    first = signups.sign_up(facts, activity_id, name="Ane", email="ane@x.example")

    with written(facts) as changes:
        second = signups.sign_up(facts, activity_id, name="En anden", email=again, question="Hvad?")

    assert (second, changes) == (Placed(first.signup_id, State.SEAT, False), [])


def test_the_same_address_at_another_meeting_is_another_sign_up(facts, announce, join):
    assert (join(announce(), "Ane"), join(announce(), "Ane")) == ([1], [2])


def test_who_asks_again_is_told_again_at_most_once_an_hour(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane", "Bo")
    asked = []
    for waited in (HOUR - INSTANT, INSTANT, HOUR - INSTANT, INSTANT):
        clock.now += waited
        join(activity_id, "Bo")
        asked.append(facts.get("signup", 2)["asked_at"])

    first, second = "2025-03-13T10:00:00.000000+00:00", "2025-03-13T11:00:00.000000+00:00"
    assert asked == [None, first, first, second]
    told = facts.rows("message", "signup_id = 2 AND kind = 'waiting'")
    assert [(row["due_at"], row["state"], row["reason"]) for row in told] == [
        (NOW, "skipped", "superseded"),
        (first, "skipped", "superseded"),
        (second, "due", None),
    ]
    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "waiting"}


def test_the_same_form_twice_is_one_sign_up_whatever_became_of_it(facts, announce, clock):
    activity_id = announce()
    form = {"name": "Ane", "email": "ane@x.example", "form_key": "k1"}
    first = signups.sign_up(facts, activity_id, **form)
    twice = signups.sign_up(facts, activity_id, **form)
    signups.withdraw(facts, first.signup_id)
    late = signups.sign_up(facts, activity_id, **form)
    clock.now = START + DAY
    closed = signups.sign_up(facts, activity_id, **form | {"email": "other@x.example"})

    assert [twice, late, closed] == [
        Placed(1, State.SEAT, False),
        Placed(1, State.WITHDRAWN, False),
        Placed(1, State.WITHDRAWN, False),
    ]
    assert len(facts.rows("signup")) == 1


def test_the_form_of_another_meeting_is_a_sign_up_of_its_own(facts, announce):
    form = {"name": "Ane", "email": "ane@x.example", "form_key": "k1"}
    first, second = announce(), announce()
    signups.sign_up(facts, first, **form)

    placed = [signups.sign_up(facts, second, **form) for _ in range(2)]

    assert placed == [Placed(2, State.SEAT, True), Placed(2, State.SEAT, False)]
    assert [row["form_key"] for row in facts.rows("signup")] == ["k1", None]


# --- closing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signup_by", "now", "said"),
    [
        (CLOSES, CLOSES - INSTANT, None),
        (CLOSES, CLOSES, None),
        (CLOSES, CLOSES + INSTANT, ("signup_closed", {"at": CLOSES})),
        (None, START - INSTANT, None),
        (None, START, None),
        (None, START + INSTANT, ("signup_closed", {"at": START})),
    ],
)
def test_sign_up_is_open_through_its_last_instant(facts, announce, clock, signup_by, now, said):
    activity_id = announce(signup_by=signup_by)
    clock.now = now

    assert refusal(signups.sign_up, facts, activity_id, name="Ane", email="a@x.example") == said
    assert len(facts.rows("signup")) == (said is None)


@pytest.mark.parametrize("now", [CLOSES, CLOSES + INSTANT])
def test_who_is_on_the_list_is_refused_after_closing_as_anybody(facts, announce, join, clock, now):
    """The answer does not tell whether an address is known."""
    activity_id = announce()
    join(activity_id, "Ane")
    clock.now = now

    said = [
        refusal(signups.sign_up, facts, activity_id, name="x", email=f"{name}@x.example")
        for name in ("Ane", "Bo")
    ]

    assert said[0] == said[1]


def test_at_noon_in_copenhagen_is_another_instant_in_summer(facts, announce, clock, join):
    """Closing Friday at noon, the clocks change on Sunday, the meeting is on Monday."""
    by, start = datetime(2025, 3, 28, 11, tzinfo=UTC), datetime(2025, 3, 31, 8, tzinfo=UTC)
    activity_id = announce(signup_by=by, starts_at=start, ends_at=start + HOUR, capacity=1)
    join(activity_id, "Ane", "Bo")
    clock.now = datetime(2025, 3, 30, 0, 30, tzinfo=UTC)  # half an hour before they change

    signups.withdraw(facts, 1)

    assert facts.get("signup", 2)["answer_by"] == "2025-03-31T00:30:00.000000+00:00"
    reminder = facts.find("message", signup_id=1, kind="reminder")
    assert reminder["due_at"] == "2025-03-31T06:00:00.000000+00:00"


UNUSABLE = [
    ({"name": " \n "}, "name_needed", {}),
    ({"email": " "}, "email_needed", {}),
    ({"email": "ane"}, "email_unreadable", {"email": "ane"}),
    ({"email": "ane@x"}, "email_unreadable", {"email": "ane@x"}),
    ({"email": "a@x.example,b@x"}, "email_unreadable", {"email": "a@x.example,b@x"}),
    ({"email": "a@x.example\nBcc:b"}, "email_unreadable", {"email": "a@x.example Bcc:b"}),
    ({"email": "Ane <a@x.example>"}, "email_unreadable", {"email": "Ane <a@x.example>"}),
    ({"name": "x" * 121}, "text_too_long", {"limit": 120}),
    ({"email": "x" * 250 + "@x.example"}, "text_too_long", {"limit": 254}),
    ({"municipality": "x" * 81}, "text_too_long", {"limit": 80}),
    ({"workplace": "x" * 121}, "text_too_long", {"limit": 120}),
    ({"role": "x" * 81}, "text_too_long", {"limit": 80}),
    ({"question": "x" * 1001}, "text_too_long", {"limit": 1000}),
    ({"language": "de"}, "code_unknown", {"code": "de"}),
    *(
        ({field: "Jeg er 010190-1234"}, "cpr_refused", {})
        for field in ("name", "municipality", "workplace", "role", "question")
    ),
    ({"email": "0101901234@x.example"}, "cpr_refused", {}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "key", "values"), UNUSABLE)
@pytest.mark.parametrize("known", [False, True])
def test_what_cannot_be_used_is_refused_alike_for_a_known_and_an_unknown_address(
    facts, announce, join, known, given, key, values
):
    activity_id = announce()
    join(activity_id, *(["ane"] if known else []))
    before = facts.version()
    form = {"name": "Ane", "email": "ane@x.example"} | given

    assert refusal(signups.sign_up, facts, activity_id, **form) == (key, values)
    assert facts.version() == before


def test_the_longest_of_everything_fits(facts, announce):
    placed = signups.sign_up(
        facts, announce(), name="x" * 120, email="x" * 244 + "@x.example", municipality="x" * 80,
        workplace="x" * 120, role="x" * 80, question="x" * 1000,
    )  # fmt: skip

    assert placed == Placed(1, State.SEAT, True)


def test_an_unknown_meeting_is_not_found(facts):
    said = refusal(signups.sign_up, facts, 99, name="Ane", email="a@x.example")

    assert said == ("not_found", {"table": "activity", "row_id": 99})


# --- leaving and offers ---------------------------------------------------------------------------


def test_a_freed_seat_is_offered_to_the_first_and_to_no_newcomer(facts, announce, join, written):
    activity_id = announce(capacity=2)
    ids = join(activity_id, "Ane", "Bo", "Cai", "Dan")

    with written(facts) as changes:
        signups.withdraw(facts, ids[0])
    join(activity_id, "Eva")

    assert states(facts, activity_id) == {
        "Ane": "withdrawn", "Bo": "seat", "Cai": "offered", "Dan": "waiting", "Eva": "waiting",
    }  # fmt: skip
    assert [change for change in changes if change[1] == "signup"] == [
        ("signup.withdraw", "signup", "update", {"state": "withdrawn", "version": 2}),
        (
            "signup.settle",
            "signup",
            "update",
            {"state": "offered", "answer_by": "2025-03-14T09:00:00.000000+00:00", "version": 2},
        ),
    ]


def test_who_waits_may_leave_without_moving_anyone(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")

    signups.withdraw(facts, ids[1])

    assert states(facts, activity_id) == {"Ane": "seat", "Bo": "withdrawn", "Cai": "waiting"}


def test_an_offer_that_is_withdrawn_from_goes_to_the_next(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])

    signups.withdraw(facts, ids[1])

    assert states(facts, activity_id) == {"Ane": "withdrawn", "Bo": "withdrawn", "Cai": "offered"}


@pytest.mark.parametrize("verb", [signups.withdraw, signups.accept, signups.decline])
def test_an_answer_twice_is_once(facts, announce, join, written, verb):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    signups.withdraw(facts, ids[0])
    first = verb(facts, ids[1])

    with written(facts) as changes:
        second = verb(facts, ids[1])

    assert (second, changes) == (first, [])


@pytest.mark.parametrize(
    ("waited", "said"), [(DAY - INSTANT, None), (DAY, None), (DAY + INSTANT, ("offer_lapsed", {}))]
)
@pytest.mark.parametrize("verb", [signups.accept, signups.decline])
def test_an_offer_is_answered_through_its_last_instant(
    facts, announce, join, clock, verb, waited, said
):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    signups.withdraw(facts, ids[0])
    clock.now += waited

    assert refusal(verb, facts, ids[1]) == said


def test_an_offer_is_there_after_closing_and_can_be_accepted(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    clock.now = CLOSES + INSTANT
    signups.withdraw(facts, ids[0])

    assert facts.get("signup", ids[1])["answer_by"] == stamp(START)
    assert signups.accept(facts, ids[1])["state"] == "seat"


@pytest.mark.parametrize("waited", [START - INSTANT, START])
def test_an_offer_lasts_until_the_start_and_is_accepted_then(facts, announce, join, clock, waited):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    clock.now = START - HOUR
    signups.withdraw(facts, ids[0])
    clock.now = waited

    after = signups.accept(facts, ids[1])

    assert (after["state"], after["answer_by"]) == ("seat", None)


def test_nothing_is_offered_once_the_meeting_has_begun(facts, announce, join, clock):
    activity_id = announce(capacity=1, answer_hours=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    clock.now = START - HOUR
    signups.withdraw(facts, ids[0])
    clock.now = START
    at_start = (signups.settle(facts), refusal(signups.withdraw, facts, ids[1]))
    clock.tick(microseconds=1)
    after = (signups.settle(facts), refusal(signups.accept, facts, ids[1]))

    assert at_start == (0, ("meeting_begun", {}))
    assert after == (1, ("offer_lapsed", {}))
    assert states(facts, activity_id) == {"Ane": "withdrawn", "Bo": "lapsed", "Cai": "waiting"}


def test_an_offer_lapses_also_when_nobody_looked_until_the_meeting_was_over(
    facts, announce, join, clock
):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])
    clock.now = START + 2 * DAY

    assert (signups.settle(facts), signups.settle(facts)) == (1, 0)
    assert states(facts, activity_id) == {"Ane": "withdrawn", "Bo": "lapsed", "Cai": "waiting"}


def test_settle_moves_every_meeting_to_come_on_and_counts_the_changes(facts, announce, join, clock):
    one, other = announce(capacity=1), announce(capacity=1)
    for activity_id in (one, other):
        signups.withdraw(facts, join(activity_id, "Ane", "Bo", "Cai")[0])
    clock.tick(hours=24, microseconds=1)

    assert (signups.settle(facts, one), signups.settle(facts), signups.settle(facts)) == (2, 2, 0)
    assert states(facts, other) == {"Ane": "withdrawn", "Bo": "lapsed", "Cai": "offered"}


def test_a_newcomer_makes_a_lapsed_offer_go_to_those_who_wait_first(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    signups.withdraw(facts, join(activity_id, "Ane", "Bo")[0])
    clock.tick(hours=24, microseconds=1)

    join(activity_id, "Cai")
    join(activity_id, "Dan")

    assert states(facts, activity_id) == {
        "Ane": "withdrawn", "Bo": "lapsed", "Cai": "seat", "Dan": "waiting",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["withdrawn", "declined", "lapsed"])
def test_who_left_signs_up_again_at_the_end_of_the_list_with_what_they_write_now(
    facts, announce, join, clock, how
):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])
    if how == "lapsed":
        clock.tick(hours=24, microseconds=1)
        signups.settle(facts)
    else:
        {"withdrawn": signups.withdraw, "declined": signups.decline}[how](facts, ids[1])
    before = facts.get("signup", ids[1])
    clock.tick(minutes=1)

    placed = signups.sign_up(
        facts, activity_id, name="Bodil", email="BO@x.example", municipality="Odense",
        workplace="Bo 2", role="Leder", question="Må vi komme to?", language="en", form_key="k9",
        source="staff",
    )  # fmt: skip

    assert (before["state"], placed) == (how, Placed(ids[1], State.WAITING, True))
    assert facts.get("signup", ids[1]) == {
        **before,
        "version": before["version"] + 1,
        "state": "waiting",
        "queue": 4,
        "since_at": stamp(clock.now),
        "created_at": stamp(clock.now),
        "email_key": "bo@x.example",
        "municipality_id": 461,
        "municipality_text": "Odense",
        "workplace": "Bo 2",
        "role": "Leder",
        "question": "Må vi komme to?",
        "language": "en",
        "form_key": "k9",
        "source": "staff",
    }
    person = facts.get("person", before["person_id"])
    assert (person["name"], person["email"]) == ("Bodil", "BO@x.example")
    assert states(facts, activity_id) == {"Ane": "withdrawn", "Cai": "offered", "Bodil": "waiting"}


def test_who_comes_back_after_a_move_is_not_told_of_it(facts, announce, join, clock):
    activity_id = announce()
    ids = join(activity_id, "Ane", "Bo")
    signups.withdraw(facts, ids[0])
    clock.tick(hours=1)
    later = START + DAY
    meetings.move(facts, activity_id, starts_at=later, ends_at=later + HOUR, signup_by=None)
    clock.tick(hours=1)

    join(activity_id, "Ane")

    assert [row["signup_id"] for row in facts.rows("message", "kind = 'moved'")] == [ids[1]]


ANSWERS = {"accept": signups.accept, "decline": signups.decline}


@pytest.mark.parametrize(
    ("state", "verb", "key"),
    [
        ("seat", "decline", "no_offer"),
        ("waiting", "accept", "no_offer"),
        ("waiting", "decline", "no_offer"),
        ("withdrawn", "accept", "no_offer"),
        ("withdrawn", "decline", "no_offer"),
        ("declined", "accept", "no_offer"),
        ("lapsed", "accept", "offer_lapsed"),
        ("lapsed", "decline", "offer_lapsed"),
    ],
)
def test_only_an_offer_can_be_answered(facts, announce, join, clock, state, verb, key):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])
    if state == "lapsed":
        clock.tick(hours=24, microseconds=1)
        signups.settle(facts)
    elif state in ("seat", "declined"):
        {"seat": signups.accept, "declined": signups.decline}[state](facts, ids[1])
    one = {"waiting": ids[2], "withdrawn": ids[0]}.get(state, ids[1])
    before = facts.version()

    assert facts.get("signup", one)["state"] == state
    assert refusal(ANSWERS[verb], facts, one) == (key, {})
    assert facts.version() == before


@pytest.mark.parametrize("now", [START, START + DAY])
def test_a_seat_is_not_given_back_once_the_meeting_has_begun(facts, announce, join, clock, now):
    ids = join(announce(), "Ane")
    clock.now = now

    assert refusal(signups.withdraw, facts, ids[0]) == ("meeting_begun", {})


def test_a_cancelled_meeting_may_be_withdrawn_from_and_offers_nothing(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    meetings.cancel(facts, activity_id, "Sygdom")

    signups.withdraw(facts, ids[0])

    assert states(facts, activity_id) == {"Ane": "withdrawn", "Bo": "waiting"}
    to_go = facts.rows("message", "state = 'due'")
    assert [(row["signup_id"], row["kind"]) for row in to_go] == [(ids[1], "cancelled")]


def test_numbers_are_given_once_and_never_again(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    for _ in range(3):
        signups.withdraw(facts, ids[1])
        join(activity_id, "Bo")
    join(activity_id, "Cai")

    assert [row["queue"] for row in facts.rows("signup")] == [1, 5, 6]


# --- links and roles ------------------------------------------------------------------------------


def test_a_link_finds_its_sign_up_and_no_other(facts, announce, join):
    ids = join(announce(), "Ane", "Bo")
    tokens = [facts.get("signup", one)["token"] for one in ids]

    assert [signups.by_token(facts, token)["id"] for token in tokens] == ids
    assert len(set(tokens)) == 2
    for unknown in ("", "x", tokens[0][:-1], tokens[0].swapcase(), "%"):
        with pytest.raises(NotFound, match="personal_link_unknown"):
            signups.by_token(facts, unknown)


def verbs(signup_id: int, activity_id: int) -> list[tuple]:
    return [
        (signups.sign_up, [activity_id], {"name": "Eva", "email": "eva@x.example"}),
        (signups.withdraw, [signup_id], {}),
        (signups.accept, [signup_id], {}),
        (signups.decline, [signup_id], {}),
        (signups.settle, [activity_id], {}),
        (signups.set_present, [signup_id, True], {}),
        (signups.set_municipality, [signup_id, 101], {}),
        (signups.set_address, [signup_id, "ny@x.example"], {}),
    ]


@pytest.mark.parametrize(
    ("role", "forbidden"),
    [
        ("leadership", 8),
        ("partner", 8),
        ("public", 3),
        ("consultant", 0),
        ("office", 0),
        ("unknown", 8),
    ],
)
def test_the_public_may_sign_up_and_answer_and_the_rest_is_for_who_works_with_it(
    facts, announce, join, as_role, role, forbidden
):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    other = as_role(role)

    said = []
    for verb, args, values in verbs(ids[1], activity_id):
        try:
            verb(other, *args, **values)
        except Forbidden:
            said.append(verb.__name__)
        except Refused:
            pass

    assert said == [verb.__name__ for verb, *_ in verbs(1, 1)][8 - forbidden :]


def test_the_public_leaves_its_role_in_the_history(facts, announce, join, as_role):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    public = as_role("public")
    last = facts.version()

    signups.withdraw(public, ids[0])
    signups.accept(public, ids[1])
    signups.sign_up(public, activity_id, name="Eva", email="eva@x.example")

    rows = facts.rows("history", "id > ?", [last])
    assert {row["role"] for row in rows} == {"public"}
    assert Counter(row["action"] for row in rows if row["table_name"] == "signup") == {
        "signup.withdraw": 1, "signup.settle": 1, "signup.answer": 1, "signup.create": 1,
    }  # fmt: skip


# --- corrections ----------------------------------------------------------------------------------


def test_a_municipality_is_set_beside_what_was_written(facts, announce, written):
    placed = signups.sign_up(
        facts, announce(), name="Ane", email="a@x.example", municipality="Vejln"
    )

    with written(facts) as changes:
        signups.set_municipality(facts, placed.signup_id, 575)
        signups.set_municipality(facts, placed.signup_id, None)

    assert [change[3]["municipality_id"] for change in changes] == [575, None]
    assert facts.get("signup", 1)["municipality_text"] == "Vejln"
    assert refusal(signups.set_municipality, facts, 1, 411) == (
        "not_found", {"table": "municipality", "row_id": 411},
    )  # fmt: skip
    with pytest.raises(Conflict):
        signups.set_municipality(facts, 1, 101, version=1)


def test_a_mended_address_is_the_one_that_counts(facts, announce, join):
    activity_id = announce()
    ane, bo = join(activity_id, "Ane", "Bo")

    signups.set_address(facts, ane, "Ane.Holm@X.example")

    assert facts.get("signup", ane)["email_key"] == "ane.holm@x.example"
    again = signups.sign_up(facts, activity_id, name="Ane", email="ANE.holm@x.example")
    assert again == Placed(ane, State.SEAT, False)
    assert [
        refusal(signups.set_address, facts, bo, email)
        for email in ("", "bo", "ANE.HOLM@x.example", "BO@x.example")
    ] == [
        ("email_needed", {}),
        ("email_unreadable", {"email": "bo"}),
        ("email_taken", {"email": "ANE.HOLM@x.example"}),
        None,
    ]


@pytest.mark.parametrize(
    ("now", "said"), [(START - INSTANT, ("meeting_not_begun", {})), (START, None)]
)
def test_presence_is_ticked_from_the_start(facts, announce, join, clock, now, said):
    ids = join(announce(), "Ane")
    clock.now = now

    assert refusal(signups.set_present, facts, ids[0], True) == said


def test_a_tick_is_one_zero_or_nothing(facts, announce, join, clock, written):
    ids = join(announce(), "Ane")
    clock.now = START + DAY

    with written(facts) as changes:
        for tick in (True, True, False, None):
            signups.set_present(facts, ids[0], tick)

    ticks = [change[3]["present"] for change in changes if change[1] == "signup"]
    assert ticks == [1, 0, None]


# --- taking back ----------------------------------------------------------------------------------


def test_a_sign_up_is_taken_back_with_its_person_and_mails(facts, announce, join):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane")
    before = contents(facts)
    join(activity_id, "Bo")

    facts.revert(facts.last_operation)

    assert contents(facts) == before
    assert differences(facts.db, facts.path, HEAD) == []


def test_a_withdrawal_is_taken_back_with_the_offer_it_made(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    before = contents(facts)
    signups.withdraw(facts, ids[0])

    facts.revert(facts.last_operation)

    assert contents(facts) == before


def test_a_withdrawal_whose_seat_somebody_has_accepted_stays(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo")
    signups.withdraw(facts, ids[0])
    withdrawal = facts.last_operation
    signups.accept(facts, ids[1])
    before = contents(facts)

    assert refusal(facts.revert, withdrawal) == ("revert_too_late", {"by": "System"})
    assert contents(facts) == before


def test_a_withdrawal_whose_seat_a_newcomer_has_taken_stays(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane")
    signups.withdraw(facts, ids[0])
    withdrawal = facts.last_operation
    join(activity_id, "Bo")
    before = contents(facts)

    assert refusal(facts.revert, withdrawal) == ("seats_taken", {"title": "Informationsmøde"})
    assert contents(facts) == before


def test_a_raised_capacity_goes_back_until_its_seats_are_taken(facts, announce, join):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane")
    before = contents(facts)
    meetings.edit(facts, activity_id, {"capacity": 2})
    raised = facts.last_operation
    facts.revert(raised)
    again = facts.last_operation

    assert contents(facts) == before
    facts.revert(again)
    assert facts.get("activity", activity_id)["capacity"] == 2
    raised = facts.last_operation
    join(activity_id, "Bo")
    assert refusal(facts.revert, raised) == ("seats_taken", {"title": "Informationsmøde"})


def test_a_raised_capacity_that_was_taken_by_newcomers_stays(facts, announce, join):
    activity_id = announce(capacity=1)
    join(activity_id, "Ane")
    meetings.edit(facts, activity_id, {"capacity": 2})
    raised = facts.last_operation
    join(activity_id, "Bo")

    assert refusal(facts.revert, raised) == ("seats_taken", {"title": "Informationsmøde"})


def test_a_raised_capacity_goes_back_with_its_offers_until_one_is_answered(facts, announce, join):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    before = contents(facts)
    meetings.edit(facts, activity_id, {"capacity": 3})
    facts.revert(facts.last_operation)
    restored = contents(facts)
    meetings.edit(facts, activity_id, {"capacity": 3})
    raised = facts.last_operation
    signups.decline(facts, ids[1])

    assert restored == before
    assert refusal(facts.revert, raised) == ("revert_too_late", {"by": "System"})


def test_a_meeting_somebody_has_signed_up_for_is_not_taken_back(facts, announce, join):
    activity_id = announce()
    announced = facts.last_operation
    join(activity_id, "Ane")

    assert refusal(facts.revert, announced) == ("revert_too_late", {"by": "System"})


@pytest.mark.parametrize("how", ["move", "cancel"])
def test_a_move_and_a_cancellation_go_back_while_nobody_has_been_told(facts, announce, join, how):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])
    before = contents(facts)
    if how == "move":
        new = {"starts_at": START - 20 * DAY, "ends_at": START - 20 * DAY + HOUR}
        meetings.move(facts, activity_id, **new, signup_by=None)
    else:
        meetings.cancel(facts, activity_id, "Sygdom")

    facts.revert(facts.last_operation)

    assert contents(facts) == before


@pytest.mark.parametrize("role", ["public", "leadership", "partner"])
def test_the_public_takes_nothing_back(facts, announce, join, as_role, role):
    join(announce(), "Ane")

    with pytest.raises(Forbidden):
        as_role(role).revert(facts.last_operation)


def test_yesterday_the_list_was_as_it_was(facts, announce, join, clock):
    activity_id = announce(capacity=1)
    ids = join(activity_id, "Ane", "Bo", "Cai")
    signups.withdraw(facts, ids[0])
    yesterday = facts.rows("signup")
    clock.tick(days=1)
    signups.accept(facts, ids[1])
    join(activity_id, "Dan")

    assert facts.at(facts.today() - DAY).rows("signup") == yesterday
    assert states(facts, activity_id) == {
        "Ane": "withdrawn", "Bo": "seat", "Cai": "waiting", "Dan": "waiting",
    }  # fmt: skip
    assert differences(facts.db, facts.path, HEAD) == []
