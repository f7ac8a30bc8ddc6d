"""What Historik shows: the filters as they stand in the address, and what can be chosen in them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from .. import frames
from ..domain import roles
from ..domain.errors import AdvisoryError
from ..domain.periods import parse_period
from .forms import Form
from .history_words import HistoryWords
from .view import View

FILTERS = ("hvem", "hvad", "kommune", "handling", "fra", "til")
OF_READINGS = ("hvem", "kommune", "fra", "til")
DAYS = ("fra", "til")
STAFF = "medarbejdere"
NOT_STAFF = ("system", "public")
NOT_WRITTEN = ("page.", "read.", "privacy.", "history.")  # actions that leave no change
TABLES = (
    *("enrolment", "enrolment_status", "milestone", "note", "task", "contact", "person"),
    *("activity", "activity_enrolment", "headcount", "signup", "message", "mail_rule"),
    *("attendance_import", "attendee", "place_change", "cohort", "initiative", "partner_order"),
    *("delivery_sheet", "delivery_reply", "delivery_cell", "audience_target", "calendar_feed"),
    *("app_user", "setting", "mail_template", "decision_letter", "column_mapping", "organisation"),
    *("milestone_template", "code_item", "municipality", "region_membership"),
)


def page_below(typed: str) -> int:
    """The id that a page of the list lies below, from its address; 0, the first, for what is none.

    No history has a number of more than 18 digits.
    """
    return int(typed) if typed.isdecimal() and len(typed) <= 18 else 0


class HistoryFilters:
    """The filters of one visit: what is chosen, what of it could not be read, and the options."""

    def __init__(self, view: View):
        self._view = view
        self.form = Form()
        self.chosen: dict[str, str] = {}
        self.days: dict[str, date] = {}
        self.choose({name: view.query.get(name, "") for name in FILTERS})

    def choose(self, values: Mapping[str, str]) -> None:
        """Take the filters among `values`; an empty one is cleared."""
        for name in (name for name in FILTERS if name in values):
            self.chosen.pop(name, None)
            self.days.pop(name, None)
            if typed := values[name].strip():
                self.chosen[name] = typed
        self._read_days()

    def clear(self) -> None:
        """Show everything."""
        self.choose(dict.fromkeys(FILTERS, ""))

    def _read_days(self) -> None:
        """The days as typed; one that cannot be used has its sentence and filters nothing.

        A week or a month begins with its first day and ends with its last.
        """
        text, today = self._view.text, self._view.today
        self.form.errors = {}
        for end, name in enumerate(DAYS):
            if name in self.chosen:
                try:
                    self.days[name] = parse_period(self.chosen[name], today)[end]
                    self.chosen[name] = self.days[name].isoformat()
                except AdvisoryError as error:
                    self.form.errors[name] = text.error(error)
        since, until = (self.days.get(name) for name in DAYS)
        if since and until and until < since:
            self.form.errors["til"] = text("historik.backwards", first=since)

    def _day(self, name: str) -> date | None:
        """A day that filters."""
        return None if name in self.form.errors else self.days.get(name)

    def asked(self) -> dict[str, Any]:
        """The filters of `frames.changes`."""
        actions = {name: self.chosen.get(name, "") for name in ("hvad", "handling")}
        return {**self.asked_of_readings(), "table": actions["hvad"], "action": actions["handling"]}

    def asked_of_readings(self) -> dict[str, Any]:
        """The filters of `frames.readings`."""
        who = self.chosen.get("hvem", "")
        staff = [role for role in roles.ROLES if role not in NOT_STAFF] if who == STAFF else []
        return {
            "actor": "" if staff else who,
            "roles": staff,
            "since": self._day("fra"),
            "until": self._day("til"),
            "cases": self._cases(),
        }

    def _cases(self) -> tuple[int, ...] | None:
        if "kommune" not in self.chosen:
            return None
        cases = frames.history_cases(self._view.store)
        return tuple(cases[cases["slug"] == self.chosen["kommune"]]["enrolment_id"].tolist())

    def options(self) -> dict[str, list[tuple[str, str]]]:
        """What each filter can be set to, as (value in the address, words)."""
        text, store = self._view.text, self._view.store
        called = HistoryWords(self._view).actor
        people = [(name, called(name)) for name in frames.history_actors(store)]
        cases = frames.history_cases(store).drop_duplicates("slug")
        actions = [name for name in roles.ACTIONS if not name.startswith(NOT_WRITTEN)]
        return {
            "hvem": [(STAFF, text("historik.staff")), *people],
            "hvad": [(table, text(f"historik_table.{table}")) for table in TABLES],
            "kommune": [*zip(cases["slug"], cases["municipality"]), *self._caseless()],
            "handling": [(name, text(f"historik_action.{name}")) for name in actions],
        }

    def _caseless(self) -> list[tuple[str, str]]:
        """The chosen municipality as an option, when it has no case and so is not among them."""
        if self._cases() != ():
            return []
        found = self._view.store.find("municipality", slug=self.chosen["kommune"])
        return [(found["slug"], found["name"])] if found else []

    def nothing(self, otherwise: str) -> str:
        """Why a list is empty: the municipality has no case, or the text `otherwise`."""
        for _, name in self._caseless():
            return self._view.text("historik.no_case", name=name, day=self._view.today)
        return self._view.text(otherwise)

    def shown(self, name: str) -> str:
        """A day as the field shows it: as typed if it could not be read, else written out."""
        day = self.days.get(name)
        return self._view.text.date(day) if day else self.chosen.get(name, "")
