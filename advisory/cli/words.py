"""Records in words: key figures, a milestone's rule, what changed in a case."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from ..reports.records import Record
from ..store import Store
from ..texts import Text

LONGEST = 80
TRUTHS = {"pinned", "not_applicable", "commitment"}
PEOPLE = {"consultant_id", "assignee_id", "author_id"}
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def in_language(text: Text, row: Record, name: str = "name") -> str:
    """The name of a milestone or the subject of an action in the language of `text`."""
    return row[name if text.language == "da" else f"{name}_en"]


def figure(text: Text, row: Record) -> str:
    """The value of one row of `frames.figures`: `14 af 20`, `9 i 6 forløb; ...`."""
    if row["value"] is None:
        return text.number(None)
    value, of = int(row["value"]), row["of"]
    if row["figure"] == "deadline":
        kind, _, cohort = row["detail"].partition(" ")
        ahead = text.relative(value)
        return text(f"cli.deadline.{kind}", on=row["on"], relative=ahead, cohort=cohort)
    if of is None:
        return text.number(value)
    if row["figure"] == "late" and value:
        where = {"on": row["on"], "detail": row["detail"]}
        return text("cli.late_in", value=value, of=int(of), **where)
    return text("cli.of", value=value, of=int(of))


def rule(text: Text, row: Record) -> str:
    """What a milestone's date is counted from: `start + 2 måneder`."""
    if row["anchor"] == "milestone":
        anchor = in_language(text, row, "anchor_name")
    else:
        anchor = text(f"cli.from_{row['anchor']}")
    if not row["offset"]:
        return anchor
    sign = "+" if row["offset"] > 0 else "−"
    distance = text.count(f"cli.unit.{row['unit']}", abs(row["offset"]))
    return f"{anchor} {sign} {distance}"


def labels(store: Store, text: Text, name: str) -> dict[str, str]:
    """The words of one list of codes, by code."""
    rows = store.rows("code_item", "list = ?", [name])
    return {row["code"]: row["da"] if text.language == "da" else row["en"] for row in rows}


class Changes:
    """Records of `frames.history` in words."""

    def __init__(self, store: Store, text: Text):
        self._text = text
        self._people = {row["id"]: row["name"] for row in store.rows("app_user")}
        self._codes = {
            ("note", "kind"): labels(store, text, "note_kind"),
            ("milestone", "kind"): labels(store, text, "milestone_kind"),
            ("milestone", "phase"): labels(store, text, "phase"),
            ("enrolment", "prior_experience"): labels(store, text, "prior_experience"),
            ("contact", "audience"): labels(store, text, "audience"),
            ("headcount", "audience"): labels(store, text, "audience"),
        }

    def lines(self, history: Sequence[Record]) -> Iterator[str]:
        """One line per change: when, who, what, from, to.

        Records of one table that were made at once are one line with their number.
        """
        for _, group in groupby(history, key=self._together):
            same = list(group)
            first = same[0]
            when = self._text.instant(first["at"])
            what = self._what(first)
            if len(same) > 1:
                what = f"{self._table(first)}: {self._text('cli.many_created', n=len(same))}"
            yield f"{when}  {first['actor']}  {what}"

    @staticmethod
    def _together(row: Record) -> tuple:
        own = () if row["change"] == "created" else (row["history_id"], row["field"])
        return row["operation"], row["table"], row["change"], *own

    def _table(self, row: Record) -> str:
        return self._text(f"cli.table.{row['table']}")

    def _what(self, row: Record) -> str:
        subject = self._subject(row)
        named = f"{self._table(row)} ”{subject}”" if subject else self._table(row)
        if row["change"] != "changed":
            return named + ": " + self._text(f"cli.{row['change']}")
        field = self._text(f"cli.field.{row['field']}")
        before, after = self._value(row, row["before"]), self._value(row, row["after"])
        return f"{named}: {field} {before} → {after}"

    def _subject(self, row: Record) -> str:
        worded = {"enrolment_status": "status", "place_change": "place_change"}
        if row["table"] in worded:
            return self._text(f"{worded[row['table']]}.{row['subject']}")
        subject = str(row["subject"])
        if row["table"] == "headcount":
            return self._codes["headcount", "audience"].get(subject, subject)
        return self._codes.get((row["table"], "kind"), {}).get(subject, subject)

    def _value(self, row: Record, value: Any) -> str:
        if value is None or value == "":
            return self._text.date(None)
        if row["field"] in TRUTHS:
            return self._text("report.yes" if value else "report.no")
        if row["field"] in PEOPLE:
            return self._people.get(value, str(value))
        if isinstance(value, str) and _ISO_DAY.fullmatch(value):
            return self._text.date(date.fromisoformat(value))
        word = self._codes.get((row["table"], row["field"]), {}).get(value, str(value))
        word = " ".join(word.split())
        return word if len(word) <= LONGEST else word[: LONGEST - 1] + "…"
