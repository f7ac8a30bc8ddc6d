"""Openly invented participation: which municipalities, who, how late, what was written.

Nothing here is about anyone real, and which municipalities take part is not public: they are
drawn at random. Everything happens by calling the product's verbs with a clock that is set
back, in the order of time, so that the history is one the product could have had.
"""

import heapq
import random
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from ..domain import calendar
from ..domain import plan as plan_rules
from ..domain.errors import Refused
from . import Actor, Row, Store, demo_meetings, journal, people, plan, seed, users
from .demo_activities import Programme
from .demo_diary import SOURCE
from .demo_guests import address
from .demo_intake import Case, Intake
from .demo_sessions import Sessions
from .demo_sheets import Sheets

SEED = 2026
SPLIT = (7, 7, 6)
FIRST_DAY = date(2023, 11, 1)
SYSTEM = Actor("system", "System", "system")
LATENESS = ((0.70, (-9, 0)), (0.14, (1, 12)), (0.09, (13, 35)), (0.07, (36, 80)))
SHARE_MOVED, SHARE_SET_ASIDE = 0.05, 0.02
LEAVING = 28  # days: what was due later is not begun by a municipality that leaves
MINUTES = {  # how long a contact takes; None: nobody wrote it down
    "phone": (10, 15, 15, 20, 30, None),
    "meeting": (60, 60, 90, 120),
    "mail": (5, 10, 15, None),
    "guidance": (30, 45, 45, 60, 60),
}
MONTHS = (
    *("januar", "februar", "marts", "april", "maj", "juni"),
    *("juli", "august", "september", "oktober", "november", "december"),
)

Happening = Callable[[], Any]


def load(
    store: Store,
    data_dir: Path,
    until: date,
    *,
    split: tuple[int, ...] = SPLIT,
    seed_number: int = SEED,
) -> int:
    """Fill an empty store with facts and invented participation up to the day before `until`.

    `split` is how many municipalities each cohort takes in the end, `seed_number` what the draw
    starts from: the same two tell the same story, for a later `until` only further on.
    Returns the number of cases. Refuses with `forbidden` (only the system may),
    `demo_not_empty`, `demo_too_early`, `demo_split` (more numbers than cohorts, a negative one or
    nobody in the last) and `demo_too_many` (more than the initiative's places).
    """
    store.require("demo.load")
    if store.version():
        raise Refused("demo_not_empty")
    if until <= FIRST_DAY:
        raise Refused("demo_too_early", date=FIRST_DAY)
    return _Demo(store, data_dir, until, split, seed_number).play()


