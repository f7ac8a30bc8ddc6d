"""Frames as plain records, and records as JSON: for the command line and whoever reads it."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from ..domain.health import Reason

Record = dict[str, Any]


def records(frame: pd.DataFrame) -> list[Record]:
    """The rows of a frame as dictionaries of Python's own types; what is unknown is None."""
    columns = [[value(cell) for cell in frame[name]] for name in frame.columns]
    return [dict(zip(map(str, frame.columns), row)) for row in zip(*columns)]


def record(row: pd.Series) -> Record:
    """One row as `records` gives it."""
    return {str(name): value(cell) for name, cell in row.items()}


def value(cell: Any) -> Any:
    """A cell as None, a day, an instant, a number, text, or a tuple as it is."""
    if isinstance(cell, tuple):
        return cell
    if pd.isna(cell):
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.to_pydatetime() if cell.tzinfo else cell.date()
    return cell.item() if hasattr(cell, "item") else cell


def as_json(found: Any) -> str:
    """`found` as indented JSON: frames as lists of records, days and instants as ISO text.

    A reason is its key and its values; nothing becomes NaN.
    """
    return json.dumps(_plain(found), ensure_ascii=False, indent=2, allow_nan=False)


def _plain(found: Any) -> Any:
    if isinstance(found, pd.DataFrame):
        return _plain(records(found))
    if isinstance(found, Mapping):
        return {str(name): _plain(one) for name, one in found.items()}
    if isinstance(found, list | tuple):
        return [_plain(one) for one in found]
    if isinstance(found, Reason):
        return {"key": found.key, "values": _plain(dict(found.values))}
    if isinstance(found, date | datetime):
        return found.isoformat()
    return value(found)
