"""What a case of the corpus is, and what most of them end in."""

from collections.abc import Callable
from dataclasses import dataclass

Person = tuple[str, str | None, float | None]
Problem = tuple[str, int | None, str | None, str | None]


@dataclass(frozen=True)
class Found:
    """What must be read: (name, e-mail, minutes), and problems as (key, row, column, value)."""

    people: tuple[Person, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Case:
    """A file: how it is made, and the key it is refused with or what is found in it.

    `alone` says that it is dangerous and must be tried in a child process with its limits.
    """

    name: str
    make: Callable[[], bytes]
    outcome: str | Found
    file_name: str
    alone: bool = False


ADA_45 = ("Ada Test", "ada@demo.example", 45.0)
ADA_READ = ("Ada Test", "ada@demo.example", 45.5)
BO_30 = ("Bo Prøve", "bo@demo.example", 30.0)
BO_UNKNOWN = ("Bo Prøve", "bo@demo.example", None)
CIA_UNKNOWN = ("Cia Demo", "cia@demo.example", None)
CIA_BARE = ("Cia Demo", None, 5.0)
LISTED = Found((ADA_45, BO_30))
TIMED = Found((ADA_READ, BO_30))


def there(count: int, first: int = 1, minutes: float | None = 30.0) -> tuple[Person, ...]:
    """The people of `making.serials`."""
    return tuple(
        (f"Person {n}", f"p{n}@demo.example", minutes) for n in range(first, first + count)
    )


def both(key: str, column: str, value: str) -> tuple[Problem, ...]:
    """A problem of Bo's, which a Teams report repeats among its activities."""
    again = {"In-meeting duration": "Duration"}.get(column, column)
    return ((key, 10, column, value), (key, 15, again, value))


def unreadable(joined: str, left: str) -> tuple[Problem, ...]:
    """Times of Bo's that cannot be read, in both places."""
    return tuple(
        ("time_unreadable", row, column, value)
        for row, columns in ((10, ("First join", "Last leave")), (15, ("Join time", "Leave time")))
        for column, value in zip(columns, (joined, left))
    )


def named(name: str, content: bytes, file_name: str, outcome: str | Found) -> Case:
    return Case(name, lambda: content, outcome, file_name)
