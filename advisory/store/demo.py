"""Openly invented participation: which municipalities, who, how late, what was written.

Nothing here is about anyone real, and which municipalities take part is not public: they are
drawn at random. Everything happens by calling the product's verbs with a clock that is set
back, in the order of time, so that the history is one the product could have had.
"""

import random
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ..domain import calendar
from ..domain import plan as plan_rules
from ..domain.enrolments import Status
from ..domain.errors import Refused
from . import Actor, Row, Store, enrolments, journal, people, plan, seed, users

SEED = 2026
SPLIT = (7, 7, 6)
FIRST_DAY = date(2023, 11, 1)
SYSTEM = Actor("system", "System", "system")
LATENESS = ((0.70, (-9, 0)), (0.14, (1, 12)), (0.09, (13, 35)), (0.07, (36, 80)))
SHARE_MOVED, SHARE_SET_ASIDE = 0.05, 0.02
SOURCE = "demodata, opdigtet"
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

    `split` is how many municipalities each cohort takes, `seed_number` what the draw starts from.
    Returns the number of cases. Refuses with `demo_not_empty`, `demo_too_early` and
    `demo_too_many` (more than the initiative's places).
    """
    if store.version():
        raise Refused("demo_not_empty")
    if until <= FIRST_DAY:
        raise Refused("demo_too_early", date=FIRST_DAY)
    return _Demo(store, data_dir, until, split, random.Random(seed_number)).play()


class _Demo:
    """The invented events, collected first and then played in the order of time."""

    def __init__(
        self, store: Store, data_dir: Path, until: date, split: tuple[int, ...], draw: random.Random
    ):
        self.store, self.data_dir, self.until, self.split = store, data_dir, until, split
        self.draw = draw
        folder = data_dir / "demo"
        self.names = tomllib.loads((folder / "names.toml").read_text(encoding="utf-8"))
        self.notes = tomllib.loads((folder / "notes_da.toml").read_text(encoding="utf-8"))["note"]
        self.people = tomllib.loads((folder / "people_da.toml").read_text(encoding="utf-8"))
        self.events: list[tuple[datetime, int, Actor, Happening]] = []
        self.users: dict[str, int] = {}
        self.actors: dict[str, Actor] = {}

    def play(self) -> int:
        """Load the facts, invent, and let it happen. The clock and the actor are put back."""
        clock, actor = self.store._clock, self.store.actor
        try:
            self._be(calendar.to_utc(FIRST_DAY, time(8, 0)), SYSTEM)
            self._load_facts()
            self._invent()
            while self.events:
                self.events.sort(key=lambda event: event[:2], reverse=True)
                when, _, who, happen = self.events.pop()
                self._be(when, who)
                happen()
            return len(self.store.rows("enrolment"))
        finally:
            self.store._clock, self.store.actor = clock, actor

    def _be(self, when: datetime, who: Actor) -> None:
        self.store._clock, self.store.actor = (lambda: when), who

    def _plan_event(self, day: date, who: str, happen: Happening) -> None:
        """Let something happen on a working day in office hours, if it is before `until`."""
        day = calendar.next_working_day(max(day, self.store.today() + timedelta(days=1)))
        if day < self.until:
            at = time(self.draw.randint(8, 15), self.draw.randint(0, 59))
            moment = calendar.to_utc(day, at).astimezone(UTC)
            self.events.append((moment, len(self.events), self.actors[who], happen))

    def _load_facts(self) -> None:
        seed.load_facts(self.store, self.data_dir)
        initiative = self.store.rows("initiative")[0]
        if sum(self.split) > initiative["capacity"]:
            raise Refused("demo_too_many", capacity=initiative["capacity"])
        with self.store.write("demo.load"):
            self.store.insert(
                "setting", {"key": "demo", "value": self.until.isoformat(), "source": SOURCE}
            )
            for cohort, places in zip(self._cohorts(), self.split):
                self.store.update("cohort", cohort["id"], {"places": places})
            for person in self.names["staff"]:
                login = f"{person['login']}@styrelsen.example"
                self.users[login] = users.add(
                    self.store, login, person["name"], person["initials"], person["role"]
                )
                self.actors[login] = Actor(login, person["name"], person["role"])

    def _cohorts(self) -> list[Row]:
        return self.store.rows("cohort", order="starts_on")

    def _with_role(self, role: str) -> list[str]:
        return [login for login, actor in self.actors.items() if actor.role == role]

    # --- who takes part ---------------------------------------------------------------------

    def _invent(self) -> None:
        drawn = self.draw.sample(self.store.rows("municipality"), sum(self.split) + 3)
        last_place = (len(self.split) - 1, self.split[-1] - 1)
        for index, (cohort, places) in enumerate(zip(self._cohorts(), self.split)):
            for number in range(places):
                if (index, number) == last_place:
                    self._applicant(cohort, drawn.pop(), self._wait_and_get, days_before=160)
                else:
                    self._applicant(cohort, drawn.pop(), self._admit)
        last = self._cohorts()[min(len(self.split), len(self._cohorts())) - 1]
        self._applicant(last, drawn.pop(), self._admit_and_withdraw, days_before=190)
        self._applicant(last, drawn.pop(), self._wait, days_before=150)
        self._applicant(last, drawn.pop(), self._decline, days_before=165)

    def _applicant(
        self,
        cohort: Row,
        municipality: Row,
        then: Callable[[Row, int, str], None],
        days_before: int | None = None,
    ) -> None:
        """A municipality applies some months before the start; `then` says what becomes of it."""
        starts_on = date.fromisoformat(cohort["starts_on"])
        received_on = starts_on - timedelta(days=days_before or self.draw.randint(95, 230))
        if cohort["apply_by"] and then == self._admit and self.draw.random() < 0.85:
            received_on = min(received_on, date.fromisoformat(cohort["apply_by"]))
        consultant = self.draw.choice(self._with_role("consultant"))

        def apply() -> None:
            enrolment_id = enrolments.create(
                self.store,
                cohort["id"],
                municipality["id"],
                received_on=received_on,
                consultant_id=self.users[consultant],
                prior_experience=self.draw.choice(["none", "some", "some", "established"]),
                goal=self.draw.choice(self.people["goals"]),
            )
            then(cohort, enrolment_id, consultant)

        self._plan_event(received_on, self._with_role("office")[0], apply)

    def _status(
        self,
        enrolment_id: int,
        status: Status,
        day: date,
        reason: str | None = None,
        then: Happening = lambda: None,
    ) -> None:
        def record() -> None:
            on_date = self.store.today()
            enrolments.set_status(self.store, enrolment_id, status, on_date=on_date, reason=reason)
            then()

        self._plan_event(day, self._with_role("office")[0], record)

    def _admit(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        starts_on = date.fromisoformat(cohort["starts_on"])
        earliest, latest = (100, 165) if cohort == self._cohorts()[-1] else (30, 80)
        if starts_on < FIRST_DAY + timedelta(days=120):
            earliest, latest = 15, 40
        self._status(
            enrolment_id,
            Status.ADMITTED,
            starts_on - timedelta(days=self.draw.randint(earliest, latest)),
            self.draw.choice(self.people["reasons"]["late_admission"]),
            then=lambda: self._follow(cohort, enrolment_id, consultant),
        )

    def _admit_and_withdraw(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        starts_on = date.fromisoformat(cohort["starts_on"])
        reason = self.draw.choice(self.people["reasons"]["withdrawn"])
        self._status(enrolment_id, Status.ADMITTED, starts_on - timedelta(days=168))
        self._status(enrolment_id, Status.WITHDRAWN, starts_on - timedelta(days=60), reason)

    def _wait_and_get(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        """First on the waiting list; gets the place that is given up."""
        starts_on = date.fromisoformat(cohort["starts_on"])
        self._status(enrolment_id, Status.WAITLISTED, starts_on - timedelta(days=95))
        self._status(enrolment_id, Status.OFFERED, starts_on - timedelta(days=56))
        self._status(
            enrolment_id,
            Status.ADMITTED,
            starts_on - timedelta(days=46),
            self.draw.choice(self.people["reasons"]["late_admission"]),
            then=lambda: self._follow(cohort, enrolment_id, consultant),
        )

    def _wait(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        starts_on = date.fromisoformat(cohort["starts_on"])
        self._status(enrolment_id, Status.WAITLISTED, starts_on - timedelta(days=94))
        closed = "Ventelisten lukkede, da forløbet begyndte"
        self._status(enrolment_id, Status.WITHDRAWN, starts_on + timedelta(days=31), closed)

    def _decline(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        starts_on = date.fromisoformat(cohort["starts_on"])
        reason = self.people["reasons"]["declined"][0]
        self._status(enrolment_id, Status.DECLINED, starts_on - timedelta(days=90), reason)

    # --- what happens in a case -------------------------------------------------------------

    def _follow(self, cohort: Row, enrolment_id: int, consultant: str) -> None:
        """Contacts, a plan that is kept more or less, and a journal, from the admission on."""
        starts_on = date.fromisoformat(cohort["starts_on"])
        ends_on = calendar.last_day(starts_on, cohort["months"])
        names = self._contacts(enrolment_id, consultant)
        self._keep_plan(enrolment_id, consultant)
        day = starts_on + timedelta(days=self.draw.randint(2, 14))
        while day <= min(ends_on + timedelta(days=80), self.until):
            month = calendar.programme_month(starts_on, ends_on, cohort["months"], day)
            phase = plan_rules.phase_of(month - 1)
            self._note(enrolment_id, consultant, day, phase, names)
            pace = (10, 36) if day <= ends_on else (25, 60)
            day += timedelta(days=self.draw.randint(*pace))

    def _contacts(self, enrolment_id: int, consultant: str) -> list[str]:
        names = []
        slug = self.store.get(
            "municipality", self.store.get("enrolment", enrolment_id)["municipality_id"]
        )["slug"]
        for audience in ["leadership"] * self.draw.randint(1, 2) + ["staff"] * 2:
            first, last = (
                self.draw.choice(self.names["first"]),
                self.draw.choice(self.names["last"]),
            )
            names.append(f"{first} {last}")
            self._plan_event(
                self.store.today() + timedelta(days=self.draw.randint(1, 20)),
                consultant,
                lambda first=first, last=last, audience=audience: people.add_contact(
                    self.store,
                    enrolment_id,
                    f"{first} {last}",
                    self.draw.choice(self.people["roles"][audience]),
                    valid_from=self.store.today(),
                    audience=audience,
                    email=f"{_ascii(first)}.{_ascii(last)}@{slug}.example",
                    no_mail=self.draw.random() < 0.08,
                ),
            )
        return names

    def _keep_plan(self, enrolment_id: int, consultant: str) -> None:
        for milestone_id, dates in plan.dates(self.store, enrolment_id).items():
            chance = self.draw.random()
            if chance < SHARE_SET_ASIDE:
                reason = self.draw.choice(self.people["reasons"]["not_applicable"])
                self._plan_event(
                    dates.due_on - timedelta(days=20),
                    consultant,
                    lambda m=milestone_id, r=reason: plan.set_aside(self.store, m, r),
                )
                continue
            due_on = dates.due_on
            if chance > 1 - SHARE_MOVED:
                due_on += timedelta(days=self.draw.choice([14, 21, 28]))
                reason = self.draw.choice(self.people["reasons"]["override"])
                self._plan_event(
                    dates.due_on - timedelta(days=10),
                    consultant,
                    lambda m=milestone_id, d=due_on, r=reason: plan.move(self.store, m, d, r),
                )
            done_on = calendar.next_working_day(due_on + timedelta(days=self._lateness()))
            self._plan_event(
                done_on + timedelta(days=self.draw.choice([0, 0, 0, 1, 3])),
                consultant,
                lambda m=milestone_id, d=done_on: plan.mark_done(self.store, m, d),
            )

    def _lateness(self) -> int:
        """Days from due to done: most in time, some a little late, a few very late."""
        spans, weights = [span for _, span in LATENESS], [weight for weight, _ in LATENESS]
        return self.draw.randint(*self.draw.choices(spans, weights)[0])

    def _note(
        self, enrolment_id: int, consultant: str, day: date, phase: str, names: list[str]
    ) -> None:
        note = self.draw.choice([note for note in self.notes if note["phase"] == phase])
        day = calendar.next_working_day(day)
        later = calendar.next_working_day(day + timedelta(days=self.draw.randint(10, 30)))
        text = note["text"].format(person=self.draw.choice(names), date=_danish(later))
        title = self.draw.choice(self.people["tasks"][phase])
        with_task = self.draw.random() < 0.35
        days_late = self.draw.choices([-4, 0, 3, 30], [5, 3, 2, 0.6])[0]

        def write() -> None:
            note_id = journal.add_note(
                self.store,
                enrolment_id,
                text,
                kind=note["kind"],
                noted_on=self.store.today(),
                author_id=self.users[consultant],
            )
            if with_task:
                task_id = journal.add_task(
                    self.store,
                    enrolment_id,
                    title,
                    due_on=later,
                    assignee_id=self.users[consultant],
                    note_id=note_id,
                )
                self._plan_event(
                    later + timedelta(days=days_late),
                    consultant,
                    lambda: journal.finish_task(self.store, task_id, self.store.today()),
                )

        self._plan_event(day, consultant, write)


def _danish(day: date) -> str:
    """`4. marts` as people write it in a note."""
    return f"{day.day}. {MONTHS[day.month - 1]}"


def _ascii(name: str) -> str:
    pairs = (("æ", "ae"), ("ø", "oe"), ("å", "aa"), (" ", "-"))
    name = name.lower()
    for letter, letters in pairs:
        name = name.replace(letter, letters)
    return name
