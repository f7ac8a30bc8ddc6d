"""Who was at a meeting and for how long, and which sign-up a person in a report may be.

An instant is an aware `datetime` in UTC, a length is minutes.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

Span = tuple[datetime, datetime]
Signup = tuple[int, str, str | None]  # id, name, address

_SUGGESTED = 3
_ASIDE = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PLAIN = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ä": "ae", "ö": "oe", "ß": "ss", "ł": "l"})


@dataclass(frozen=True, slots=True)
class Person:
    """One human as one report shows them.

    `spans` are the joins as reported and may overlap; `minutes` is what the report states when it
    has no usable spans, None when that is not known either. `rows` are row numbers in the file.
    """

    name: str
    email: str | None = None
    spans: tuple[Span, ...] = ()
    minutes: float | None = None
    joins: int = 1
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a report that could not be used: `key` is a text of [import_problem]."""

    key: str
    row: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says; `started_at` and `ended_at` only when it says so itself.

    `format` is teams_2020, teams_2021, teams_2022, zoom, zoom_webinar or table; `rows` counts the
    rows about people.
    """

    format: str
    title: str | None
    started_at: datetime | None
    ended_at: datetime | None
    rows: int
    people: tuple[Person, ...]
    problems: tuple[Problem, ...]


def minutes_present(spans: Iterable[Span], start: datetime, end: datetime) -> float:
    """Minutes between `start` and `end` that at least one of `spans` covers.

    Spans may overlap and come in any order; one that ends before it begins covers nothing.
    """
    seconds, covered = 0.0, start
    for joined, left in sorted(spans):
        begin, until = max(joined, covered), min(left, end)
        if until > begin:
            seconds += (until - begin).total_seconds()
            covered = until
    return seconds / 60


def attended(people: Sequence[Person], start: datetime, end: datetime) -> float | None:
    """Minutes that one human, seen as all of `people`, was at a meeting; None when not known.

    Spans are united; minutes that are only stated are added, because nothing says whether they
    overlap, and the sum is no longer than the meeting.
    """
    spans = [span for person in people for span in person.spans]
    stated = [one.minutes for one in people if not one.spans and one.minutes is not None]
    if not spans and not stated:
        return None
    length = max((end - start).total_seconds() / 60, 0.0)
    return min(minutes_present(spans, start, end) + sum(stated), length)


def matches(people: Sequence[Person], signups: Iterable[Signup]) -> tuple[int | None, ...]:
    """The sign-up with the same address, one per person in their order; None where there is none.

    Addresses are compared without case. Names never match by themselves.
    """
    by_email = {_address(email): signup for signup, _, email in signups if _address(email)}
    return tuple(by_email.get(_address(person.email)) for person in people)


def suggestions(person: Person, signups: Iterable[Signup]) -> tuple[int, ...]:
    """At most three sign-ups whose name is like that of `person`, the likeliest first.

    Who has the same name leaves no other; without one the same first and last name go before a
    name with an initial (L. Hjort), and that before the same first name. "Efternavn, Fornavn" is
    turned round; (gæst) and the like are left out.
    They are for a person to choose from and never applied.
    """
    found = sorted(
        (rank, at, signup)
        for at, (signup, name, _) in enumerate(signups)
        if (rank := _likeness(person.name, name)) is not None
    )
    same = [one for one in found if one[0] == 0]
    return tuple(signup for _, _, signup in (same or found)[:_SUGGESTED])


def folded(text: str) -> str:
    """`text` as letters, digits and blanks that two spellings of a name have in common.

    Jørgen, Joergen and Jorgen are one: the machines of guests drop or spell out Danish letters.
    """
    plain = unicodedata.normalize("NFC", text).casefold().translate(_PLAIN)
    letters = unicodedata.normalize("NFD", plain)
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    words = re.sub(r"[^\w]|_", " ", bare).split()
    return re.sub("aa|ae", "a", " ".join(words)).replace("oe", "o")


def _address(email: str | None) -> str:
    return (email or "").strip().casefold()


def _likeness(one: str, other: str) -> int | None:
    """How far two names are apart: 0 the same ... 3 the same first name, None nothing shared."""
    ranks = [_rank(a, b) for a in _spellings(one) for b in _spellings(other)]
    return min((rank for rank in ranks if rank is not None), default=None)


@lru_cache(maxsize=65536)
def _spellings(name: str) -> tuple[tuple[str, ...], ...]:
    """The ways to read a name, each as its folded words."""
    asides = [aside for aside in _ASIDE.findall(name) if " " in aside.strip()]
    bare = _ASIDE.sub(" ", name)
    last, comma, first = bare.partition(",")
    ways = [bare, *asides]
    if comma:
        ways = [f"{first} {last}", *([last] if " " in last.strip() else []), *asides]
    return tuple(dict.fromkeys(words for way in ways if (words := tuple(folded(way).split()))))


def _rank(one: tuple[str, ...], other: tuple[str, ...]) -> int | None:
    if one == other:
        return 0
    first, last = _agree(one[0], other[0]), _agree(one[-1], other[-1])
    if len(one) > 1 and len(other) > 1 and first and last:
        return 1 if first == last == "same" else 2
    return 3 if first == "same" and len(one[0]) > 1 else None


def _agree(one: str, other: str) -> str:
    """Whether two words are the `same`, one the `initial` of the other, or neither ("")."""
    if one == other:
        return "same"
    initial = min(len(one), len(other)) == 1 and one[0] == other[0]
    return "initial" if initial else ""
