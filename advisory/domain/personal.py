"""What the product must not know about people: CPR numbers, and who is a peer or a citizen."""

import re
from datetime import date

from .errors import Refused

_TEN_DIGITS = re.compile(
    r"(?<!\d)(\d\d)(\d\d)(\d\d)[^\S\r\n]?[-\u2010-\u2015\u2212]?[^\S\r\n]?\d{4}(?!\d)"
)

NAMED_AUDIENCES = ("leadership", "staff")  # peers and citizens are counted, not named


def contains_cpr(text: str | None) -> bool:
    """Whether `text` holds ten digits ddmmyy-nnnn whose first six are a date in some century.

    A dash (of any length), a blank or nothing may stand between the two parts; ten digits inside a
    longer run of digits are something else.
    """
    return any(_is_date(*map(int, found)) for found in _TEN_DIGITS.findall(text or ""))


def refuse_cpr(*texts: str | None) -> None:
    """Refuse with `cpr_refused` when any of `texts` holds a CPR number, without repeating it."""
    if any(contains_cpr(text) for text in texts):
        raise Refused("cpr_refused")


def _is_date(day: int, month: int, year: int) -> bool:
    try:
        date(2000 + year, month, day)  # 1800, 1900 and 2000 + yy differ in 29 February 00 only
    except ValueError:
        return False
    return True


def refuse_naming(audience: str | None) -> None:
    """Refuse with `audience_not_named` to write down who belongs to an audience that is counted."""
    if audience and audience not in NAMED_AUDIENCES:
        raise Refused("audience_not_named")
