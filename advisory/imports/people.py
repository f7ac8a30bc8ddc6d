"""One person per human out of the rows of a report."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..domain.attendance import Person, Problem, Span, folded
from ..domain.calendar import local_date
from ..domain.municipalities import looks_garbled
from .cells import BLANK, MASKED, Kind, Row, email, has_cpr, kind, shown
from .columns import TOLERANCE, Columns, instant_of
from .durations import minutes
from .shape import Table
from .times import Moment, Order, in_utc, length_either_way

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Who:
    """A row that is about a human: a name as written, an address, and the row itself."""

    name: str
    email: str | None
    row: Row

    @property
    def key(self) -> Key:
        """Equal for rows about the same human: by address, and without one by the exact name."""
        return ("email", self.email.casefold()) if self.email else ("name", self.name)


@dataclass(frozen=True, slots=True)
class Join:
    """One stay of a human: when, or how many minutes, or neither (not known)."""

    who: Who
    span: Span | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How the times of a report are to be read.

    `order` is None when that is not known, `day` is for times without a date, `ended_at` the
    end of the meeting, `one_join` False where a row has a first join and a last leave.
    """

    order: Order | None
    day: datetime | None = None
    ended_at: datetime | None = None
    one_join: bool = True


def people(joins: Iterable[Join]) -> tuple[Person, ...]:
    """Each human once, in the order of the file, with every join.

    A human has spans when all that is known of the joins is spans, else the sum of the minutes.
    """
    found: dict[Key, list[Join]] = {}
    for join in joins:
        found.setdefault(join.who.key, []).append(join)
    return tuple(map(_person, found.values()))


def members(table: Table, columns: Columns, problems: list[Problem]) -> Iterator[Who]:
    """The rows of a table that are about humans who were there; the others are told in `problems`.

    Left out: rows with a CPR number, without a name and an address, with their cells shifted, and
    (without a word) those of people who signed up and did not come. Another name at an address that
    has been seen is told, and kept with the first: a colleague's machine, or a mistyped address.
    """
    names: dict[str, str] = {}
    for one in table.rows:
        with_cpr = next((at for at, cell in enumerate(one.cells) if has_cpr(cell)), None)
        if with_cpr is not None:
            problems.append(Problem("cpr", one.number, column(table, with_cpr), MASKED))
        elif _is_shifted(one, table, columns):
            problems.append(Problem("row_too_long", one.number))
        elif who := _who(one, table, columns, problems):
            if _is_another(who, names):
                place = column(table, columns.name[0])
                problems.append(Problem("names_differ", one.number, place, shown(who.name)))
            yield who


def joins(
    found: Iterable[Who], table: Table, columns: Columns, how: Reading, problems: list[Problem]
) -> Iterator[Join]:
    """One join per row, read from its times and its minutes.

    Where the date is not known, or not how it is written, only the minutes between two times are.
    """
    undated = how.day is None and columns.joined in columns.of(Kind.CLOCK)
    if undated:
        problems.append(Problem("times_without_date", None, column(table, columns.joined)))
    for who in found:
        stated = _minutes(who.row, table, columns, problems)
        joined = _moment(who.row, table, columns.joined, how, problems)
        left = _moment(who.row, table, columns.left, how, problems)
        if how.order is None or undated:
            yield Join(who, None, length_either_way(joined, left) if stated is None else stated)
            continue
        span = _span(who, joined, left, stated, how, problems)
        unread = columns.minutes is not None and stated is None
        if span is None or (unread and not how.one_join) or _was_away(span, stated):
            yield Join(who, None, stated)
            continue
        if stated is not None and stated - _minutes_of(span) > TOLERANCE:
            place, value = column(table, columns.minutes), who.row.cell(columns.minutes)
            problems.append(Problem("duration_differs", who.row.number, place, value))
        yield Join(who, span)


def moment_in(one: Row, table: Table, at: int | None) -> Moment | None:
    """The time in a cell, in UTC where the header says UTC."""
    found = instant_of(one.cell(at))
    return in_utc(found) if at is not None and "utc" in table.label(at).casefold() else found


def column(table: Table, at: int | None) -> str | None:
    """What a problem calls a column."""
    return None if at is None else shown(table.label(at))


def _was_away(span: Span, stated: float | None) -> bool:
    """Whether a span is a first join and a last leave with less time stated than lies between."""
    return stated is not None and _minutes_of(span) - stated > TOLERANCE


