"""A round of applications for tests: one case in every status, and how the frames show it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.reports import records
from advisory.store import Clock, Store, decisions, demo, enrolments, open_store, seed
from advisory.ui.decision_effect import Places, Standing

COMING, BEGUN = "2025-08", "2025-01"
HOMES = {
    "Odder": 727, "Rebild": 840, "Skive": 779, "Samsø": 741, "Hvidovre": 167, "Gribskov": 270,
    "Ringsted": 329, "Svendborg": 479, "Syddjurs": 706, "Jammerbugt": 849, "Herning": 657,
}  # fmt: skip
WAY = {
    "waitlisted": (Status.WAITLISTED,),
    "offered": (Status.WAITLISTED, Status.OFFERED),
    "lapsed": (Status.WAITLISTED, Status.OFFERED),
    "admitted": (Status.ADMITTED,),
    "declined": (Status.DECLINED,),
    "withdrawn": (Status.ADMITTED, Status.WITHDRAWN),
    "applied": (),
}


@dataclass
class Round:
    """Cases by the name of their municipality, in the cohorts `COMING` and `BEGUN`."""

    store: Store
    cases: dict[str, int]

    def add(
        self,
        name: str,
        state: str,
        *,
        received_on: date,
        on_date: date = date(2025, 3, 10),
        cohort: str = COMING,
        **also: object,
    ) -> int:
        """A case that has come to `state` on `on_date`."""
        which = self.store.find("cohort", code=cohort)["id"]
        case = enrolments.create(self.store, which, HOMES[name], received_on=received_on, **also)
        for status in WAY[state]:
            until = on_date if state == "lapsed" and status == Status.OFFERED else None
            said = {"on_date": on_date, "reason": "Aftalt", "answer_by": until}
            decisions.decide(self.store, case, status, **said)
        self.cases[name] = case
        return case

    def limit(self, capacity: int, places: int | None) -> None:
        """Let there be so many places in all, and so many in the coming cohort."""
        store = self.store
        with store.write("places.edit"):
            initiative = store.rows("initiative")[0]["id"]
            store.update("initiative", initiative, {"capacity": capacity})
            cohort = store.find("cohort", code=COMING)["id"]
            store.update("cohort", cohort, {"places": places})

    def shown(self, name: str) -> Standing:
        """How the case of a municipality and the places stand, as the frames show it."""
        rows = records(frames.applications(self.store))
        row = next(one for one in rows if one["enrolment_id"] == self.cases[name])
        own = [one for one in rows if one["cohort"] == row["cohort"]]
        last = records(frames.ledger(self.store))[-1]
        number = self.store.get("cohort", row["cohort_id"])["places"]
        held = [one["stage"] == "offered" for one in own if one["holds_place"]]
        line = sorted((one["queue"], one["enrolment_id"]) for one in own if one["queue"])
        return Standing(
            status=Status(row["status"]),
            holds=row["holds_place"],
            whole=Places(last["taken_after"], last["offered_after"], self._capacity()),
            cohort=None if number is None else Places(held.count(False), held.count(True), number),
            line=tuple(case for _, case in line),
        )

    def _capacity(self) -> int:
        return self.store.rows("initiative")[0]["capacity"]


def build(path: Path, data_dir: Path) -> dict[str, int]:
    """Make the database of a round, closed so that it may be copied; returns the cases."""
    now = datetime(2025, 3, 13, 9, tzinfo=UTC)
    with open_store(path, demo.SYSTEM, clock=lambda: now) as store:
        seed.load_facts(store, data_dir)
        return made(store).cases


@contextmanager
def copy(of: tuple[Path, dict[str, int]], path: Path, clock: Clock) -> Iterator[Round]:
    """A copy of what `build` has made, for one test."""
    shutil.copyfile(of[0], path)
    with open_store(path, demo.SYSTEM, clock=clock) as store:
        yield Round(store, {**of[1]})


def made(store: Store) -> Round:
    """One case in every status that there is; Gribskov's application came after the deadline."""
    found = Round(store, {})
    with store.write("setting.edit"):
        deadline = {"apply_by": "2025-03-01"}
        store.update("cohort", store.find("cohort", code=COMING)["id"], deadline)
    begun = {"cohort": BEGUN, "received_on": date(2024, 9, 1)}
    found.add("Jammerbugt", "admitted", on_date=date(2024, 12, 1), **begun)
    found.add("Herning", "admitted", on_date=date(2024, 12, 1), **begun)
    leaves = {"on_date": date(2025, 2, 1), "reason": "Ny organisering"}
    decisions.decide(store, found.cases["Herning"], Status.WITHDRAWN, **leaves)
    first = date(2025, 1, 10)
    found.add("Syddjurs", "lapsed", received_on=first)
    found.add("Ringsted", "admitted", received_on=first)
    found.add("Svendborg", "withdrawn", received_on=first)
    found.add("Odder", "offered", received_on=first)
    found.add("Skive", "declined", received_on=first)
    found.add("Rebild", "waitlisted", received_on=date(2025, 1, 20))
    found.add("Samsø", "waitlisted", received_on=date(2025, 2, 1))
    found.add("Hvidovre", "applied", received_on=date(2025, 2, 10))
    found.add("Gribskov", "applied", received_on=date(2025, 3, 4))
    return found
