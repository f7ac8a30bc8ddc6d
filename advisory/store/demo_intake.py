"""Openly invented applications: who applies when, what is decided, and how the places move.

The rounds and the ways that differ are in `applications_da.toml`, with their dates; who goes which
way is drawn. As in `demo` everything happens through the product's verbs, in the order of time.
"""

import random
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Protocol

from ..domain import calendar
from ..domain.enrolments import Status
from . import Actor, Row, Store, decisions, demo_ways, enrolments, journal, place_changes
from .demo_guests import address
from .demo_ways import Words

BETWEEN = timedelta(minutes=3)  # the decisions of one round
SHARE_TIMED = 0.8  # of the applications, those whose time of day is known

Happening = Callable[[], Any]


@dataclass
class Case:
    """A municipality on its way; what is drawn for it is drawn from nothing but its own `draw`.

    `leaves_on` is the day on which it gives up the place it has had.
    """

    cohort: Row
    municipality: Row
    draw: random.Random
    consultant: str
    leaves_on: date | None = None
    enrolment_id: int = 0

    @property
    def starts_on(self) -> date:
        """The first day of its programme."""
        return date.fromisoformat(self.cohort["starts_on"])


class Stage(Protocol):
    """What the story is played on."""

    store: Store
    seed_number: int
    split: tuple[int, ...]
    names: dict[str, Any]
    people: dict[str, Any]
    actors: dict[str, Actor]
    users: dict[str, int]
    applied: dict[tuple[str, int], date]

    def let(self, when: datetime, who: Actor, happen: Happening) -> None:
        """Let something happen at an instant, if it is before the story ends."""

    def follow(self, case: Case) -> None:
        """Invent what happens in a case from now on, which has a place."""


