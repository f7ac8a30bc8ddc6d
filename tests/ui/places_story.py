"""The places of three cohorts over a year, for tests: admitted, offered, lapsed, freed, moved."""

import html
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from advisory.domain.enrolments import Status
from advisory.store import (
    Actor,
    Store,
    decisions,
    demo,
    enrolments,
    open_store,
    place_changes,
    seed,
    users,
)

from ..conftest import Clock

FIRST, SECOND, THIRD = "2024-02", "2025-01", "2025-08"
LENE = Actor("lene@styrelsen.example", "Lene Kjær", "office")
HOMES = {
    FIRST: ("Brøndby", "Dragør", "Gentofte", "Glostrup", "Herlev", "Albertslund", "København"),
    SECOND: ("Ballerup", "Frederiksberg", "Hvidovre", "Ishøj", "Horsens", "Odense", "Syddjurs"),
    THIRD: ("Odder", "Ringsted", "Svendborg", "Gladsaxe", "Skive", "Struer"),
}
WAITING = ("Odsherred", "Rebild")


@dataclass
class Story:
    """The store after the story, and the cases by the name of the municipality."""

    store: Store
    clock: Clock
    cases: dict[str, int]

    def on(self, day: date, hour: int = 9) -> None:
        self.clock.on(day, hour)

    def add(self, cohort: str, name: str, received_on: date) -> None:
        homes = self.store.find("municipality", name=name)["id"]
        which = self.store.find("cohort", code=cohort)["id"]
        self.cases[name] = enrolments.create(self.store, which, homes, received_on=received_on)

    def decide(self, name: str, status: Status, **said: object) -> None:
        said = {"on_date": self.store.today(), **said}
        decisions.decide(self.store, self.cases[name], status, **said)

    def cohort(self, code: str) -> int:
        return self.store.find("cohort", code=code)["id"]


def told(path: Path, data_dir: Path) -> dict[str, int]:
    """Write the story to a new database and return its cases: 16 taken, 2 offered, 2 free.

    That is on 13 March 2025, told by Lene of the office. In August three are admitted and have not
    begun, Skive and Struer have an offer until 20 March, Gladsaxe's lapsed on the 6th; Odsherred
    and Rebild wait, Lejre is not decided.
    """
    clock = Clock(datetime(2023, 11, 1, 9, tzinfo=UTC))
    with open_store(path, demo.SYSTEM, clock=clock) as store:
        seed.load_facts(store, data_dir)
        users.add(store, LENE.login, LENE.name, "LK", LENE.role)
        store.actor = LENE
        story = Story(store, clock, {})
        _distributed(story)
        _answered(story)
        return story.cases


def opened(path: Path, cases: Mapping[str, int], folder: Path, clock: Clock) -> Iterator[Story]:
    """A copy of the story for one test, as Lene sees it on 13 March 2025."""
    shutil.copyfile(path, folder / "story.db")
    with open_store(folder / "story.db", LENE, clock=clock) as store:
        yield Story(store, clock, dict(cases))


def _distributed(story: Story) -> None:
    """The places of the cohorts, who is admitted, and who waits."""
    story.on(date(2024, 1, 2))
    for code, places in ((FIRST, 7), (SECOND, 7), (THIRD, 6)):
        place_changes.set_places(story.store, story.cohort(code), places, f"Fordeling {code}")
    for code, received, decided in (
        (FIRST, date(2024, 1, 3), date(2024, 1, 10)),
        (SECOND, date(2024, 9, 2), date(2024, 11, 20)),
        (THIRD, date(2025, 1, 6), date(2025, 2, 3)),
    ):
        story.on(received)
        for name in HOMES[code]:
            story.add(code, name, received)
        story.on(decided)
        for name in HOMES[code][: 3 if code == THIRD else 7]:
            story.decide(name, Status.ADMITTED)
    for name in (*WAITING, "Lejre"):
        story.add(THIRD, name, date(2025, 2, 3))
    for name in (*HOMES[THIRD][3:], *WAITING):
        story.decide(name, Status.WAITLISTED)


def _answered(story: Story) -> None:
    """The offers, and the place of Syddjurs that goes to August."""
    story.on(date(2025, 2, 20))
    for name, day in (("Gladsaxe", 5), ("Skive", 20), ("Struer", 20)):
        until = date(2025, 3, day)
        story.decide(name, Status.OFFERED, answer_by=until, reason="Næste i rækken")
    story.on(date(2025, 3, 7))
    story.decide("Syddjurs", Status.WITHDRAWN, reason="Ny organisering")
    place_changes.free(story.store, story.cases["Syddjurs"], "Forløbet fortsætter ikke")
    story.on(date(2025, 3, 7), 10)
    january, august = story.cohort(SECOND), story.cohort(THIRD)
    place_changes.move_place(story.store, january, august, "Bruges i august")


def rows(markup: str, table: str) -> list[list[str]]:
    """The cells of the table with this class, without their heads, as they are read."""
    body = re.search(rf'<table class="[^"]*\b{table}\b.*?<tbody>(.*?)</tbody>', str(markup), re.S)
    lines = re.findall(r"<tr.*?</tr>", body[1], re.S) if body else []
    cells = [re.findall(r"<t([dh])\b[^>]*>(.*?)</t\1>", line, re.S) for line in lines]
    return [[plain(one) for _, one in line] for line in cells]


def plain(markup: str) -> str:
    """The words of some HTML: each line of a cell apart, single spaces."""
    hidden = re.sub(r'<span aria-hidden="true">[^<]*</span>|<svg.*?</svg>', "", str(markup))
    lines = re.sub(r'<span class="rule">', " | ", hidden)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", lines)).replace("\u00a0", " ").split())


def alerts(markup: str) -> list[str]:
    """The sentences of the red strips and beside the fields."""
    found = re.findall(r'<(\w+) class="(?:alert over|problem)".*?>(.*?)</\1>', str(markup), re.S)
    return [plain(words) for _, words in found]
