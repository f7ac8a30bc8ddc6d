"""How many of the people in a report or on a list are from which municipality and audience.

Peers and citizens are counted and never named: nothing about a person comes out of here, and
nothing is written.
"""

from collections import Counter, defaultdict

import pandas as pd

from ..domain import attendance as rules
from ..domain.errors import Refused
from ..store import Row, Store
from ..store.instants import instant
from .activities import served
from .journal import contacts
from .typed import frame, reads

REPORT_COUNTS = {
    "enrolment_id": "Int64",
    "municipality": "str",
    "audience": "str",
    "people": "int64",
    "unknown": "int64",
}
# Everybody may have an address here, so that it says nothing about where somebody works.
PUBLIC_DOMAINS = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.dk", "outlook.com", "outlook.dk"),
        *("live.dk", "live.com", "msn.com", "yahoo.com", "yahoo.dk", "icloud.com", "me.com"),
        *("mail.dk", "jubii.dk", "protonmail.com", "proton.me", "mail.com"),
    }
)

Place = tuple[int | None, str]  # the case and the audience, as far as they are known


@reads("read.heads")
def report_counts(store: Store, activity_id: int, report: rules.Report) -> pd.DataFrame:
    """One row per municipality and audience with people in the report; the rest last.

    Columns: see `REPORT_COUNTS`. In a report with times those count who were there during the
    activity, and `unknown` of them have no time; on a plain list everyone counts. A case is known
    by the address of one of its contacts, with the audience, or by its domain, without one
    (`audience` is empty); it is never guessed from a name. Who is known by neither is in the row
    without a case.
    Refuses with `report_empty`, and with `report_of_another_time` (at) when nobody in a report was
    there at the time.
    """
    activity = store.get("activity", activity_id)
    start, end = instant(activity["starts_at"]), instant(activity["ends_at"])
    if not report.people:
        raise Refused("report_empty")
    timed = any(person.spans or person.minutes is not None for person in report.people)
    minutes = [rules.attended([person], start, end) for person in report.people]
    _refuse_other_time(report, minutes)
    homes = served(store, activity_id)
    places = _Places(store, homes.to_dict("records"))
    people: Counter[Place] = Counter()
    unknown: Counter[Place] = Counter()
    for person, stay in zip(report.people, minutes):
        if stay is None or stay > 0:
            place = places.of(person.email)
            people[place] += 1
            unknown[place] += timed and stay is None
    names = dict(zip(homes["enrolment_id"], homes["municipality"]))
    rows = [
        (enrolment_id, names[enrolment_id] if enrolment_id else "", audience)
        for enrolment_id, audience in _in_order(store, people, list(names))
    ]
    columns = dict(zip(REPORT_COUNTS, zip(*rows))) if rows else {}
    order = [(row[0], row[2]) for row in rows]
    counted = {"people": [people[at] for at in order], "unknown": [unknown[at] for at in order]}
    return frame(REPORT_COUNTS, {**columns, **counted})


class _Places:
    """Where an address belongs among the cases that an activity serves."""

    def __init__(self, store: Store, homes: list[Row]):
        own = {home["enrolment_id"]: home["slug"] for home in homes}
        known = contacts(store)
        known = known[known["current"] & (known["email"] != "")]
        self._addresses: dict[str, set[Place]] = defaultdict(set)
        self._domains: dict[str, set[int]] = defaultdict(set)
        for enrolment_id, email, audience in zip(
            known["enrolment_id"], known["email"].str.casefold(), known["audience"]
        ):
            self._domains[_domain(email)].add(_home(store, enrolment_id))
            if enrolment_id in own:
                self._addresses[email].add((enrolment_id, audience))
        self._slugs = {slug: enrolment_id for enrolment_id, slug in own.items()}
        self._homes = {_home(store, enrolment_id): enrolment_id for enrolment_id in own}

    def of(self, email: str | None) -> Place:
        """The case and the audience of an address, as far as they are known for certain."""
        address = (email or "").strip().casefold()
        found = self._addresses.get(address, set())
        if len(found) == 1:
            return next(iter(found))
        domain = _domain(address)
        if not domain or domain in PUBLIC_DOMAINS:
            return None, ""
        labels = domain.split(".")
        if len(labels) > 1 and labels[-2] in self._slugs:
            return self._slugs[labels[-2]], ""
        homes = self._domains.get(domain, set())
        return (self._homes.get(next(iter(homes))) if len(homes) == 1 else None), ""


def _home(store: Store, enrolment_id: int) -> int:
    return store.get("enrolment", enrolment_id)["municipality_id"]


def _domain(address: str) -> str:
    return address.rpartition("@")[2] if "@" in address else ""


def _refuse_other_time(report: rules.Report, minutes: list[float | None]) -> None:
    spans = [span for person in report.people for span in person.spans]
    if spans and not any(stay is None or stay > 0 for stay in minutes):
        raise Refused("report_of_another_time", at=min(joined for joined, _ in spans))


def _in_order(store: Store, people: Counter[Place], cases: list[int]) -> list[Place]:
    """By the cases as the activity has them, then by the list of audiences; the rest last."""
    rows = store.rows("code_item", "list = 'audience'", order="position")
    audiences = [row["code"] for row in rows]

    def position(at: Place) -> tuple[int, int]:
        case, audience = at
        where = len(cases) if case is None else cases.index(case)
        return where, audiences.index(audience) if audience else len(audiences)

    return sorted(people, key=position)
