"""The words on screen: `translator("da")` over `data/texts/*.toml`, dates and numbers by Babel.

A text is named `table.key`. In a text, `{name}` is filled in with a value, formatted by its type;
`{name:status}` with the word the table `status` has for that value, and `{name:count.days}` with
that count in words. Everything that comes out has no-break spaces inside dates and numbers, and
`–` where a value is not known.
"""

import datetime as dt
import string
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol, TypeGuard, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal, format_percent

from .settings import LANGUAGES, settings

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NO_BREAK = "\u00a0"
UNKNOWN = "–"

T = TypeVar("T")

_LOCALES = {"da": "da_DK", "en": "en_GB"}


class Refusal(Protocol):
    """What `Text.error` reads from an error: its key and the values of its fields."""

    @property
    def key(self) -> str: ...

    @property
    def values(self) -> Mapping[str, Any]: ...


@cache
def translator(language: str) -> "Text":
    """The texts of one language; the same object every time.

    A language without texts raises ValueError.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no texts in {language!r}; there are {', '.join(LANGUAGES)}")
    return Text(language, load(language))


def load(language: str) -> dict[str, str]:
    """All texts of `language` as {"table.key": text}, plurals as "table.key.one" and ".other"."""
    path = settings().data_dir / "texts" / f"{language}.toml"
    with path.open("rb") as file:
        return dict(_flat(tomllib.load(file)))


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


class Text(string.Formatter):
    """The texts, dates and numbers of one language; call it with a key.

    A key that is not there, or a value missing for a `{field}`, raises KeyError.
    """

    def __init__(self, language: str, texts: Mapping[str, str]):
        self.language = language
        self.locale = Locale.parse(_LOCALES[language])
        self._texts = texts

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text `key` with its fields filled in."""
        return self.vformat(self._texts[key], (), values)

    def count(self, key: str, n: float, /, **values: Any) -> str:
        """The form of `key` that `n` asks for, with `{n}` and the other fields filled in."""
        return self(f"{key}.{self.locale.plural_form(n)}", n=n, **values)

    def error(self, error: Refusal) -> str:
        """The sentence for an `AdvisoryError`: what is so and what to do about it."""
        return self(f"error.{error.key}", **error.values)

    def format_field(self, value: Any, format_spec: str) -> str:
        """A field's value in words: by its type, or from what `format_spec` names in the texts."""
        if not known(value):
            return UNKNOWN
        if format_spec == "cohort":
            return self.cohort(value)
        if f"{format_spec}.other" in self._texts:
            return self.count(format_spec, value)
        if format_spec:
            return self(f"{format_spec}.{value}")
        if isinstance(value, dt.datetime):
            return self.instant(value) if value.tzinfo else self.date(value)
        if isinstance(value, dt.date):
            return self.date(value)
        if isinstance(value, dt.time):
            return self.time(value)
        if isinstance(value, int | float):
            return self.number(value)
        return str(value)

    def date(self, day: dt.date | None) -> str:
        """`13. juni 2024`."""
        return self._date(day, "long")

    def cohort(self, code: str) -> str:
        """A cohort's name, `februar 2024`, from its code; a code of another form as it is."""
        try:
            return self.month_year(dt.date.fromisoformat(f"{code}-01"))
        except ValueError:
            return code

    def date_medium(self, day: dt.date | None) -> str:
        """`13. mar. 2025`."""
        return self._date(day, "medium")

    def date_full(self, day: dt.date | None) -> str:
        """`torsdag den 13. juni 2024`."""
        return self._date(day, "full")

    def date_short(self, day: dt.date | None) -> str:
        """`tors. 13. mar. 2025`."""
        return self._skeleton("yMMMEd", day) if known(day) else UNKNOWN

    def day_month(self, day: dt.date | None) -> str:
        """`13. mar.`."""
        return self._skeleton("MMMd", day) if known(day) else UNKNOWN

    def month_year(self, day: dt.date | None) -> str:
        """`februar 2024`."""
        return self._skeleton("yMMMM", day) if known(day) else UNKNOWN

    def week(self, day: dt.date | None) -> str:
        """The ISO week of a day, without its year: `uge 24`."""
        if not known(day):
            return UNKNOWN
        return _unbroken(self("format.week", week=day.isocalendar().week))

    def time(self, at: dt.time | dt.datetime | None) -> str:
        """The time of day, `14.30`; an aware instant is told in Copenhagen's time."""
        if not known(at):
            return UNKNOWN
        clock = local(at).time() if isinstance(at, dt.datetime) else at
        return format_time(clock, "short", locale=self.locale)

    def instant(self, at: dt.datetime | None) -> str:
        """An aware instant in Copenhagen's time: `13. mar. 2025 kl. 14.30`."""
        if not known(at):
            return UNKNOWN
        there = local(at)
        day, clock = self.date_medium(there), self.time(there)
        return _unbroken(self("format.instant", date=day, time=clock))

    def number(self, value: float | None) -> str:
        """`1.234,5`, with a real minus sign."""
        if not known(value):
            return UNKNOWN
        return _unbroken(format_decimal(value, locale=self.locale)).replace("-", "−")

    def percent(self, part: float, whole: float) -> str:
        """`81 %` in whole percent; `–` of nothing."""
        if not whole:
            return UNKNOWN
        return _unbroken(format_percent(part / whole, locale=self.locale))

    def relative(self, days: int | None) -> str:
        """How far away a day is: `om 5 dage`, `i morgen`, `i dag`, `i går`, `9 dage siden`."""
        if not known(days):
            return UNKNOWN
        near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days)
        if near:
            return _unbroken(self(f"relative.{near}"))
        return _unbroken(self.count("relative.ahead" if days > 0 else "relative.ago", abs(days)))

    def _date(self, day: dt.date | None, form: str) -> str:
        if not known(day):
            return UNKNOWN
        return _unbroken(format_date(_day(day), form, locale=self.locale))

    def _skeleton(self, skeleton: str, day: dt.date) -> str:
        return _unbroken(format_skeleton(skeleton, _day(day), locale=self.locale))


def _day(day: dt.date) -> dt.date:
    """A day as it is; an aware instant as the day in Copenhagen, which may be the next."""
    return local(day).date() if isinstance(day, dt.datetime) and day.tzinfo else day


def local(at: dt.datetime) -> dt.datetime:
    """An aware instant in Copenhagen's time; a naive one raises ValueError."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no zone")
    return at.astimezone(COPENHAGEN)


def known(value: T | None) -> TypeGuard[T]:
    """Whether there is a value: not None, and equal to itself, which NaN, NaT and NA are not."""
    if value is None:
        return False
    try:
        return bool(value == value)
    except TypeError:  # pandas.NA will not say whether it is equal to itself
        return False


def _unbroken(text: str) -> str:
    return text.replace(" ", NO_BREAK)
