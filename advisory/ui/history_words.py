"""What a changed record is called, what happened to it, and its fields, in words."""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from .view import View

SENTENCES = frozenset(  # tables whose changes are told in `change.*`, as on the page of a case
    {
        *("place_change", "activity", "activity_enrolment", "headcount", "enrolment"),
        *("enrolment_status", "milestone", "note", "task", "contact"),
    }
)
TELLING = {  # the field that says most about a change of a record, the first that is among them
    "milestone": ("done_on", "not_applicable", "override_on"),
    "task": ("done_on",),
    "activity": ("cancelled_at", "held_at", "starts_at"),
    "enrolment": ("consultant_id",),
    "contact": ("valid_to",),
    "signup": ("state",),
    "message": ("state",),
    "app_user": ("active", "role"),
}
TRUTHS = frozenset(
    {
        *("pinned", "not_applicable", "no_mail", "active", "public", "commitment", "present"),
    }
)
CODES = {  # fields that hold a code: the list of words in the data
    ("note", "kind"): "note_kind",
    ("milestone", "kind"): "milestone_kind",
    ("milestone_template", "kind"): "milestone_kind",
    ("milestone", "phase"): "phase",
    ("milestone_template", "phase"): "phase",
    ("contact", "audience"): "audience",
    ("headcount", "audience"): "audience",
    ("audience_target", "audience"): "audience",
    ("enrolment", "prior_experience"): "prior_experience",
}
WORDS = {  # fields that hold a code of ours: the table of words in the texts
    ("activity", "kind"): "activity_kind",
    ("enrolment_status", "status"): "status",
    ("place_change", "kind"): "place_change",
    ("signup", "state"): "signup_state",
    ("signup", "source"): "report.signup_source",
    ("signup", "language"): "historik_word.language",
    ("message", "state"): "mail_state",
    ("message", "kind"): "mail_kind",
    ("mail_rule", "kind"): "mail_kind",
    ("mail_template", "kind"): "mail_kind",
    ("mail_rule", "anchor"): "historik_word.anchor",
    ("mail_template", "anchor"): "historik_word.anchor",
    ("milestone", "anchor"): "historik_word.anchor",
    ("milestone_template", "anchor"): "historik_word.anchor",
    ("milestone", "unit"): "historik_word.unit",
    ("milestone_template", "unit"): "historik_word.unit",
    ("message", "reason"): "mail_reason",
    ("decision_letter", "kind"): "letter_kind",
    ("setting", "key"): "historik_word.setting",
    ("app_user", "role"): "role",
    ("attendee", "decision"): "report.decision",
    ("delivery_cell", "decision"): "historik_word.cell",
}
CALLED_BY = {  # tables whose records have no name: the field with the code they are known by
    **dict.fromkeys(("note", "place_change", "mail_rule", "mail_template"), "kind"),
    **dict.fromkeys(("headcount", "audience_target"), "audience"),
    "decision_letter": "kind",
    "enrolment_status": "status",
    "setting": "key",
}
POINTING = {  # fields that point to a record: its table, and the field that it is called by
    **dict.fromkeys(("consultant_id", "assignee_id", "author_id", "user_id"), ("app_user", "name")),
    **dict.fromkeys(("provider_id", "organisation_id"), ("organisation", "name")),
    **dict.fromkeys(("activity_id", "anchor_activity_id", "copied_from_id"), ("activity", "title")),
    **dict.fromkeys(("milestone_id", "anchor_id"), ("milestone", "name")),
    "municipality_id": ("municipality", "name"),
    "person_id": ("person", "name"),
    "cohort_id": ("cohort", "code"),
    "note_id": ("note", "noted_on"),
    "enrolment_id": ("enrolment", "municipality_id"),
    "contact_id": ("contact", "person_id"),
    "signup_id": ("signup", "person_id"),
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
PROSE = frozenset({"text", "title", "name", "body", "goal", "reason", "motivation", "detail"})


class HistoryWords:
    """Rows of `frames.changes` and `frames.put_back` in the words of the page."""

    def __init__(self, view: View):
        self._view = view
        self._names: dict[tuple[str, int], Any] = {}

    def actor(self, name: str) -> str:
        """What somebody is called: the public and the system have a name in each language."""
        return self._said(f"historik_actor.{name}") or name

    def in_sentence(self, name: str) -> str:
        """The same in the middle of a sentence: `systemet`."""
        return self._said(f"historik_by.{name}") or name

    def headline(self, row: Any) -> str:
        """What happened to a record, with the municipalities it is about."""
        return self._placed(row, self.what(row))

    def own_headline(self, row: Any) -> str:
        """The same on the page of the municipality, which need not be named."""
        return _capital(self.what(row))

    def outlook(self, row: Any) -> str:
        """What a row of `frames.put_back` will do to its record, with the municipalities."""
        subject, text = self.subject(row), self._view.text
        noun = text(f"historik_table.{row.table}")
        if not subject or row.table == "enrolment":
            return self._placed(row, text(f"historik_will.{row.change}", noun=noun))
        said = text(f"historik_will.{row.change}_named", noun=noun, subject=subject)
        return self._placed(row, said)

    def _placed(self, row: Any, what: str) -> str:
        text = self._view.text
        if not row.municipalities or row.table == "municipality":
            return _capital(what)
        first, *more = row.municipalities
        if len(more) > 1:
            place = text("historik.places_more", place=first, n=len(more))
        else:
            place = ", ".join(row.municipalities)
        own = self.subject(row)
        said = what if own and what.startswith(own) else what[:1].lower() + what[1:]
        return text("historik.place", place=place, what=said)

    def what(self, row: Any) -> str:
        """What happened to a record."""
        text, subject = self._view.text, self.subject(row)
        noun = text(f"historik_table.{row.table}")
        if row.hidden:
            return text(f"historik.{row.change}", noun=noun)
        if said := self._done(row, subject):
            return said
        if row.table == "enrolment_status" and row.change == "created":
            return text("historik.status", status=subject)
        if row.table in SENTENCES:
            return text(f"change.{row.table}.{row.change}", subject=subject)
        if not subject or row.table == "enrolment":
            return text(f"historik.{row.change}", noun=noun)
        return text(f"historik.{row.change}_named", noun=noun, subject=subject)

    def _done(self, row: Any, subject: str) -> str:
        """The sentence for a change that has one of its own, else nothing."""
        if row.change != "changed":
            return ""
        field = next((one for one in TELLING.get(row.table, ()) if one in row.after), None)
        if field is None:
            return ""
        value = row.after[field]
        key = f"historik_done.{row.table}.{field}" + ("" if value else "_gone")
        said = self.value(row.table, field, value)
        return self._view.text(key, subject=subject, value=said)

    def subject(self, row: Any) -> str:
        """The name of a record, or the word for the code it is known by."""
        if row.table in CALLED_BY and row.subject:
            return self.value(row.table, CALLED_BY[row.table], row.subject)
        if row.table == "cohort":
            return self._view.cohort(row.subject)
        return self._view.name(row.subject, row.subject_en)

    def fields(self, row: Any) -> list[tuple[str, str, str]]:
        """The label of each field that differs, and its value before and after."""
        before, after = row.before or {}, row.after or {}
        return [
            (
                self.label(row.table, name),
                self.value(row.table, name, before.get(name)),
                self.value(row.table, name, after.get(name)),
            )
            for name in {**before, **after}
        ]

    def label(self, table: str, field: str) -> str:
        """The name of a field: the history's own where it has one, else that of the forms."""
        own = (f"historik_field.{table}.{field}", f"historik_field.{field}")
        return self._said(own[0]) or self._said(own[1]) or self._view.text(f"field.{field}")

    def _said(self, key: str) -> str:
        """A text, nothing where there is none."""
        with suppress(KeyError):
            return self._view.text(key)
        return ""

    def value(self, table: str, field: str, value: Any) -> str:
        """A stored value as people read it: dates, yes and no, codes, and names for numbers."""
        text = self._view.text
        if value is None or value == "":
            return text("field.empty")
        if list_ := CODES.get((table, field)):
            return self._view.code(list_, value)
        if words := WORDS.get((table, field)):
            return self._said(f"{words}.{value}") or str(value)
        if field in TRUTHS:
            return text("app.yes" if value else "app.no")
        if found := self._pointed(field, value):
            return found
        return str(value) if field in PROSE else self._written(value)

    def _written(self, value: Any) -> str:
        """A value by its form: a day, an instant, a number, else as it stands."""
        text = self._view.text
        if isinstance(value, str) and DAY.fullmatch(value):
            return text.date_medium(date.fromisoformat(value))
        if isinstance(value, str) and INSTANT.fullmatch(value):
            return text.instant(datetime.fromisoformat(value))
        return text.number(value) if isinstance(value, int | float) else str(value)

    def _pointed(self, field: str, row_id: Any) -> str:
        """What the record is called that a field points to; nothing for another field."""
        if field not in POINTING:
            return ""
        table, column = POINTING[field]
        found = self._found(table, row_id, column)
        if found is None:
            return self._view.text("historik.gone")
        if column in POINTING:
            return self._pointed(column, found)
        if field == "cohort_id":
            return self._view.cohort(found)
        if field == "note_id":
            return self._view.text("historik.note_of", day=date.fromisoformat(found))
        return str(found)

    def _found(self, table: str, row_id: int, column: str) -> Any:
        if (table, row_id) not in self._names:
            row = self._view.store.find(table, id=row_id)
            self._names[table, row_id] = row[column] if row else None
        return self._names[table, row_id]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
