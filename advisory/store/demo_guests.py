"""The people of the invented info meetings: what they write, and how a report shows them.

Everything is drawn from the `random.Random` that is given, and nothing is written.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

from ..domain import calendar
from ..domain.attendance import Person, Report

SHARE_ROLE, SHARE_QUESTION, SHARE_ENGLISH, SHARE_ELSEWHERE = 0.55, 0.20, 0.03, 0.03
SHARE_ABSENT, SHARE_NO_ADDRESS = 0.14, 0.13
SHARE_LATE, SHARE_EARLY, SHARE_REJOINED, SHARE_UNTIMED = 0.10, 0.08, 0.16, 0.02
HOURS = ((7, 2), (8, 9), (9, 12), (10, 12), (11, 9), (12, 6), (13, 11), (14, 9), (15, 5), (20, 3))

Words = dict[str, Any]
Decision = str | dict[str, str] | None


@dataclass(frozen=True)
class Guest:
    """Somebody who signs up: what they type, where they come from, the municipality they mean.

    `home` is the slug in their address, `means` None where nobody could tell. Of those `known` to
    the story, `shown` is what the report calls them ("" when it does not), `mistyped` whether the
    address leads nowhere, `mended` whether somebody puts it right.
    """

    form: dict[str, str]
    home: str
    means: int | None
    known: bool = False
    shown: str | None = None
    mistyped: bool = False
    mended: bool = False


def address(first: str, last: str, domain: str) -> str:
    """`Søren`, `Ågaard`, `aeroe` as `soeren.aagaard@aeroe.example`."""
    return f"{_ascii(first)}.{_ascii(last)}@{domain}.example"


def guests(
    draw: random.Random,
    number: int,
    municipalities: Sequence[Words],
    words: Words,
    names: Words,
    known: Sequence[Words] = (),
    among: int = 0,
) -> list[Guest]:
    """`number` guests; of each municipality somebody, as far as they go round.

    `known` are the guests whose name matters to the story; they are of the first `among`.
    """
    homes = list(municipalities[:number])
    homes += draw.choices(municipalities, k=number - len(homes))
    draw.shuffle(homes)
    people = draw.sample(list(product(names["first"], names["last"])), number)
    found = [_guest(draw, *name, home, words) for name, home in zip(people, homes)]
    for place, one in zip(sorted(draw.sample(range(among), len(known))), known):
        first, last = one["name"].split()
        guest = _guest(draw, first, last, homes[place], words, elsewhere=False)
        found[place] = _known(guest, one)
    return found


def instants(draw: random.Random, first: date, last: date, number: int) -> list[datetime]:
    """`number` instants in UTC from `first` to `last`, most on working days in office hours."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weights = [10 if calendar.is_working_day(day) else 1 for day in days]
    return sorted(
        calendar.to_utc(day, _time_of_day(draw)) for day in draw.choices(days, weights, k=number)
    )


def report(
    draw: random.Random,
    seated: Sequence[tuple[Guest, str, str]],
    start: datetime,
    end: datetime,
    *,
    title: str,
    staff: Sequence[tuple[str, str]],
    newcomers: Sequence[Guest],
    strangers: Sequence[str],
) -> tuple[Report, list[Decision]]:
    """What Teams says of a meeting, and what a colleague makes of each of its people.

    `seated` are (guest, name, address). A decision is the address of the sign-up somebody is,
    "aside", the form of somebody who had not signed up, or None: the address says it, or nobody
    has said.
    """
    shown: list[tuple[str, str | None, Decision]] = [(*who, "aside") for who in staff]
    for guest, name, email in seated:
        if guest.shown is not None:
            shown += [(guest.shown, None, None)] if guest.shown else []
        elif draw.random() >= SHARE_ABSENT:
            hidden = draw.random() < SHARE_NO_ADDRESS
            shown.append((_alias(draw, name), None, email) if hidden else (name, email, None))
    shown += [(one.form["name"], one.form["email"], one.form) for one in newcomers]
    draw.shuffle(shown)
    shown += [(name, None, None) for name in strangers]
    people, row = [], 2
    for name, email, _ in shown:
        spans = _spans(draw, start, end)
        rows = tuple(range(row, row + max(len(spans), 1)))
        people.append(Person(name, email, spans, None, len(rows), rows))
        row += len(rows)
    opened, closed = start - timedelta(minutes=12), end + timedelta(minutes=6)
    found = Report("teams_2022", title, opened, closed, row - 2, tuple(people), ())
    return found, [decision for _, _, decision in shown]


