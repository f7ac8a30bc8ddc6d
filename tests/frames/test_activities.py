"""The activities, whom they serve and how many came, as people are shown them."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.domain.errors import AdvisoryError
from advisory.frames.activities import ACTIVITIES, HEADCOUNTS, SERVED
from advisory.store import Store, activities, decisions, enrolments, meetings, plan, users
from advisory.store.history import HEAD, differences

START = datetime(2025, 4, 8, 12, tzinfo=UTC)  # Tuesday 14.00 in Copenhagen
HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")
AUDIENCES = ("leadership", "staff", "peers", "citizens")
FRAMES = {"activities": ACTIVITIES, "headcounts": HEADCOUNTS, "served": SERVED}


@pytest.fixture
def make_case(facts: Store) -> Callable[..., int]:
    """`make_case("Faxe", "2024-02")` gives the id of an admitted case."""

    def make(name: str, cohort: str = "2024-02") -> int:
        home, own = facts.find("municipality", name=name), facts.find("cohort", code=cohort)
        day = min(date.fromisoformat(own["starts_on"]), facts.today()) - timedelta(days=150)
        made = enrolments.create(facts, own["id"], home["id"], received_on=day)
        decisions.decide(facts, made, Status.ADMITTED, on_date=day, reason="sent")
        return made

    return make


@pytest.fixture
def case(make_case) -> int:
    return make_case("Faxe")


@pytest.fixture
def arrange(facts: Store, case: int) -> Callable[..., int]:
    """`arrange(START)` gives the id of a workshop of three hours for one municipality."""

    def make(starts_at: datetime = START, ends_at: datetime | None = None, **given: Any) -> int:
        usual: dict[str, Any] = {"enrolments": {case: None}, "expected": {"staff": 10}}
        kind, title = given.pop("kind", "workshop"), given.pop("title", "Workshop")
        times = {"starts_at": starts_at, "ends_at": ends_at or starts_at + 3 * HOUR}
        return activities.create(facts, kind, title, **times, **(usual | given))

    return make


def one(frame: pd.DataFrame, **where: object) -> dict:
    for column, value in where.items():
        frame = frame[frame[column] == value]
    (row,) = frame.to_dict("records")
    return row


def state(store: Store, activity_id: int) -> str:
    """Its state, which all three frames must say."""
    found = [one(frames.activities(store), activity_id=activity_id)["state"]]
    found += frames.headcounts(store, activity_id)["state"].tolist()
    found += frames.served(store, activity_id)["state"].tolist()
    assert len(set(found)) == 1, found
    return found[0]


# --- types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("kind", ["store", "facts", "demo_store"])
def test_columns_and_types_are_promised_also_where_there_is_nothing(request, kind, name):
    store, read = request.getfixturevalue(kind), getattr(frames, name)

    for day in (None, date(2024, 6, 1), date(2027, 2, 1)):
        found = read(store.at(day) if day else store)
        assert {column: str(dtype) for column, dtype in found.dtypes.items()} == FRAMES[name]
        assert list(found.index) == list(range(len(found)))


@pytest.mark.parametrize("name", ["headcounts", "served"])
def test_of_one_activity_there_are_its_own_rows_with_the_same_types(facts, arrange, name):
    first, second = arrange(), arrange(START + DAY)
    read = getattr(frames, name)

    parts = [read(facts, first), read(facts, second)]

    whole = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(whole, read(facts))
    assert [len(part) for part in parts] == [1, 1]
    nothing = read(facts, 99)
    assert {column: str(dtype) for column, dtype in nothing.dtypes.items()} == FRAMES[name]
    assert nothing.empty


# --- one activity ---------------------------------------------------------------------------------


def test_an_activity_is_told_whole(facts, make_case, case):
    other, partner = make_case("Struer", "2025-01"), facts.find("organisation", kind="partner")
    user = users.add(facts, "ane@x.example", "Ane Holm", "AH", "consultant")
    activity_id = activities.create(
        facts,
        "competence",
        "Kursus",
        starts_at=START,
        ends_at=START + 3 * HOUR,
        enrolments={other: None, case: None},
        expected={"citizens": 4, "leadership": None},
        provider_id=partner["id"],
        consultant_id=user,
        place="Rådhuset",
        link="https://moede.example/1",
        capacity=30,
        body="Om roller",
        materials="https://a.example/1",
    )

    row = one(frames.activities(facts), activity_id=activity_id)

    assert {name: None if value is pd.NaT else value for name, value in row.items()} == {
        "activity_id": activity_id,
        "kind": "competence",
        "title": "Kursus",
        "starts_at": pd.Timestamp(START),
        "ends_at": pd.Timestamp(START + 3 * HOUR),
        "day": pd.Timestamp(2025, 4, 8),
        "week": "2025-W15",
        "minutes": 180,
        "place": "Rådhuset",
        "link": "https://moede.example/1",
        "body": "Om roller",
        "materials": "https://a.example/1",
        "provider_id": partner["id"],
        "provider": partner["name"],
        "consultant_id": user,
        "consultant": "Ane Holm",
        "initials": "AH",
        "enrolments": (case, other),
        "municipalities": ("Faxe", "Struer"),
        "slugs": ("faxe", "struer"),
        "cohorts": ("2024-02", "2025-01"),
        "state": "planned",
        "moved": False,
        "audiences": ("leadership", "citizens"),
        "planned": 8,
        "attended": None,
        "uncounted": 4,
        "capacity": 30,
        "agreed": "",
        "next_step": "",
        "next_step_by": None,
        "cancel_reason": "",
        "first_day": pd.Timestamp(2025, 4, 8),
        "version": 1,
    }


def test_the_municipalities_come_in_danish_order_with_what_belongs_to_each(facts, make_case):
    names = ["Ærø", "Aabenraa", "Faxe", "Viborg", "Aalborg", "Allerød"]
    ids = {name: make_case(name) for name in names}
    activity_id = activities.create(
        facts,
        "guidance",
        "Vejledning",
        starts_at=START,
        ends_at=START + HOUR,
        enrolments={ids[name]: None for name in names},
        expected={"staff": None},
    )

    row = one(frames.activities(facts), activity_id=activity_id)

    danish = ("Allerød", "Faxe", "Viborg", "Ærø", "Aabenraa", "Aalborg")
    assert row["municipalities"] == danish
    assert row["enrolments"] == tuple(ids[name] for name in danish)
    assert row["slugs"] == tuple(facts.find("municipality", name=name)["slug"] for name in danish)
    for read in (frames.headcounts, frames.served):
        assert tuple(read(facts, activity_id)["municipality"]) == danish


@pytest.mark.parametrize(
    ("starts_at", "day", "week"),
    [
        (datetime(2024, 12, 29, 22, 59, tzinfo=UTC), date(2024, 12, 29), "2024-W52"),
        (datetime(2024, 12, 29, 23, 0, tzinfo=UTC), date(2024, 12, 30), "2025-W01"),
        (datetime(2025, 12, 29, 9, tzinfo=UTC), date(2025, 12, 29), "2026-W01"),
        (datetime(2025, 4, 8, 21, 59, tzinfo=UTC), date(2025, 4, 8), "2025-W15"),
        (datetime(2025, 4, 8, 22, 0, tzinfo=UTC), date(2025, 4, 9), "2025-W15"),
    ],
)
def test_day_and_week_are_those_of_copenhagen_and_the_iso_year(
    facts, arrange, starts_at, day, week
):
    activity_id = arrange(starts_at)

    row = one(frames.activities(facts), activity_id=activity_id)

    assert (row["day"].date(), row["first_day"].date(), row["week"]) == (day, day, week)


def test_a_year_can_have_a_week_53(facts, arrange, make_case):
    late = {make_case("Struer", "2025-08"): None}
    for day in (3, 4):
        arrange(datetime(2027, 1, day, 9, tzinfo=UTC), enrolments=late)

    weeks = frames.activities(facts)["week"].tolist()[-2:]

    assert weeks == ["2026-W53", "2027-W01"]


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "minutes"),
    [
        (datetime(2025, 3, 29, 13, tzinfo=UTC), datetime(2025, 3, 30, 12, tzinfo=UTC), 1380),
        (datetime(2025, 10, 25, 12, tzinfo=UTC), datetime(2025, 10, 26, 13, tzinfo=UTC), 1500),
        (START, START + timedelta(minutes=90), 90),
    ],
)
def test_from_two_until_two_is_an_hour_less_or_more_where_the_clocks_change(
    facts, arrange, starts_at, ends_at, minutes
):
    activity_id = arrange(starts_at, ends_at)

    row = one(frames.activities(facts), activity_id=activity_id)

    assert row["minutes"] == minutes
    assert frames.headcounts(facts, activity_id)["minutes"].tolist() == [minutes]


def test_activities_come_by_their_start_the_info_meetings_among_them(facts, arrange, clock):
    arrange(START + DAY)
    times = {"starts_at": START, "ends_at": START + HOUR}
    asked = [meetings.create(facts, "webinar", f"Webinar {n}", **times) for n in range(2)]
    arrange(START - DAY)

    found = frames.activities(facts)

    assert list(found["starts_at"]) == sorted(found["starts_at"])
    assert set(frames.meetings(facts)["activity_id"]) < set(found["activity_id"])
    row = one(found, activity_id=asked[0])
    assert (row["kind"], row["municipalities"], row["audiences"]) == ("webinar", (), ())
    assert (row["provider"], row["uncounted"], row["moved"]) == ("", 0, False)


def test_an_info_meeting_is_held_by_itself_once_it_is_over(facts, clock):
    times = {"starts_at": START, "ends_at": START + HOUR}
    ids = [meetings.create(facts, "info_meeting", f"Møde {n}", **times) for n in range(2)]
    meetings.cancel(facts, ids[1], "Sygdom")

    def states(store: Store) -> list[str]:
        found = frames.activities(store).set_index("activity_id")["state"]
        return found[ids].tolist()

    told = []
    for clock.now in (START - INSTANT, START, START + HOUR - INSTANT, START + HOUR):
        told.append(states(facts))

    assert told == [["planned", "cancelled"]] * 3 + [["held", "cancelled"]]
    assert states(facts.at(date(2025, 4, 7))) == ["planned", "cancelled"]
    assert states(facts.at(date(2025, 4, 9))) == ["held", "cancelled"]


# --- how it stands --------------------------------------------------------------------------------


def test_an_activity_falls_due_with_the_hour_while_the_data_stay(facts, arrange, clock):
    activity_id = arrange()
    version, told = facts.version(), []

    for clock.now in (START, START + 3 * HOUR - INSTANT, START + 3 * HOUR, START + 30 * DAY):
        told.append(state(facts, activity_id))

    assert told == ["planned", "planned", "due", "due"]
    assert facts.version() == version


def test_another_date_shows_how_it_stood_at_the_end_of_that_day(facts, arrange, clock):
    clock.on(date(2025, 3, 20))
    activity_id = arrange()
    clock.on(date(2025, 3, 25))
    later = START + 7 * DAY
    activities.move(facts, activity_id, starts_at=later, ends_at=later + HOUR)
    clock.now = later + 2 * DAY
    activities.hold(facts, activity_id, agreed="Ja")
    clock.now = later + 3 * DAY
    case_id = frames.served(facts, activity_id)["enrolment_id"].item()
    activities.count(facts, activity_id, {(case_id, "staff"): (10, 8)})

    def told(day: date) -> tuple:
        row = one(frames.activities(facts.at(day)), activity_id=activity_id)
        attended = None if pd.isna(row["attended"]) else row["attended"]
        return row["state"], row["day"].date(), row["moved"], row["agreed"], attended

    first, second = date(2025, 4, 8), date(2025, 4, 15)
    earlier = frames.activities(facts.at(date(2025, 3, 19)))
    assert activity_id not in set(earlier["activity_id"])
    assert [told(day) for day in (date(2025, 3, 20), date(2025, 3, 25))] == [
        ("planned", first, False, "", None),
        ("planned", second, True, "", None),
    ]
    assert [told(second + timedelta(days=n)) for n in (-1, 0, 1, 2, 3, 30)] == [
        ("planned", second, True, "", None),
        ("due", second, True, "", None),
        ("due", second, True, "", None),
        ("held", second, True, "Ja", None),
        ("held", second, True, "Ja", 8),
        ("held", second, True, "Ja", 8),
    ]


def test_a_day_to_come_shows_as_due_what_will_be_over(facts, arrange):
    activity_id = arrange()

    days = [state(facts.at(date(2025, 4, day)), activity_id) for day in (7, 8, 9)]

    assert days == ["planned", "due", "due"]


def test_what_was_moved_and_back_is_not_moved(facts, arrange):
    activity_id = arrange()
    told = []

    for start in (START + 7 * DAY, START, START + INSTANT):
        activities.move(facts, activity_id, starts_at=start, ends_at=start + HOUR)
        row = one(frames.activities(facts), activity_id=activity_id)
        told.append((row["moved"], row["first_day"].date()))

    assert told == [(True, START.date()), (False, START.date()), (True, START.date())]


def test_a_cancelled_activity_is_cancelled_whenever_it_was_and_says_why(facts, arrange, clock):
    activity_id = arrange()
    activities.cancel(facts, activity_id, "Sygdom")

    told = []
    for clock.now in (START - DAY, START + 30 * DAY):
        row = one(frames.activities(facts), activity_id=activity_id)
        told.append((state(facts, activity_id), row["cancel_reason"], row["uncounted"]))

    assert told == [("cancelled", "Sygdom", 1)] * 2


# --- how many -------------------------------------------------------------------------------------


def test_nobody_counted_nobody_came_and_not_invited_are_three_things(
    facts, arrange, case, make_case, clock
):
    other = make_case("Struer", "2025-01")
    activity_id = arrange(
        enrolments={case: None, other: None}, expected={"staff": 5, "peers": None}
    )
    clock.now = START
    told = []

    for cells in (
        {(case, "peers"): None},
        {(case, "staff"): (5, 0)},
        {(other, "staff"): (5, 4), (other, "peers"): (None, 2)},
        {(case, "staff"): (5, None), (other, "staff"): (None, None), (other, "peers"): None},
    ):
        activities.count(facts, activity_id, cells)
        row = one(frames.activities(facts), activity_id=activity_id)
        numbers = (row["planned"], row["attended"], row["uncounted"])
        told.append((row["audiences"], *(None if pd.isna(one) else one for one in numbers)))

    assert told == [
        (("staff", "peers"), 10, None, 3),
        (("staff", "peers"), 10, 0, 2),
        (("staff", "peers"), 10, 6, 0),
        (("staff",), 5, None, 2),
    ]


def test_a_head_count_has_one_row_for_each_municipality_and_invited_audience(
    facts, arrange, case, make_case, clock
):
    other = make_case("Struer", "2025-01")
    activity_id = arrange(
        enrolments={other: None, case: None}, expected={"citizens": 3, "staff": None}
    )
    clock.now = START
    activities.count(facts, activity_id, {(case, "staff"): (None, 7), (other, "citizens"): (3, 0)})

    found = frames.headcounts(facts, activity_id)

    columns = ["municipality", "cohort", "month", "audience", "planned", "attended", "version"]
    shown = found[columns].astype(object)
    assert shown.where(found[columns].notna(), None).to_numpy().tolist() == [
        ["Faxe", "2024-02", 15, "staff", None, 7, 2],
        ["Faxe", "2024-02", 15, "citizens", 3, None, 1],
        ["Struer", "2025-01", 4, "staff", None, None, 1],
        ["Struer", "2025-01", 4, "citizens", 3, 0, 2],
    ]
    agency = facts.find("organisation", kind="agency")
    same = {"kind": "workshop", "title": "Workshop", "minutes": 180, "provider": agency["name"]}
    for name, value in same.items():
        assert set(found[name]) == {value}


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2024, 1, 31), 0),
        (date(2024, 2, 1), 1),
        (date(2024, 2, 29), 1),
        (date(2024, 3, 1), 2),
        (date(2025, 7, 31), 18),
        (date(2025, 8, 1), 18),
    ],
)
def test_a_head_count_is_in_a_month_of_the_programme(facts, arrange, day, month):
    activity_id = arrange(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))

    assert frames.headcounts(facts, activity_id)["month"].tolist() == [month]


def test_who_is_served_and_how_the_milestone_stands_there(facts, arrange, case, make_case, clock):
    other = make_case("Struer", "2025-01")
    step = facts.rows("milestone", "enrolment_id = ? AND kind = 'workshop'", [case])[0]
    activity_id = arrange(enrolments={other: None, case: step["id"]})
    clock.now = START
    before = frames.served(facts, activity_id)
    activities.hold(facts, activity_id, done=[step["id"]])

    columns = ["municipality", "cohort", "milestone", "milestone_en", "milestone_state", "state"]
    found = frames.served(facts, activity_id)

    names = [step["name"], step["name_en"]]
    assert before[columns].to_numpy().tolist() == [
        ["Faxe", "2024-02", *names, "late", "planned"],
        ["Struer", "2025-01", "", "", "", "planned"],
    ]
    assert found[columns].to_numpy().tolist() == [
        ["Faxe", "2024-02", *names, "done", "held"],
        ["Struer", "2025-01", "", "", "", "held"],
    ]
    assert found["milestone_id"].tolist() == [step["id"], pd.NA]
    assert found["enrolment_id"].tolist() == [case, other]


# --- everything at once, against plain Python -----------------------------------------------------


def local(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(COPENHAGEN).date()


def total(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def how_it_stands(row: dict, moment: datetime) -> str:
    over = datetime.fromisoformat(row["ends_at"]) <= moment
    if row["cancelled_at"]:
        return "cancelled"
    if row["kind"] in ("info_meeting", "webinar"):
        return "held" if over else "planned"
    return "held" if row["held_at"] else "due" if over else "planned"


def told_plainly(store: Store, moment: datetime) -> dict[str, set[tuple]]:
    """What the frames must say, worked out row by row from the tables."""
    rows, heads = store.rows("activity"), store.rows("headcount")
    served = store.rows("activity_enrolment")
    home = {row["id"]: row["municipality_id"] for row in store.rows("enrolment")}
    names = {row["id"]: row["name"] for row in store.rows("municipality")}
    said: dict[str, set[tuple]] = {"activities": set(), "headcounts": set(), "served": set()}
    for row in rows:
        mine = [head for head in heads if head["activity_id"] == row["id"]]
        whom = [one["enrolment_id"] for one in served if one["activity_id"] == row["id"]]
        year, week, _ = local(row["starts_at"]).isocalendar()
        now = how_it_stands(row, moment)
        said["activities"].add(
            (
                row["id"],
                now,
                local(row["starts_at"]),
                f"{year}-W{week:02}",
                row["starts_at"] != (row["first_starts_at"] or row["starts_at"]),
                frozenset(whom),
                frozenset(names[home[one]] for one in whom),
                tuple(name for name in AUDIENCES if name in {head["audience"] for head in mine}),
                total([head["planned"] for head in mine]),
                total([head["attended"] for head in mine]),
                len([head for head in mine if head["attended"] is None]),
                row["version"],
            )
        )
        for head in mine:
            cell = (head["audience"], head["planned"], head["attended"], head["version"])
            said["headcounts"].add((row["id"], head["enrolment_id"], now, *cell))
        said["served"] |= {(row["id"], one, now) for one in whom}
    return said


def told_by_frames(store: Store) -> dict[str, set[tuple]]:
    def number(value: Any) -> int | None:
        return None if pd.isna(value) else int(value)

    return {
        "activities": {
            (
                row.activity_id,
                row.state,
                row.day.date(),
                row.week,
                row.moved,
                frozenset(row.enrolments),
                frozenset(row.municipalities),
                row.audiences,
                number(row.planned),
                number(row.attended),
                row.uncounted,
                row.version,
            )
            for row in frames.activities(store).itertuples()
        },
        "headcounts": {
            (
                row.activity_id,
                row.enrolment_id,
                row.state,
                row.audience,
                number(row.planned),
                number(row.attended),
                row.version,
            )
            for row in frames.headcounts(store).itertuples()
        },
        "served": {
            (row.activity_id, row.enrolment_id, row.state)
            for row in frames.served(store).itertuples()
        },
    }


class Hand:
    """Somebody who does one thing after the other to the activities, at random."""

    def __init__(self, store: Store, draw: random.Random, cases: list[int]):
        self.store, self.draw, self.cases = store, draw, cases

    def act(self) -> None:
        """One verb; a refusal is as good as any other answer."""
        often = ("create", "create", "serve", "move", "cancel", "hold", "count")
        name = self.draw.choice([*often * 3, "take_back", "edit", "revert"])
        with suppress(AdvisoryError):
            getattr(self, name)()

    def _one(self) -> int:
        return self.draw.choice(self.store.rows("activity", "kind NOT LIKE 'info%'"))["id"]

    def _when(self) -> dict[str, datetime]:
        start = self.store.now() + timedelta(hours=self.draw.randint(-600, 600))
        return {"starts_at": start, "ends_at": start + self.draw.randint(1, 30) * HOUR}

    def _whom(self) -> dict[int, None]:
        return dict.fromkeys(self.draw.sample(self.cases, self.draw.randint(1, 3)))

    def _number(self) -> int | None:
        return self.draw.choice([None, 0, self.draw.randint(1, 30)])

    def create(self) -> None:
        invited = {
            name: self._number() for name in self.draw.sample(AUDIENCES, self.draw.randint(0, 4))
        }
        kind = self.draw.choice(activities.KINDS)
        served = {"enrolments": self._whom(), "expected": invited}
        activities.create(self.store, kind, "Aktivitet", **self._when(), **served)

    def edit(self) -> None:
        activities.edit(self.store, self._one(), {"title": f"Aktivitet {self.draw.random()}"})

    def serve(self) -> None:
        activities.serve(self.store, self._one(), self._whom())

    def move(self) -> None:
        activities.move(self.store, self._one(), **self._when())

    def cancel(self) -> None:
        activities.cancel(self.store, self._one(), "Sygdom")

    def hold(self) -> None:
        activities.hold(self.store, self._one(), next_step=self.draw.choice(["", "Ring"]))

    def take_back(self) -> None:
        activities.take_back(self.store, self._one())

    def count(self) -> None:
        activity_id = self._one()
        rows = self.store.rows("activity_enrolment", "activity_id = ?", [activity_id])
        cells = {
            (row["enrolment_id"], name): self.draw.choice([None, (self._number(), self._number())])
            for row in rows
            for name in self.draw.sample(AUDIENCES, 2)
        }
        activities.count(self.store, activity_id, cells)

    def revert(self) -> None:
        last = self.store.rows("history", order="id DESC LIMIT 1")[0]
        self.store.revert(last["operation"])


def test_whatever_is_done_the_frames_say_what_stands_in_the_tables_then_and_later(
    facts, make_case, clock, draw
):
    """After each verb: nothing that was kept is shown; each evening is the same seen from later."""
    places = {
        "2024-02": ("Faxe", "Struer", "Ærø", "Aabenraa"),
        "2025-01": ("Greve", "Køge", "Lemvig", "Solrød"),
    }
    cases = [make_case(name, code) for code, names in places.items() for name in names]
    hand, evenings = Hand(facts, draw, cases), {}
    hand.create()

    for _ in range(6):
        for _ in range(8):
            hand.act()
            assert told_by_frames(facts) == told_plainly(facts, clock.now)
            clock.tick(minutes=20)
        clock.now = clock.now.astimezone(COPENHAGEN).replace(hour=23, minute=59).astimezone(UTC)
        evenings[facts.today()] = told_by_frames(facts)
        clock.tick(hours=10)

    assert {day: told_by_frames(facts.at(day)) for day in evenings} == evenings
    assert differences(facts.db, facts.path, HEAD) == []
    states = {row[1] for told in evenings.values() for row in told["activities"]}
    assert states >= {"planned", "held", "cancelled"}


def test_the_invented_activities_are_told_as_the_tables_have_them(demo_store, clock):
    assert told_by_frames(demo_store) == told_plainly(demo_store, clock.now)


def test_a_step_that_counts_from_an_activity_is_named_after_it_and_follows_it(facts, arrange, case):
    activity_id = arrange(title="Workshop 1")
    step = plan.add_by_activity(facts, case, "Invitation", activity_id, -28)
    days = []

    for start in (START, START + 14 * DAY):
        activities.move(facts, activity_id, starts_at=start, ends_at=start + HOUR)
        row = one(frames.milestones(facts, case), milestone_id=step)
        days.append((row["due_on"].date(), row["anchor_name"], row["state"]))

    assert days == [
        (date(2025, 3, 11), "Workshop 1", "late"),
        (date(2025, 3, 25), "Workshop 1", "soon"),
    ]
    everything = frames.milestones(facts)
    mine = everything[everything["enrolment_id"] == case].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, frames.milestones(facts, case))