class _Demo:
    """The invented events, collected first and then played in the order of time."""

    def __init__(
        self, store: Store, data_dir: Path, until: date, split: tuple[int, ...], seed_number: int
    ):
        self.store, self.data_dir, self.until, self.split = store, data_dir, until, split
        self.seed_number = seed_number
        folder = data_dir / "demo"
        self.names = tomllib.loads((folder / "names.toml").read_text(encoding="utf-8"))
        self.notes = tomllib.loads((folder / "notes_da.toml").read_text(encoding="utf-8"))["note"]
        self.people = tomllib.loads((folder / "people_da.toml").read_text(encoding="utf-8"))
        self.events: list[tuple[datetime, int, Actor, Happening]] = []
        self.numbers = count()
        self.users: dict[str, int] = {}
        self.actors: dict[str, Actor] = {}
        self.applied: dict[tuple[str, int], date] = {}  # by cohort and municipality
        self.programme = Programme(self, folder)

    def play(self) -> int:
        """Load the facts, invent, and let it happen. The clock and the actor are put back."""
        clock, actor = self.store._clock, self.store.actor
        try:
            # What it reads in between it reads as itself, whoever is at work just then.
            with self.store.together(), self.store.trusted():
                self._be(calendar.to_utc(FIRST_DAY, time(8, 0)), SYSTEM)
                self._load_facts()
                Intake(self, self.data_dir / "demo").invent()
                demo_meetings.Meetings(self, self.data_dir / "demo", SYSTEM, SOURCE).invent()
                Sessions(self.programme, SYSTEM).invent()
                Sheets(self.programme).invent()
                while self.events:
                    when, _, who, happen = heapq.heappop(self.events)
                    self._be(when, who)
                    happen()
            return len(self.store.rows("enrolment"))
        finally:
            self.store._clock, self.store.actor = clock, actor

    def _be(self, when: datetime, who: Actor) -> None:
        self.store._clock, self.store.actor = (lambda: when), who

    def _plan_event(self, case: Case, day: date, who: str, happen: Happening) -> None:
        """Let something happen on a working day in office hours, if it is before `until`.

        The time is drawn and the event numbered in any case, so that an earlier `until` changes
        nothing of what comes before it.
        """
        day = calendar.next_working_day(max(day, self.store.today() + timedelta(days=1)))
        at = time(case.draw.randint(8, 15), case.draw.randint(0, 59))
        self.let(calendar.to_utc(day, at), self.actors[who], happen)

    def let(self, when: datetime, who: Actor, happen: Happening) -> None:
        """Let something happen at an instant, if that is before `until`; numbered in any case."""
        event = (when.astimezone(UTC), next(self.numbers), who, happen)
        if calendar.local_date(when) < self.until:
            heapq.heappush(self.events, event)

    def _load_facts(self) -> None:
        """Load the facts and the users, or nothing when the split does not fit them."""
        with self.store.write("demo.load"):
            seed.load_facts(self.store, self.data_dir)
            self._refuse_split()
            self.store.insert(
                "setting", {"key": "demo", "value": self.until.isoformat(), "source": SOURCE}
            )
            for cohort in self._cohorts()[: len(self.split)]:
                source = f"{cohort['source']}. Pladserne på holdet er demodata"
                self.store.update("cohort", cohort["id"], {"source": source})
            for person in self.names["staff"]:
                login = f"{person['login']}@styrelsen.example"
                self.users[login] = users.add(
                    self.store, login, person["name"], person["initials"], person["role"]
                )
                self.actors[login] = Actor(login, person["name"], person["role"])
            for person in self.names["partner"]:
                partner = self.store.find("organisation", name=person["organisation"])
                users.add(
                    self.store,
                    person["login"],
                    person["name"],
                    person["initials"],
                    "partner",
                    organisation_id=partner["id"] if partner else None,
                )
                self.actors[person["login"]] = Actor(person["login"], person["name"], "partner")

    def _refuse_split(self) -> None:
        cohorts = self._cohorts()
        if not 0 < len(self.split) <= len(cohorts) or min(self.split) < 0 or not self.split[-1]:
            raise Refused("demo_split", cohorts=len(cohorts))
        initiative = self.store.rows("initiative")[0]
        if sum(self.split) > initiative["capacity"]:
            raise Refused("demo_too_many", capacity=initiative["capacity"])

    def _cohorts(self) -> list[Row]:
        return self.store.rows("cohort", order="starts_on")

    # --- what happens in a case -------------------------------------------------------------

    def follow(self, case: Case) -> None:
        """Contacts, a plan that is kept more or less, and a journal, from the admission on."""
        ends_on = calendar.last_day(case.starts_on, case.cohort["months"])
        names = self._contacts(case)
        if case.leaves_on:
            last = case.leaves_on - timedelta(days=1)
            self._begin_plan(case, last)
        else:
            last = ends_on + timedelta(days=80)
            self.programme.follow(case)
            self._keep_plan(case)
        day = case.starts_on + timedelta(days=case.draw.randint(2, 14))
        while day <= last:
            month = calendar.programme_month(case.starts_on, ends_on, case.cohort["months"], day)
            phase = plan_rules.phase_of(month - 1)
            self._note(case, day, phase, names)
            pace = (10, 36) if day <= ends_on else (25, 60)
            day += timedelta(days=case.draw.randint(*pace))

    def _contacts(self, case: Case) -> list[str]:
        names = []
        for audience in ["leadership"] * case.draw.randint(1, 2) + ["staff"] * 2:
            first, last = (
                case.draw.choice(self.names["first"]),
                case.draw.choice(self.names["last"]),
            )
            names.append(f"{first} {last}")
            self._plan_event(
                case,
                self.store.today() + timedelta(days=case.draw.randint(1, 20)),
                case.consultant,
                lambda first=first, last=last, audience=audience: people.add_contact(
                    self.store,
                    case.enrolment_id,
                    f"{first} {last}",
                    case.draw.choice(self.people["roles"][audience]),
                    valid_from=self.store.today(),
                    audience=audience,
                    email=address(first, last, case.municipality["slug"]),
                    no_mail=case.draw.random() < 0.08,
                ),
            )
        return names

    def _keep_plan(self, case: Case) -> None:
        for milestone_id, dates in plan.dates(self.store, case.enrolment_id).items():
            chance = case.draw.random()
            if chance < SHARE_SET_ASIDE:
                reason = case.draw.choice(self.people["reasons"]["not_applicable"])
                self._plan_event(
                    case,
                    dates.due_on - timedelta(days=20),
                    case.consultant,
                    lambda m=milestone_id, r=reason: plan.set_aside(self.store, m, r),
                )
                continue
            due_on = dates.due_on
            if chance > 1 - SHARE_MOVED:
                due_on += timedelta(days=case.draw.choice([14, 21, 28]))
                reason = case.draw.choice(self.people["reasons"]["override"])
                self._plan_event(
                    case,
                    dates.due_on - timedelta(days=10),
                    case.consultant,
                    lambda m=milestone_id, d=due_on, r=reason: plan.move(self.store, m, d, r),
                )
            done_on = calendar.next_working_day(due_on + timedelta(days=self._lateness(case.draw)))
            self._plan_event(
                case,
                done_on + timedelta(days=case.draw.choice([0, 0, 0, 1, 3])),
                case.consultant,
                self.programme.fulfil(case, milestone_id, dates.due_on, done_on),
            )

    def _begin_plan(self, case: Case, last: date) -> None:
        """Do what is due well before the day on which a municipality leaves."""
        for milestone_id, dates in plan.dates(self.store, case.enrolment_id).items():
            if dates.due_on < last - timedelta(days=LEAVING):
                done_on = calendar.next_working_day(dates.due_on)
                self._plan_event(
                    case,
                    done_on,
                    case.consultant,
                    lambda m=milestone_id: plan.mark_done(self.store, m, self.store.today()),
                )

    def _lateness(self, draw: random.Random) -> int:
        """Days from due to done: most in time, some a little late, a few very late."""
        spans, weights = [span for _, span in LATENESS], [weight for weight, _ in LATENESS]
        return draw.randint(*draw.choices(spans, weights)[0])

    def _note(self, case: Case, day: date, phase: str, names: list[str]) -> None:
        note = case.draw.choice([note for note in self.notes if note["phase"] == phase])
        day = calendar.next_working_day(day)
        later = calendar.next_working_day(day + timedelta(days=case.draw.randint(10, 30)))
        text = note["text"].format(person=case.draw.choice(names), date=_danish(later))
        title = case.draw.choice(self.people["tasks"][phase])
        with_task = case.draw.random() < 0.35
        days_late = case.draw.choices([-4, 0, 3, 30], [5, 3, 2, 0.6])[0]

        def write() -> None:
            note_id = self._contact(case, note["kind"], text, title if with_task else "", later)
            if with_task:
                task_id = self.store.rows("task", "note_id = ?", [note_id])[0]["id"]
                self._plan_event(
                    case,
                    later + timedelta(days=days_late),
                    case.consultant,
                    lambda: journal.finish_task(self.store, task_id, self.store.today()),
                )

        self._plan_event(case, day, case.consultant, write)

    def _contact(self, case: Case, kind: str, text: str, step: str, by: date) -> int:
        """Write a note and what follows from it; how long a contact took is drawn by its day."""
        today, author_id = self.store.today(), self.users[case.consultant]
        if kind == "note":
            note_id = journal.add_note(
                self.store,
                case.enrolment_id,
                text,
                kind=kind,
                noted_on=today,
                author_id=author_id,
            )
            if step:
                journal.add_task(
                    self.store,
                    case.enrolment_id,
                    step,
                    due_on=by,
                    assignee_id=author_id,
                    note_id=note_id,
                )
            return note_id
        draw = random.Random(f"{self.seed_number}.{case.municipality['id']}.{today}")
        return journal.register_contact(
            self.store,
            case.enrolment_id,
            text,
            noted_on=today,
            minutes=draw.choice(MINUTES[kind]),
            kind=kind,
            next_step=step,
            next_step_by=by if step else None,
            author_id=author_id,
        )


def _danish(day: date) -> str:
    """`4. marts` as people write it in a note."""
    return f"{day.day}. {MONTHS[day.month - 1]}"