def _guest(
    draw: random.Random, first: str, last: str, home: Words, words: Words, elsewhere: bool = True
) -> Guest:
    english = draw.random() < SHARE_ENGLISH
    written = draw.choices([home["name"], home["official_name"], home["name"].lower()], [7, 2, 1])
    text, domain, means = written[0], home["slug"], home["id"]
    other = draw.choice(words["elsewhere"])
    if draw.random() < SHARE_ELSEWHERE and elsewhere:
        text, domain, means = other["text"], other["domain"], other.get("means")
    form = {
        "name": f"{first} {last}",
        "email": address(first, last, domain),
        "municipality": text,
        "workplace": _perhaps(draw, SHARE_ROLE, words["workplaces"]),
        "role": _perhaps(draw, SHARE_ROLE, words["jobs"]),
        "question": _perhaps(
            draw, SHARE_QUESTION, words["questions_en" if english else "questions"]
        ),
        "language": "en" if english else "da",
    }
    return Guest(form, domain, means)


def _known(guest: Guest, one: Words) -> Guest:
    """A guest with what the story says of them; a mistyped address lacks a letter."""
    mistyped, slug = one.get("mistyped", False), guest.home
    email = guest.form["email"].replace(f"@{slug}.", f"@{slug[:-2]}{slug[-1]}.")
    form = {**guest.form, "email": email} if mistyped else guest.form
    return replace(
        guest,
        form=form,
        known=True,
        shown=one.get("shown"),
        mistyped=mistyped,
        mended=one.get("mended", False),
    )


def _perhaps(draw: random.Random, share: float, texts: Sequence[str]) -> str:
    text = draw.choice(texts)
    return text if draw.random() < share else ""


def _time_of_day(draw: random.Random) -> time:
    hours, weights = zip(*HOURS)
    return time(draw.choices(hours, weights)[0], draw.randint(0, 59), draw.randint(0, 59))


def _alias(draw: random.Random, name: str) -> str:
    """What a report calls somebody who came in without their account."""
    first, _, last = name.partition(" ")
    return draw.choice([name, f"{first} (gæst)", f"{first[0]}. {last}", f"{last}, {first}"])


def _spans(
    draw: random.Random, start: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """When somebody came in and went: late, early, twice, or nobody knows."""
    if draw.random() < SHARE_UNTIMED:
        return ()
    late, early = draw.random() < SHARE_LATE, draw.random() < SHARE_EARLY
    joined = start + timedelta(seconds=draw.randint(240, 1500) if late else draw.randint(-540, 90))
    left = end + timedelta(seconds=draw.randint(-1200, -300) if early else draw.randint(-20, 240))
    if draw.random() >= SHARE_REJOINED:
        return ((joined, left),)
    out = joined + timedelta(seconds=int((left - joined).total_seconds() * draw.uniform(0.2, 0.7)))
    again = min(out + timedelta(seconds=draw.randint(20, 400)), left - timedelta(seconds=30))
    return ((joined, out), (again, left))


def _ascii(name: str) -> str:
    pairs = (("æ", "ae"), ("ø", "oe"), ("å", "aa"), (" ", "-"))
    name = name.lower()
    for letter, letters in pairs:
        name = name.replace(letter, letters)
    return name
