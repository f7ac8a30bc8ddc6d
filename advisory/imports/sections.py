"""People out of a report with numbered sections: who was there, then every join of theirs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ..domain.attendance import Person, Problem
from .cells import shown
from .parts import Part
from .people import Reading, people


def from_sections(
    parts: Sequence[Part], how: Reading, problems: list[Problem]
) -> tuple[Person, ...]:
    """The people of the first list, with the joins that the next list of times has for them.

    The first list has one row per human, from the first join to the last leave. Somebody who is
    only in the second is a problem, not a person.
    """
    first, *others = parts
    found = people(first.joins(replace(how, one_join=False), problems))
    activity = next((part for part in others if part.columns.joined is not None), None)
    if activity is None:
        return found
    names = Counter(person.name for person in found)
    alone = not activity.columns.emails  # then a name must do, within this file and if it is unique
    stays = {_key(person): person for person in people(activity.joins(how, problems))}
    complete = []
    for person in found:
        key = ("", person.name) if alone and names[person.name] == 1 else _key(person)
        complete.append(_with_stays(person, stays.pop(key, None)))
    for stay in stays.values():
        problems.append(Problem("only_in_activities", stay.rows[0], None, shown(stay.name)))
    return tuple(complete)


def _key(person: Person) -> tuple[str, str]:
    return ("email", person.email.casefold()) if person.email else ("", person.name)


def _with_stays(person: Person, stay: Person | None) -> Person:
    """The person with every join in `stay`; what that does not know is left as it was."""
    if stay is None:
        return person
    known = stay if stay.spans or stay.minutes is not None else person
    return replace(
        person,
        spans=known.spans,
        minutes=known.minutes,
        joins=stay.joins,
        rows=(*person.rows, *stay.rows),
    )
