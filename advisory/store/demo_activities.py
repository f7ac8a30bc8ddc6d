"""Openly invented activities of the programmes: workshops and guidance of each municipality.

As in `demo` everything happens through the product's verbs, in the order of time. What partners
hold for several municipalities at once is in `demo_sessions`. What is drawn for an activity comes
from a draw of its own, so that it changes nothing of what is drawn beside it.
"""

import random
import tomllib
from collections.abc import Mapping
from datetime import date, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from ..domain import calendar
from . import activities, journal, plan
from .demo_diary import Case, Diary, Happening, Planned, Stage, not_in_summer

SHARE_MOVED, SHARE_CANCELLED, SHARE_NEXT_STEP = 0.12, 0.06, 0.5
SHARE_SOME_INVITED, SHARE_UNCOUNTED, SHARE_UNHELD = 0.15, 0.06, 0.04
LATE = 12  # days: a workshop later than this was planned late as well
LEAD, LATE_LEAD, GUIDANCE_LEAD = (28, 56), (15, 21), (28, 42)  # days planned ahead
FORGOTTEN = 30  # days until somebody counts after all
EVERY, FORGETS = 9, 4  # of so many workshops, the one whose people nobody counted


class Programme(Diary):
    """The workshops and the guidance, made known to `stage` as events."""

    def __init__(self, stage: Stage, folder: Path):
        text = (folder / "activities_da.toml").read_text(encoding="utf-8")
        super().__init__(stage, tomllib.loads(text))
        self.followed: dict[int, list[Case]] = {}  # by cohort, in the order of admission
        self.wishes: dict[int, dict[str, dict[int, tuple[int, date]]]] = {}
        self.workshops = count()

    def follow(self, case: Case) -> None:
        """Arrange the guidance of a case that has a place."""
        self.followed.setdefault(case.cohort["id"], []).append(case)
        draw = random.Random(f"{self.stage.seed_number}.guidance.{case.municipality['id']}")
        day = case.starts_on + timedelta(days=draw.randint(25, 45))
        ends_on = calendar.last_day(case.starts_on, case.cohort["months"])
        number = 0
        while day <= ends_on:
            number += 1
            name = f"{self.stage.seed_number}.guidance.{case.municipality['id']}.{number}"
            self._arrange_guidance(case, day, random.Random(name))
            day += timedelta(days=draw.randint(35, 60))

    def fulfil(self, case: Case, milestone_id: int, due_on: date, done_on: date) -> Happening:
        """What ticks a milestone off: a workshop is held, a session takes care of it, or neither.

        A workshop is arranged for the day the milestone is done.
        """
        milestone = self.store.get("milestone", milestone_id)
        code = self.store.get("milestone_template", milestone["template_id"])["code"]
        if code in self.words["workshop"]:
            return self._arrange_workshop(case, code, milestone_id, due_on, done_on)
        if any(track.get("milestone") == code for track in self.words["track"]):
            wishes = self.wishes.setdefault(case.cohort["id"], {}).setdefault(code, {})
            wishes[case.enrolment_id] = milestone_id, done_on
            return lambda: None
        return lambda: plan.mark_done(self.store, milestone_id, done_on)

    # --- workshops --------------------------------------------------------------------------

    def _arrange_workshop(
        self, case: Case, code: str, milestone_id: int, due_on: date, done_on: date
    ) -> Happening:
        """Plan a workshop some weeks ahead; what is returned says that it was held."""
        draw = random.Random(f"{self.stage.seed_number}.{code}.{case.municipality['id']}")
        late = (done_on - due_on).days > LATE
        lead = draw.randint(*(LATE_LEAD if late else LEAD))
        number, gap = list(self.words["workshop"]).index(code), self._gap(case)
        audience = gap.get("audience", "")
        if gap:  # in good time, so that it can be closed
            lead = LEAD[1]
        planned = Planned(
            "workshop",
            self.words["workshop"][code],
            {case.enrolment_id: milestone_id},
            case.consultant,
            draw,
            self.times(draw.choice(self.words["workshop_times"])),
            attended=dict(zip([audience], gap.get("attended", ())[number : number + 1])),
        )
        first = done_on + timedelta(days=draw.choice((-8, 7, 14)))
        moved = not late and draw.random() < SHARE_MOVED
        some = not gap and number == 0 and draw.random() < SHARE_SOME_INVITED
        heads = [*self.words["heads"]["workshop"]]
        invited = [one for one in heads if number + 1 != gap.get("without") or one != audience]
        expected = self.expected(draw, heads[:2] if some else invited, "workshop")
        place = f"{draw.choice(self.words['places'])}, {case.municipality['name']}"

        def make() -> None:
            self.create(
                planned,
                first if moved else done_on,
                expected,
                place=place,
                materials=self.words["materials"].format(number=number + 1),
                consultant_id=self.stage.users[case.consultant],
            )
            if moved:
                on = min(first, done_on) - timedelta(days=draw.randint(5, 9))
                self.let(draw, on, case.consultant, lambda: self.move(planned, done_on))

        self.let(draw, done_on - timedelta(days=lead), case.consultant, make)
        return lambda: self.after(planned, lambda: self._hold_workshop(planned))

    def _gap(self, case: Case) -> Mapping[str, Any]:
        """What the story says of a municipality that does not reach an audience, else nothing."""
        place = self.followed[case.cohort["id"]].index(case) + 1
        own = (case.cohort["code"], place)
        return next((one for one in self.words["gap"] if (one["cohort"], one["place"]) == own), {})

    def _hold_workshop(self, planned: Planned) -> None:
        self.hold(planned, done=planned.served.values())
        forgotten = next(self.workshops) % EVERY == FORGETS
        self.count_later(planned, FORGOTTEN if forgotten else planned.draw.choice((0, 0, 1, 2)))

    # --- guidance ---------------------------------------------------------------------------

    def _arrange_guidance(self, case: Case, day: date, draw: random.Random) -> None:
        """Plan an hour online, and hold it, move it or cancel it."""
        day = not_in_summer(calendar.next_working_day(day))
        start = time.fromisoformat(draw.choice(self.words["guidance_times"]))
        planned = Planned(
            "guidance",
            "Vejledning, online",
            {case.enrolment_id: None},
            case.consultant,
            draw,
            (start, time(start.hour + 1, start.minute)),
        )
        lead, chance = draw.randint(*GUIDANCE_LEAD), draw.random()
        expected = self.expected(draw, [*self.words["heads"]["guidance"]], "guidance")
        link = self.words["guidance_link"].format(number=draw.randint(10_000, 99_999))

        def make() -> None:
            self.create(
                planned,
                day,
                expected,
                place="Online",
                link=link,
                consultant_id=self.stage.users[case.consultant],
            )
            if chance < SHARE_CANCELLED:
                on, reason = day - timedelta(days=3), draw.choice(self.words["cancel_reasons"])
                self.let(draw, on, case.consultant, lambda: self._cancel(planned, reason))
                return
            if chance > 1 - SHARE_MOVED:
                on, to = day - timedelta(days=7), day + timedelta(days=draw.choice((-1, 2, 5)))
                self.let(draw, on, case.consultant, lambda: self._hold_later(planned, to))
            else:
                self._hold_later(planned)

        self.let(draw, day - timedelta(days=lead), case.consultant, make)

    def _cancel(self, planned: Planned, reason: str) -> None:
        activities.cancel(self.store, planned.activity_id, reason)

    def _hold_later(self, planned: Planned, to: date | None = None) -> None:
        """Let a guidance be held, on another day than it was planned for when `to` is one."""
        if to:
            self.move(planned, to)
        draw, day = planned.draw, self.day(planned)
        late = FORGOTTEN if draw.random() < SHARE_UNHELD else draw.choice((0, 0, 0, 1, 2))
        uncounted = draw.random() < SHARE_UNCOUNTED
        agreed = draw.choice(self.words["agreed"])
        step = draw.choice(self.words["next_steps"]) if draw.random() < SHARE_NEXT_STEP else ""
        by = calendar.next_working_day(day + timedelta(days=late + draw.randint(10, 25)))

        def held() -> None:
            self.hold(planned, agreed=agreed, next_step=step, next_step_by=by if step else None)
            self.count_later(planned, FORGOTTEN if uncounted else 0)
            if step:
                self._finish_step(planned, step, by)

        def after() -> None:
            self.after(planned, held)

        if late:
            self.let(draw, day + timedelta(days=late), planned.host, after)
        else:
            after()

    def _finish_step(self, planned: Planned, step: str, by: date) -> None:
        days = planned.draw.choices((-4, -1, 0, 4), (5, 3, 3, 1))[0]
        (enrolment_id,) = planned.served
        task = self.store.rows("task", "enrolment_id = ? AND title = ?", [enrolment_id, step])[-1]
        self.let(
            planned.draw,
            by + timedelta(days=days),
            planned.host,
            lambda: journal.finish_task(self.store, task["id"], self.store.today()),
        )
