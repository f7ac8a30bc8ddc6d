"""Days, weeks and months as people type them where a first and a last day are asked for."""

import re
from datetime import date, timedelta

from . import calendar
from .errors import Refused

_WEEK = re.compile(r"(?:uge|week|u) ?[0-9]{1,2}(?:[ ,/-]+[0-9]{4})?|[0-9]{2}/[0-9]{4}")
_MONTH_NAME = re.compile(r"[a-z]{3,9}\.?(?: [0-9]{4})?")
_MONTH_NUMBER = re.compile(r"[0-9]{4}-[0-9]{1,2}")


def parse_period(text: str, today: date) -> tuple[date, date]:
    """The first and the last day of what a person means: a day, `uge 10`, `marts 2025`, 2025-03.

    A week is Monday to Sunday, a month all its days, everything else that `calendar.parse_date`
    reads one day. Without a year it is the one whose first day is nearest to `today`. Refuses as
    `calendar.parse_date` does.
    """
    written = " ".join(text.lower().split())
    if _WEEK.fullmatch(written):
        first = calendar.parse_date(text, today)
        return first, first + timedelta(days=6)
    if (month := _month(written, today)) is not None:
        return month, calendar.last_day(month, 1)
    day = calendar.parse_date(text, today)
    return day, day


def _month(written: str, today: date) -> date | None:
    """The first day of a month, None for what is none."""
    if _MONTH_NUMBER.fullmatch(written):
        first = f"{written}-1"
    elif _MONTH_NAME.fullmatch(written):
        first = f"1. {written}"
    else:
        return None
    try:
        return calendar.parse_date(first, today)
    except Refused:
        return None
