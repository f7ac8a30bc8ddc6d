"""The calendar people subscribe to, as other programs read it: whose, what, when, what changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
import recurring_ical_events
from icalendar import Calendar

from advisory import frames
from advisory.domain import calendar
from advisory.domain.enrolments import Status
from advisory.reports import feed
from advisory.reports.feed import feed_bytes
from advisory.store import (
    Store,
    activities,
    decisions,
    enrolments,
    journal,
    meetings,
    signups,
    users,
)

KP, PEERS = 2, 3  # the partners among the public facts
PEOPLE = {
    "jonas": "consultant",
    "sofie": "consultant",
    "lene": "office",
    "peter": "leadership",
    "kp": "partner",
    "vera": "administrator",
}
COPENHAGEN, GENTOFTE = 101, 157


def at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return calendar.to_utc(day, time(hour, minute))


@pytest.fixture
def user(facts: Store) -> Callable[[str], dict]:
    """`user("jonas")` is the row of one of `PEOPLE`; the partner is the college."""
    for name, role in PEOPLE.items():
        own = KP if role == "partner" else None
        login = f"{name}@styrelsen.example"
        users.add(facts, login, name.title(), name[:2].upper(), role, organisation_id=own)
    return lambda name: facts.find("app_user", login=f"{name}@styrelsen.example")


@pytest.fixture
def cases(facts: Store, user: Callable) -> dict[str, int]:
    """Two cases of January 2025: København, which Jonas follows, and Gentofte, which Sofie does."""
    cohort, found = facts.find("cohort", code="2025-01"), {}
    for name, municipality in (("jonas", COPENHAGEN), ("sofie", GENTOFTE)):
        day = date(2024, 9, 1)
        found[name] = enrolments.create(facts, cohort["id"], municipality, received_on=day)
        decisions.decide(
            facts, found[name], Status.ADMITTED, on_date=day + timedelta(days=30), reason="x"
        )
        with facts.write("enrolment.edit"):
            facts.update("enrolment", found[name], {"consultant_id": user(name)["id"]})
    return found


@pytest.fixture
def plan(facts: Store, cases: dict[str, int]) -> Callable[..., int]:
    """`plan("jonas", start)` plans a workshop of two hours in their municipality."""

    def make(whose: str = "jonas", start: datetime | None = None, **also: object) -> int:
        start = start or at(date(2025, 3, 20))
        kind, title = also.pop("kind", "workshop"), also.pop("title", "Workshop om mål")
        return activities.create(
            facts,
            kind,
            title,
            starts_at=start,
            ends_at=also.pop("end", start + timedelta(hours=2)),
            enrolments={cases[name]: None for name in whose.split()},
            expected=also.pop("expected", {"staff": 177}),
            **also,
        )

    return make


@pytest.fixture
def meet(facts: Store) -> Callable[..., int]:
    def make(start: datetime, title: str = "Infomøde", **also: object) -> int:
        ends_at = start + timedelta(minutes=45)
        return meetings.create(
            facts, "info_meeting", title, starts_at=start, ends_at=ends_at, **also
        )

    return make


@pytest.fixture
def fetch(facts: Store, user: Callable) -> Callable[..., bytes]:
    """`fetch("jonas")` is what their calendar program gets."""
    return lambda name="jonas", language="da": feed_bytes(facts, user(name), language)


def events(content: bytes) -> dict[str, dict]:
    """The events of ours by summary, without the meetings and deadlines among the public facts."""
    found = Calendar.from_ical(content).walk("VEVENT")
    return {str(event["summary"]): event for event in found}


def titles(content: bytes) -> set[str]:
    return {title.split(" – ")[0] for title in events(content)}


def told(event) -> dict:
    """Everything an event says, as values."""
    shown = {name: event.decoded(name) for name in event}
    return {
        name: value.decode() if isinstance(value, bytes) else value for name, value in shown.items()
    } | {"CATEGORIES": [str(one) for one in event["categories"].cats]}


# --- what an event says ---------------------------------------------------------------------------


def test_the_calendar_says_what_it_is_and_how_often_to_fetch_it(fetch):
    found = Calendar.from_ical(fetch())

    said = {name: value for name, value in found.items()}
    assert {name: str(value) for name, value in said.items() if name != "REFRESH-INTERVAL"} == {
        "VERSION": "2.0",
        "PRODID": "-//Peerforloeb//Kalender//DA",
        "CALSCALE": "GREGORIAN",
        "METHOD": "PUBLISH",
        "NAME": "Peerforløb – mine aktiviteter",
        "X-WR-CALNAME": "Peerforløb – mine aktiviteter",
        "X-WR-TIMEZONE": "Europe/Copenhagen",
        "X-PUBLISHED-TTL": "PT1H",
    }
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in fetch()
    assert b"X-WR-CALNAME:Peerforl\xc3\xb8b \xe2\x80\x93 alle aktiviteter\r\n" in fetch("lene")
    assert b"X-WR-CALNAME:Peerforl\xc3\xb8b \xe2\x80\x93 vores aktiviteter\r\n" in fetch("kp")
    assert b"my activities" in fetch(language="en")


def test_invented_data_say_so(demo_store):
    jonas = demo_store.find("app_user", login="jonas@styrelsen.example")

    name = Calendar.from_ical(feed_bytes(demo_store, jonas, "da"))["x-wr-calname"]
    assert name == "Peerforløb – mine aktiviteter (opdigtede data)"


def test_a_consultant_is_told_what_where_with_whom_and_what_was_announced(facts, user, plan, fetch):
    workshop = plan(
        "jonas sofie",
        place="Rådhuset, lokale 2",
        link="https://moede.example/j/1",
        body="Tag jeres mål med.",
        provider_id=KP,
        consultant_id=user("jonas")["id"],
    )

    row = facts.get("activity", workshop)
    assert told(events(fetch())["Workshop om mål – Gentofte, København"]) == {
        "UID": row["uid"],
        "SEQUENCE": 1,
        "DTSTAMP": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "LAST-MODIFIED": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "DTSTART": datetime(2025, 3, 20, 10, tzinfo=calendar.COPENHAGEN),
        "DTEND": datetime(2025, 3, 20, 12, tzinfo=calendar.COPENHAGEN),
        "SUMMARY": "Workshop om mål – Gentofte, København",
        "LOCATION": "Rådhuset, lokale 2",
        "DESCRIPTION": "Udviklingsworkshop\nUdbyder: Københavns Professionshøjskole\n"
        "Konsulent: Jonas\n\nTag jeres mål med.\n\nhttps://moede.example/j/1",
        "URL": "https://moede.example/j/1",
        "CATEGORIES": ["Udviklingsworkshop"],
        "STATUS": "CONFIRMED",
        "CLASS": "PRIVATE",
        "TRANSP": "OPAQUE",
    }


def test_only_what_one_leads_oneself_takes_up_time(user, plan, fetch):
    plan(title="Egen", consultant_id=user("jonas")["id"])
    plan(title="Sofies", consultant_id=user("sofie")["id"])
    plan(title="Ingens")

    assert {
        (name, str(event["summary"]).split(" – ")[0])
        for name in ("jonas", "lene")
        for event in events(fetch(name)).values()
        if event["transp"] == "OPAQUE"
    } == {("jonas", "Egen")}


@pytest.mark.parametrize("name", ["peter", "kp"])
def test_leadership_and_partners_are_told_title_place_and_municipality_only(
    facts, user, plan, fetch, name
):
    workshop = plan(
        place="Rådhuset",
        link="https://moede.example/hemmelig",
        body="Kanarie: indhold",
        materials="https://filer.example/kanarie",
        provider_id=KP,
        consultant_id=user("jonas")["id"],
    )

    row = facts.get("activity", workshop)
    content = fetch(name)
    assert told(events(content)["Workshop om mål – København"]) == {
        "UID": row["uid"],
        "SEQUENCE": 1,
        "DTSTAMP": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "LAST-MODIFIED": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "DTSTART": datetime(2025, 3, 20, 10, tzinfo=calendar.COPENHAGEN),
        "DTEND": datetime(2025, 3, 20, 12, tzinfo=calendar.COPENHAGEN),
        "SUMMARY": "Workshop om mål – København",
        "LOCATION": "Rådhuset",
        "CATEGORIES": ["Udviklingsworkshop"],
        "STATUS": "CONFIRMED",
        "CLASS": "PRIVATE",
        "TRANSP": "TRANSPARENT",
    }
    assert b"DESCRIPTION" not in content
    assert b"DESCRIPTION" in fetch("lene"), "control: the office is told more"


def test_an_activity_online_says_so_and_one_without_a_place_says_nothing(plan, fetch):
    plan(title="Online", link="https://moede.example/j/1")
    plan(title="Uden sted")

    found = events(fetch("peter"))
    places = [found[f"{title} – København"].get("location") for title in ("Online", "Uden sted")]
    assert places == ["Online", None]
    assert b"moede.example" not in fetch("peter")


@pytest.mark.parametrize("name", ["jonas", "lene", "peter", "kp"])
def test_nobody_is_told_who_signed_up_how_many_came_or_what_was_written(
    facts, user, cases, plan, meet, fetch, clock, name
):
    canaries = ["Kanarie", "kanarie@kommune.example", "177", "166"]
    start = at(date(2025, 3, 12))
    workshop = plan(start=start, provider_id=KP, capacity=177)
    meeting = meet(at(date(2025, 3, 20)), capacity=166)
    signups.sign_up(facts, meeting, name="Kanarie Holm", email="kanarie@kommune.example")
    journal.add_note(
        facts, cases["jonas"], "Kanarie i journalen", kind="note", noted_on=date(2025, 3, 12)
    )
    activities.hold(facts, workshop, agreed="Kanarie aftalt", next_step="Kanarie ringer", version=1)
    activities.count(facts, workshop, {(cases["jonas"], "staff"): (177, 166)})
    gone = plan(title="Anden", provider_id=KP)
    activities.cancel(facts, gone, "Kanarie er syg")

    content = fetch(name).replace(b"\r\n ", b"").decode()
    assert [word for word in canaries if word in content] == []
    assert {"Workshop om mål", "Aflyst: Anden"} <= titles(fetch(name)), "control: both are in it"


# --- whose --------------------------------------------------------------------------------------


def test_who_has_what_in_their_calendar(facts, user, plan, meet, fetch):
    meet(at(date(2025, 3, 20)))
    meet(at(date(2025, 3, 21)), title="Kun for indbudte", public=False)
    plan("jonas", title="København")
    plan("sofie", title="Gentofte", provider_id=KP)
    plan("jonas sofie", title="Begge", provider_id=PEERS)
    plan("sofie", title="Jonas leder", consultant_id=user("jonas")["id"], kind="guidance")

    before = {str(row["title"]) for row in facts.rows("activity", "source LIKE 'http%'")}
    meetings_, deadline = {"Infomøde", "Kun for indbudte"}, {"Ansøgningsfrist: hold januar 2025"}
    everything = {"København", "Gentofte", "Begge", "Jonas leder"} | meetings_ | deadline
    expected = {
        "jonas": {"København", "Begge", "Jonas leder"} | meetings_ | deadline,
        "sofie": {"Gentofte", "Begge", "Jonas leder"} | meetings_ | deadline,
        "lene": everything,
        "peter": everything,
        "kp": {"Gentofte"},
        "vera": set(),
    }
    assert {name: titles(fetch(name)) - before for name in PEOPLE} == expected


def test_a_partner_without_an_organisation_and_what_has_no_provider_do_not_meet(facts, user, meet):
    meet(at(date(2025, 3, 20)))  # an info meeting has no provider

    nobody = user("kp") | {"organisation_id": None}
    assert feed.shown(facts, nobody).empty
    assert not feed.shown(facts, user("lene")).empty, "control: it is there"


def test_a_case_that_changes_hands_changes_calendars(facts, user, cases, plan, fetch):
    plan("jonas")
    before = ["Workshop om mål" in titles(fetch(name)) for name in ("jonas", "sofie")]
    with facts.write("enrolment.edit"):
        facts.update("enrolment", cases["jonas"], {"consultant_id": user("sofie")["id"]})

    assert before == [True, False]
    assert ["Workshop om mål" in titles(fetch(name)) for name in ("jonas", "sofie")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("day", "is_in"),
    [
        (date(2024, 9, 12), False),
        (date(2024, 9, 13), True),
        (date(2027, 3, 13), True),
        (date(2027, 3, 14), False),
    ],
)
def test_it_goes_from_half_a_year_back_to_two_years_ahead(facts, meet, fetch, day, is_in):
    meet(at(day))
    with facts.write("setting.edit"):
        facts.update("cohort", 3, {"apply_by": day.isoformat()})

    assert ("Infomøde" in titles(fetch())) == is_in
    assert ("Ansøgningsfrist: hold august 2025" in titles(fetch())) == is_in


def test_a_deadline_is_a_day_that_takes_no_time(fetch):
    event = events(fetch())["Ansøgningsfrist: hold januar 2025"]

    assert told(event) == {
        "UID": "frist-2025-01@peerforloeb.example",
        "SEQUENCE": 1,
        "DTSTAMP": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "LAST-MODIFIED": datetime(2025, 3, 13, 9, tzinfo=UTC),
        "DTSTART": date(2024, 10, 1),
        "DTEND": date(2024, 10, 2),
        "SUMMARY": "Ansøgningsfrist: hold januar 2025",
        "CATEGORIES": ["Frist"],
        "STATUS": "CONFIRMED",
        "CLASS": "PRIVATE",
        "TRANSP": "TRANSPARENT",
    }
    assert b"\r\nDTSTART;VALUE=DATE:20241001\r\n" in fetch()


# --- when ---------------------------------------------------------------------------------------

WEEKS = {
    "spring": (date(2025, 3, 24), date(2025, 3, 31)),
    "autumn": (date(2025, 10, 20), date(2025, 10, 27)),
    "new year": (date(2025, 12, 29), date(2026, 1, 5)),
}


@pytest.fixture
def busy(plan: Callable, meet: Callable) -> None:
    """Activities at every odd hour of the weeks in which the clocks change or the year does."""
    for first, last in WEEKS.values():
        for number in range((last - first).days):
            day = first + timedelta(days=number)
            plan(title=f"Sen {day}", start=at(day, 22, 30))
            plan(title=f"Nat {day}", start=at(day, 0), end=at(day, 0, 45))
            meet(at(day, 14, 30))
    sunday = at(date(2025, 3, 30), 0, 30)  # 02.30 is not there
    for hours in range(5):
        plan(title=f"Forår {hours}", start=sunday + timedelta(hours=hours), expected={})
    sunday = at(date(2025, 10, 26), 0, 30)  # 02.30 comes twice
    for hours in range(5):
        plan(title=f"Efterår {hours}", start=sunday + timedelta(hours=hours), expected={})


def stored(facts: Store, first: date, last: date) -> set[tuple[str, datetime, datetime]]:
    rows = facts.rows("activity")
    instants = [
        (row["uid"], *(datetime.fromisoformat(row[one]) for one in ("starts_at", "ends_at")))
        for row in rows
    ]
    return {one for one in instants if one[2] > at(first, 0) and one[1] < at(last, 0)}


def read(content: bytes, first: date, last: date) -> set[tuple[str, datetime, datetime]]:
    """What a calendar program shows from `first` up to `last`, in UTC."""
    found = recurring_ical_events.of(Calendar.from_ical(content)).between(
        datetime.combine(first, time(0), calendar.COPENHAGEN),
        datetime.combine(last, time(0), calendar.COPENHAGEN),
    )
    return {
        (
            str(event["uid"]),
            event["dtstart"].dt.astimezone(UTC),
            event["dtend"].dt.astimezone(UTC),
        )
        for event in found
    }


@pytest.mark.parametrize("week", WEEKS)
def test_every_instant_is_the_stores_in_the_weeks_that_are_hard(facts, busy, fetch, week):
    wanted = stored(facts, *WEEKS[week])

    assert read(fetch("lene"), *WEEKS[week]) == wanted
    assert len(wanted) >= 21


@pytest.mark.parametrize(
    ("week", "wrong"),
    [
        ("spring", lambda instant: instant + timedelta(hours=1)),
        ("autumn", lambda instant: calendar.local(instant).replace(fold=0)),
        ("new year", lambda instant: calendar.local(instant).replace(tzinfo=UTC)),
    ],
)
def test_control_a_wrong_hour_is_noticed(facts, busy, fetch, monkeypatch, week, wrong):
    monkeypatch.setattr(feed, "clock_times", lambda *ends: tuple(map(wrong, ends)))

    assert read(fetch("lene"), *WEEKS[week]) != stored(facts, *WEEKS[week])


def test_control_a_zone_for_what_is_in_utc_makes_this_reader_tell_the_wrong_hour(
    facts, busy, fetch
):
    content, line = fetch("lene"), b"X-WR-TIMEZONE:Europe/Copenhagen\r\n"
    with_zone = content.replace(b"VERSION:2.0\r\n", b"VERSION:2.0\r\n" + line)

    assert line not in content
    assert read(with_zone, *WEEKS["autumn"]) != stored(facts, *WEEKS["autumn"])


def test_every_instant_is_the_stores_by_the_zone_in_the_file_itself(facts, busy, fetch):
    found = Calendar.from_ical(fetch("lene"))
    own = [zone.to_tz(lookup_tzid=False) for zone in found.walk("VTIMEZONE")]
    told_ = set()
    for event in found.walk("VEVENT"):
        ends = []
        for name in ("dtstart", "dtend"):
            value = event[name]
            if value.params.get("TZID"):
                assert value.params["TZID"] == "Europe/Copenhagen"
                ends.append(value.dt.replace(tzinfo=own[0]).astimezone(UTC))
            elif isinstance(value.dt, datetime):
                ends.append(value.dt)
        told_ |= {(str(event["uid"]), *ends)} if ends else set()

    assert len(own) == 1
    first, last = date(2024, 9, 13), date(2027, 3, 14)
    assert told_ == stored(facts, first, last)


@pytest.mark.parametrize("name", [*PEOPLE])
def test_no_zone_is_empty_also_where_there_is_nothing_else(fetch, name):
    found = Calendar.from_ical(fetch(name))

    assert [
        sorted(part.name for part in zone.subcomponents) for zone in found.walk("VTIMEZONE")
    ] == [["DAYLIGHT", "STANDARD"]]


# --- what changes -------------------------------------------------------------------------------


def test_what_is_moved_keeps_its_uid_and_goes_before_what_was(facts, plan, fetch, clock):
    workshop = plan()
    found = [events(fetch())["Workshop om mål – København"]]
    clock.tick(hours=1)
    start = at(date(2025, 4, 3), 13)
    activities.move(facts, workshop, starts_at=start, ends_at=start + timedelta(hours=2))
    found.append(events(fetch())["Workshop om mål – København"])

    uid = facts.get("activity", workshop)["uid"]
    assert [
        (str(event["uid"]), event["sequence"], event.decoded("dtstamp"), event["dtstart"].dt)
        for event in found
    ] == [
        (uid, 1, datetime(2025, 3, 13, 9, tzinfo=UTC), at(date(2025, 3, 20))),
        (uid, 2, datetime(2025, 3, 13, 10, tzinfo=UTC), at(date(2025, 4, 3), 13)),
    ]
    shown = read(fetch(), date(2025, 3, 1), date(2025, 4, 30))
    assert [one for one in shown if one[0] == uid] == [(uid, start, start + timedelta(hours=2))]


def test_what_is_cancelled_stays_and_says_so(facts, user, plan, fetch):
    workshop = plan(consultant_id=user("jonas")["id"])
    before = events(fetch())["Workshop om mål – København"]
    activities.cancel(facts, workshop, "Sygdom")
    after = events(fetch())["Aflyst: Workshop om mål – København"]

    assert [
        (str(event["uid"]), event["sequence"], str(event["status"]), str(event["transp"]))
        for event in (before, after)
    ] == [
        (before["uid"], 1, "CONFIRMED", "OPAQUE"),
        (before["uid"], 2, "CANCELLED", "TRANSPARENT"),
    ]
    assert after["dtstart"].dt == before["dtstart"].dt
    assert "Cancelled: Workshop om mål – København" in events(fetch(language="en"))


def test_a_cancelled_meeting_and_what_is_taken_back_are_told_too(facts, meet, fetch):
    meeting = meet(at(date(2025, 3, 20)))
    meetings.cancel(facts, meeting, "Sygdom")
    off = events(fetch())["Aflyst: Infomøde"]
    facts.revert(facts.last_operation)
    on = events(fetch())["Infomøde"]

    assert (str(off["status"]), str(on["status"])) == ("CANCELLED", "CONFIRMED")
    assert off["uid"] == on["uid"]
    assert on["sequence"] > off["sequence"] > 1


def test_the_same_data_give_the_same_bytes_until_they_change(
    facts, cases, plan, meet, fetch, clock
):
    workshop, meeting = plan(), meet(at(date(2025, 3, 20)))
    first = fetch()
    clock.tick(days=1, hours=3)
    signups.sign_up(facts, meeting, name="Ane Holm", email="ane@kommune.example")
    activities.count(facts, workshop, {(cases["jonas"], "staff"): (9, None)})

    assert fetch() == first
    activities.edit(facts, workshop, {"title": "Ny"})
    assert fetch() != first, "control: a change is told"


# --- what people write --------------------------------------------------------------------------

HOSTILE = [
    "To linjer\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:falsk",
    "To linjer\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:falsk",
    "Vognretur\rEND:VCALENDAR",
    "Semikolon; komma, kolon: og \\ skråstreg \\n",
    'Gåseøjne "x" og ^n',
    "Å" * 160,
    "😀" * 160,
    "BEGIN:VEVENT",
    "Tegn\x00\x07\x0b\x0c\x85\u2028\u2029\u202e der styrer",
    "<script>alert(1)</script>",
    "hold\u00a0januar\u202f2025",
]


def tidy(text: str, *, lines: bool) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u00a0", " ").replace("\u202f", " ")
    text = "".join(one for one in text if one.isprintable() or one == "\n")
    return text if lines else " ".join(text.split())


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["jonas", "peter"])
def test_what_people_write_cannot_leave_its_place(facts, plan, fetch, text, name):
    workshop = plan(title=text, place=text, body=text)
    with facts.write("setting.edit"):  # a name is typed as well
        facts.update("municipality", COPENHAGEN, {"name": text})
    content = fetch(name)

    lines = content.split(b"\r\n")
    assert [line for line in lines if len(line) > 75] == []
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    found = Calendar.from_ical(content)
    shown = len(feed.shown(facts, facts.find("app_user", name=name.title()))) + 1  # a deadline
    assert lines.count(b"BEGIN:VEVENT") == lines.count(b"END:VEVENT") == shown
    assert [part.name for part in found.subcomponents] == ["VTIMEZONE", *["VEVENT"] * shown]
    uid = facts.get("activity", workshop)["uid"]
    event = next(event for event in found.walk("VEVENT") if event["uid"] == uid)
    one = tidy(text, lines=False)
    assert str(event["summary"]) == tidy(f"{text.strip()} – {text}", lines=False)
    assert str(event["location"]) == one
    if name == "jonas":
        assert str(event["description"]).split("\n\n", 1)[1] == tidy(text.strip(), lines=True)


def test_control_text_that_is_not_escaped_leaves_its_place(plan, fetch, monkeypatch):
    plan(title="x\r\nEND:VEVENT\r\nBEGIN:VEVENT")
    raw = "to_ical", lambda self: "".join(events_by_summary(self)).encode()
    monkeypatch.setattr(Calendar, *raw)
    monkeypatch.setattr(feed, "_line", str)

    assert b"\r\nBEGIN:VEVENT" in fetch()


def events_by_summary(found: Calendar) -> list[str]:
    return [str(event["summary"]) for event in found.walk("VEVENT")]


def test_every_activity_of_a_frame_is_an_event_once(facts, busy, fetch):
    uids = [str(event["uid"]) for event in Calendar.from_ical(fetch("lene")).walk("VEVENT")]

    days = frames.activities(facts)["day"]
    inside = int((days >= "2024-09-13").sum())
    assert len(uids) == len(set(uids)) == inside + 1