def _minutes_of(span: Span) -> float:
    return (span[1] - span[0]).total_seconds() / 60


def _person(joins: Sequence[Join]) -> Person:
    spans = tuple(join.span for join in joins if join.span)
    stated = [join.minutes for join in joins if join.minutes is not None]
    first = joins[0].who
    total = None
    if stated:
        total = sum(stated) + sum(map(_minutes_of, spans))
    return Person(
        name=next((one.who.name for one in joins if one.who.name != one.who.email), first.name),
        email=first.email,
        spans=() if stated else spans,
        minutes=total,
        joins=len(joins),
        rows=tuple(dict.fromkeys(join.who.row.number for join in joins)),
    )


def _who(one: Row, table: Table, columns: Columns, problems: list[Problem]) -> Who | None:
    name = " ".join(filter(None, (_text(one, at) for at in columns.name)))
    addresses = [at for at in columns.emails if _text(one, at)]
    address = next((found for at in addresses if (found := email(one.cell(at)))), None)
    if not name and not address:
        problems.append(Problem("name_missing", one.number, column(table, columns.name[0])))
        return None
    if _did_not_come(one, columns):
        return None
    if addresses and not address:
        at = addresses[0]
        problems.append(
            Problem("email_unreadable", one.number, column(table, at), shown(one.cell(at)))
        )
    if looks_garbled(name):
        place = column(table, columns.name[0])
        problems.append(Problem("garbled", one.number, place, shown(name)))
    return Who(name or address or "", address, one)


def _is_another(who: Who, names: dict[str, str]) -> bool:
    """Whether the name is none of the first's at this address; one may be a part of the other."""
    if not who.email:
        return False
    first, this = names.setdefault(who.email.casefold(), folded(who.name)), folded(who.name)
    return first not in this and this not in first


def _text(one: Row, at: int) -> str:
    return "" if kind(one.cell(at)) in BLANK else one.cell(at)


def _did_not_come(one: Row, columns: Columns) -> bool:
    """Whether a webinar's row has dashes for every time, or in columns that are nothing else."""
    times = columns.times if len(columns.times) > 1 else columns.of(Kind.DASH)
    return len(times) > 1 and all(kind(one.cell(at)) is Kind.DASH for at in times)


def _is_shifted(one: Row, table: Table, columns: Columns) -> bool:
    """Whether a row is longer than its header and has something else where addresses or times go.

    That is what an unquoted "Efternavn, Fornavn" does; a remark in a column of its own does not.
    """
    if not table.header.cells or len(one.cells) <= len(table.header.cells):
        return False
    places = (*columns.emails, *columns.times)
    return any(kind(one.cell(at)) not in {columns.kinds[at], *BLANK} for at in places)


def _minutes(one: Row, table: Table, columns: Columns, problems: list[Problem]) -> float | None:
    if columns.minutes is None or not _text(one, columns.minutes):
        return None
    text = one.cell(columns.minutes)
    found = minutes(text)
    if found is None:
        place = column(table, columns.minutes)
        problems.append(Problem("duration_unreadable", one.number, place, shown(text)))
    return found


def _moment(
    one: Row, table: Table, at: int | None, how: Reading, problems: list[Problem]
) -> Moment | None:
    if at is None or not _text(one, at):
        return None
    found = moment_in(one, table, at)
    if found and how.day and kind(one.cell(at)) is Kind.CLOCK:
        day = local_date(how.day)
        found = replace(found, first=day.day, second=day.month, year=day.year)
    if found is None or (how.order and found.instant(how.order) is None):
        place = column(table, at)
        problems.append(Problem("time_unreadable", one.number, place, shown(one.cell(at))))
        return None
    return found


def _span(
    who: Who,
    joined: Moment | None,
    left: Moment | None,
    stated: float | None,
    how: Reading,
    problems: list[Problem],
) -> Span | None:
    if how.order is None or (joined is None and left is None):
        return None
    start = joined.instant(how.order) if joined else None
    end = left.instant(how.order) if left else None
    name, number = shown(who.name), who.row.number
    if start is None:
        key = None if stated is not None else "start_missing"
    elif end is not None:
        key = "times_reversed" if end < start else None
    elif stated is not None:
        key = None
    elif how.ended_at and how.ended_at >= start:
        end, key = how.ended_at, "end_assumed"
    else:
        key = "end_missing"
    if key:
        problems.append(Problem(key, number, None, name))
    return (start, end) if start and end and start <= end else None
