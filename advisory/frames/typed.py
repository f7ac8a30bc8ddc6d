"""Frames with promised columns and types, read once per version of the data."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from ..domain import roles, small_numbers
from ..store import Store

P = ParamSpec("P")
T = TypeVar("T")
Frame = Callable[Concatenate[Store, P], pd.DataFrame]
Reading = Callable[Concatenate[Store, P], T]

DATE = "datetime64[s]"
INSTANT = "datetime64[us, UTC]"
KEPT = 256
EPOCH = date(1970, 1, 1).toordinal()
MISSING = int(np.datetime64("NaT", "D").view("int64"))

_kept: dict[tuple, pd.DataFrame] = {}


def frame(columns: Mapping[str, str], data: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return a frame with exactly `columns` (name -> dtype); no data gives the same types."""
    return pd.DataFrame(
        {name: _series(data.get(name, ()), dtype) for name, dtype in columns.items()}
    )


def _series(values: Sequence[Any], dtype: str) -> pd.Series:
    if dtype == DATE:
        if isinstance(values, np.ndarray):
            return pd.Series(values.astype(DATE))
        return pd.Series(days_of(values).astype(DATE))
    if dtype == "object":
        series = pd.Series([None] * len(values), dtype=object)
        series[:] = list(values)
        return series
    return pd.Series(values, dtype=dtype)


def days_of(values: Sequence[date | str | None]) -> np.ndarray:
    """Dates, or their ISO text, as days for a column; None is missing.

    Each different value is converted once: numpy takes ten times as long over objects.
    """
    known = {value: _number(value) for value in set(values)}
    numbers = np.fromiter(map(known.__getitem__, values), "int64", len(values))
    return numbers.view("datetime64[D]")


def _number(value: date | str | None) -> int:
    if value is None:
        return MISSING
    return (date.fromisoformat(value) if isinstance(value, str) else value).toordinal() - EPOCH


def instants_of(texts: Sequence[str | None]) -> np.ndarray:
    """Instants as the store keeps them (UTC ISO text) for an `INSTANT` column; None is missing.

    The zone is cut off before numpy reads them, because it is always UTC and numpy knows none.
    """
    return np.array([text[:26] if text else "NaT" for text in texts], dtype="datetime64[us]")


def reads(action: str) -> Callable[[Reading], Reading]:
    """Ask whether the person at work may do `action` before anything is read, kept or not.

    What the function reads in turn, and what a decision under way reads, is not asked for again.
    Refuses with `forbidden`.
    """

    def declare(function: Reading) -> Reading:
        @wraps(function)
        def asked(store: Store, *args: P.args, **kwargs: P.kwargs) -> Any:
            if not store.is_trusted:
                store.require(action)
            with store.trusted():
                return function(store, *args, **kwargs)

        asked.reads = action  # type: ignore[attr-defined]
        return asked

    return declare


def sees_heads(store: Store) -> bool:
    """Whether the person at work sees people per activity, and how few came."""
    return small_numbers.seen_by(store.actor.role)


def per_version(function: Frame) -> Frame:
    """Keep a frame until the data, the date or the arguments change.

    Apart for each set of what a role may read, so that nobody gets what was made for others.

    Callers get a shallow copy: pandas copies on write, so nobody can change what is kept.
    Inside a write the frame is made anew, because what it shows may still be taken back; outside of
    one all of it is read from one moment.
    """

    @wraps(function)
    def kept(store: Store, *args: P.args, **kwargs: P.kwargs) -> pd.DataFrame:
        if store.is_writing:
            return function(store, *args, **kwargs)
        with store.reading():
            return _kept_or_made(store, args, kwargs)

    def _kept_or_made(store: Store, args: tuple, kwargs: dict[str, Any]) -> pd.DataFrame:
        key = (
            str(store.path),
            store.version(),
            store.today(),
            store.as_of,
            store.present.era(),
            roles.readings(store.actor.role),
            function.__qualname__,
            args,
            tuple(sorted(kwargs.items())),
        )
        if key not in _kept:
            while len(_kept) >= KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = function(store, *args, **kwargs)
        return _kept[key].copy(deep=False)

    return kept


def day(value: Any) -> date | None:
    """A cell of a date column as a plain date, None where it is missing."""
    return None if pd.isna(value) else pd.Timestamp(value).date()