class Intake:
    """The applications and the decisions about them, made known to `stage` as events."""

    def __init__(self, stage: Stage, folder: Path):
        text = (folder / "applications_da.toml").read_text(encoding="utf-8")
        self.stage, self.store, self.words = stage, stage.store, tomllib.loads(text)
        self.office = next(one for one in stage.actors.values() if one.role == "office")
        self.advisers = [key for key, one in stage.actors.items() if one.role == "consultant"]
        self.cohorts = {row["code"]: row for row in self.store.rows("cohort", order="starts_on")}
        self.split = dict(zip(self.cohorts, stage.split))
        self.verbs: dict[str, Callable[[Case, Words], Any]] = {
            "prioritise": self._prioritise,
            "move": self._move,
            "free": self._free,
            "give": self._give,
            "task": self._task,
            "finish": self._finish,
        }

    def invent(self) -> None:
        """Arrange every application.

        The ways that change who has a place are told when each cohort takes as many as they need;
        else all who get one are admitted with their round.
        """
        rows = self.store.rows("municipality")
        drawn = random.Random(self.stage.seed_number).sample(rows, len(rows))
        ways = self.words["application"]
        kept = Counter(demo_ways.place(way) for way in ways)
        told = all(self.split.get(code, 0) >= number for code, number in kept.items() if code)
        if not told:
            kept, ways = Counter(), [way for way in ways if not demo_ways.gives(way)]
        self._arrange_places(told)
        for one in self.words["round"]:
            for number in range(self.split.get(one["cohort"], 0) - kept[one["cohort"]]):
                self._arrange_usual(one, drawn.pop(), one["decided"] + number * BETWEEN)
        for way in ways:
            if self.split.get(way["cohort"]):
                case = self._case(way["cohort"], drawn.pop())
                case.leaves_on = demo_ways.leaves_on(way["steps"])
                self._arrange(case, way, way["steps"])

    # --- the places -------------------------------------------------------------------------

    def _arrange_places(self, told: bool) -> None:
        """The number of places in all, and of each cohort; `told`: some of them move later."""
        (initiative,) = self.store.rows("initiative")
        for step in self.words["capacity"]:
            self._let(
                step["at"],
                lambda step=step: place_changes.set_capacity(
                    self.store, initiative["id"], step["number"], step["reason"]
                ),
            )
        for one in self.words["round"]:
            if one["cohort"] in self.split:
                number = self.split[one["cohort"]] + one["more"] * told
                cohort_id = self.cohorts[one["cohort"]]["id"]
                self._let(
                    one["numbered"],
                    lambda one=one, cohort_id=cohort_id, number=number: place_changes.set_places(
                        self.store, cohort_id, number, one["numbered_because"]
                    ),
                )

    # --- an application ---------------------------------------------------------------------

    def _case(self, code: str, municipality: Row) -> Case:
        draw = random.Random(f"{self.stage.seed_number}.{municipality['id']}")
        return Case(self.cohorts[code], municipality, draw, draw.choice(self.advisers))

    def _arrange_usual(self, one: Words, municipality: Row, decided: datetime) -> None:
        """An application of a round that is admitted with the others."""
        case = self._case(one["cohort"], municipality)
        first, last = one["received"]
        received = first + timedelta(days=case.draw.randint(0, (last - first).days))
        at = time(case.draw.randint(8, 14), case.draw.randint(0, 59))
        if case.draw.random() < SHARE_TIMED:
            received = datetime.combine(received, at)
        admitted = {"at": decided, "do": Status.ADMITTED, "reason": one["decided_because"]}
        self._arrange(case, {"received": received}, [admitted])

    def _arrange(self, case: Case, way: Words, steps: Sequence[Words]) -> None:
        """Let a municipality apply, somebody go through it, and then each step be done."""
        received, first = way["received"], (case.cohort["code"], case.municipality["id"])
        self.stage.applied[first] = demo_ways.day_of(received)
        entered = demo_ways.entered(case.draw, received)
        content = self._content(case, lacks=way.get("lacks", False))
        self._let(entered, lambda: self._apply(case, received, content))
        reviewed = way.get("reviewed") or demo_ways.reviewed(case.draw, entered)
        self._let(reviewed, lambda: enrolments.review(self.store, case.enrolment_id))
        settled = demo_ways.settled(steps)
        for step in steps:
            self._let(step["at"], lambda step=step: self._do(case, step, step is settled))

    def _let(self, when: datetime, happen: Happening) -> None:
        self.stage.let(calendar.to_utc(when.date(), when.time()), self.office, happen)

    def _content(self, case: Case, *, lacks: bool) -> dict[str, Any]:
        """What an application holds, but for whom to ask."""
        draw, slug = case.draw, case.municipality["slug"]
        links = [self.words["attachment"]] * (draw.random() < 0.7)
        if links and not lacks and draw.random() < 0.4:
            links.append(self.words["attachment_more"])
        return {
            "consultant_id": self.stage.users[case.consultant],
            "prior_experience": draw.choice(["none", "some", "some", "established"]),
            "goal": draw.choice(self.stage.people["goals"]),
            "motivation": draw.choice(self.words["motivations"]),
            "attachments": "\n".join(link.format(slug=slug) for link in links),
            "commitment": not lacks,
            "contact": self._applicant(case),
        }

    def _applicant(self, case: Case) -> enrolments.Applicant:
        names, draw = self.stage.names, case.draw
        first, last = draw.choice(names["first"]), draw.choice(names["last"])
        return enrolments.Applicant(
            f"{first} {last}",
            draw.choice(self.stage.people["roles"]["leadership"]),
            email=address(first, last, case.municipality["slug"]),
        )

    def _apply(self, case: Case, received: date, content: dict[str, Any]) -> None:
        case.enrolment_id = enrolments.create(
            self.store,
            case.cohort["id"],
            case.municipality["id"],
            received_on=demo_ways.day_of(received),
            received_time=received.time() if isinstance(received, datetime) else None,
            **content,
        )

    # --- what is done about it --------------------------------------------------------------

    def _do(self, case: Case, step: Words, settled: bool) -> None:
        """Do what a step says; when it has settled where the place is, the case goes on."""
        self.verbs.get(step["do"], self._decide)(case, step)
        if settled:
            self.stage.follow(case)

    def _decide(self, case: Case, step: Words) -> None:
        decisions.decide(
            self.store,
            case.enrolment_id,
            Status(step["do"]),
            on_date=self.store.today(),
            reason=step["reason"],
            answer_by=step.get("answer_by"),
        )

    def _prioritise(self, case: Case, step: Words) -> None:
        enrolments.prioritise(self.store, case.enrolment_id, step["number"], step["reason"])

    def _move(self, case: Case, step: Words) -> None:
        case.cohort = self.cohorts[step["to"]]
        decisions.move_cohort(self.store, case.enrolment_id, case.cohort["id"], step["reason"])

    def _free(self, case: Case, step: Words) -> None:
        place_changes.free(self.store, case.enrolment_id, step["reason"])

    def _give(self, case: Case, step: Words) -> None:
        to = self.cohorts[step["to"]]["id"]
        place_changes.move_place(self.store, case.cohort["id"], to, step["reason"])

    def _task(self, case: Case, step: Words) -> None:
        journal.add_task(
            self.store,
            case.enrolment_id,
            step["title"],
            due_on=step["by"],
            assignee_id=self.stage.users[case.consultant],
        )

    def _finish(self, case: Case, step: Words) -> None:
        task = self.store.rows("task", "enrolment_id = ?", [case.enrolment_id])[-1]
        journal.finish_task(self.store, task["id"], self.store.today())
