"""Openly invented competence development: what the partners hold for several municipalities."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from ..domain import calendar
from . import Actor, Row
from .demo_activities import Programme
from .demo_diary import SOURCE, Case, Planned, not_in_summer

MOST = 4  # municipalities of a group
ORDERED = 75  # days before the start of a cohort
APART = 7  # days between the groups of a track that no milestone gives a date


class Sessions:
    """The sessions of every cohort, made known to the programme's stage as events."""

    def __init__(self, programme: Programme, system: Actor):
        self.programme, self.store, self.system = programme, programme.store, system
        self.stage, self.words = programme.stage, programme.words
        self.office = next(one for one in self.stage.actors.values() if one.role == "office")

    def invent(self) -> None:
        """Arrange what is ordered for each cohort, and when its dates are set."""
        for cohort in self.store.rows("cohort", order="starts_on"):
            starts_on = date.fromisoformat(cohort["starts_on"])
            draw = random.Random(f"{self.stage.seed_number}.sessions.{cohort['code']}")
            day = starts_on - timedelta(days=ORDERED)
            self._let_system(draw, day, lambda cohort=cohort: self._order(cohort))
            for number, track in enumerate(self.words["track"]):
                name = f"{self.stage.seed_number}.track.{cohort['code']}.{number}"
                self.programme.let(
                    draw,
                    calendar.add_months(starts_on, track["booked"]) + timedelta(days=9),
                    self.office.login,
                    lambda track=track, cohort=cohort, name=name: self._book(track, cohort, name),
                )

    def _let_system(self, draw: random.Random, day: date, happen: Any) -> None:
        day = calendar.next_working_day(max(day, self.store.today() + timedelta(days=1)))
        at = calendar.to_utc(day, calendar.parse_time(f"9.{draw.randint(10, 59)}"))
        self.stage.let(at, self.system, happen)

    def _order(self, cohort: Row) -> None:
        with self.store.write("demo.load"):
            for order in self.words["order"]:
                row = {name: order[name] for name in ("sessions", "seats")}
                own = {"provider_id": self._provider(order), "cohort_id": cohort["id"]}
                self.store.insert("partner_order", own | row | {"source": SOURCE})

    def _provider(self, said: Mapping[str, Any]) -> int:
        found = self.store.find("organisation", name=said["provider"])
        assert found
        return found["id"]

    def _book(self, track: Mapping[str, Any], cohort: Row, name: str) -> None:
        """Set the dates of a track for all who take part in the cohort."""
        for group, (day, cases) in enumerate(self._groups(track, cohort)):
            draw = random.Random(f"{name}.{group}")
            for model in track["days"]:
                self._arrange(track, model, day, cases, draw)

    def _groups(self, track: Mapping[str, Any], cohort: Row) -> list[tuple[date, list[Case]]]:
        """The municipalities that meet, with their day; those whose plans are near each other."""
        cases = self.programme.followed.get(cohort["id"], [])
        wishes = self._wishes(track, cohort)
        if "milestone" in track:
            cases = sorted(
                (case for case in cases if case.enrolment_id in wishes),
                key=lambda case: (wishes[case.enrolment_id][1], case.enrolment_id),
            )
        groups = _split(cases)
        if "milestone" in track:
            days = [wishes[group[(len(group) - 1) // 3].enrolment_id][1] for group in groups]
        else:
            starts_on = date.fromisoformat(cohort["starts_on"])
            first = calendar.add_months(starts_on, track["month"])
            days = [first + timedelta(days=APART * number) for number in range(len(groups))]
        return list(zip(days, groups))

    def _wishes(self, track: Mapping[str, Any], cohort: Row) -> dict[int, tuple[int, date]]:
        """By case: its milestone, and the day on which it should be done."""
        return self.programme.wishes.get(cohort["id"], {}).get(track.get("milestone", ""), {})

    def _arrange(
        self,
        track: Mapping[str, Any],
        model: Mapping[str, Any],
        day: date,
        cases: Sequence[Case],
        draw: random.Random,
    ) -> None:
        """Plan one day of a group; afterwards one of the consultants says how it went."""
        wishes = self._wishes(track, cases[0].cohort)
        planned = Planned(
            "competence",
            model["title"],
            {case.enrolment_id: wishes[case.enrolment_id][0] if wishes else None for case in cases},
            cases[0].consultant,
            draw,
            self.programme.times(self.words["session_times"]),
        )
        self.programme.create(
            planned,
            not_in_summer(day + timedelta(days=model["after"])),
            self.programme.expected(draw, model["audiences"], "competence"),
            place=self.words["session_place"],
            capacity=track["seats"],
            provider_id=self._provider(track),
        )
        last = model is track["days"][-1]
        self.programme.let(
            draw,
            self.programme.day(planned) + timedelta(days=draw.choice((0, 0, 1))),
            planned.host,
            lambda: self.programme.after(planned, lambda: self._hold(planned, last=last)),
        )

    def _hold(self, planned: Planned, *, last: bool) -> None:
        self.programme.hold(planned, done=planned.served.values() if last else ())
        self.programme.count_later(planned, planned.draw.choice((0, 1, 1, 3, 6)))


def _split(cases: Sequence[Case]) -> list[list[Case]]:
    """The cases in groups as large as each other, in their order, at most `MOST` in each."""
    number = -(-len(cases) // MOST)
    if not number:
        return []
    size, more = divmod(len(cases), number)
    ends = [size * (n + 1) + min(n + 1, more) for n in range(number)]
    return [list(cases[start:end]) for start, end in zip([0, *ends], ends)]
