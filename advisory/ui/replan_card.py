"""*Flyt datoer*: what is moved and how far, what then happens, and the button that does it."""

from dataclasses import replace
from datetime import date
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain import calendar
from ..domain.errors import AdvisoryError, Refused
from ..domain.replan_rows import Asked
from ..store import replan
from . import replan_asked, replan_loads, replan_words
from .forms import Form
from .live import Action, Live
from .replan_asked import Subject
from .toast import Toast
from .view import View

PAGE = "flyt"
FEW = 2  # municipalities whose dates are shown at once
CASE = "forloeb_"  # the name of a municipality's box, before its number
FIELDS = {"replan_too_far": "dage", "date_outside_programme": "til"}


class ReplanCard:
    """The form, the preview and the move. What is asked stands in the address."""

    def __init__(self, view: View, subject: Subject | None, toast: Toast):
        self._view, self._subject, self._toast = view, subject, toast
        self._form = Form(FIELDS)
        self._days: int | None = None
        self._to: date | None = None
        self._ticked: set[int] | None = None  # None: as the cohort moves when nobody chooses
        self._along = True
        query = view.query
        if subject and (query.get("dage") or query.get("til")):
            self._read({"dage": query.get("dage", ""), "til": query.get("til", "")})
        actions: dict[str, Action] = {"ask": self._ask, "choose": self._choose, "move": self._move}
        self.live = Live("replan", self._render, actions, address=self.address)

    def address(self) -> str:
        """The address that shows this move."""
        return self._view.links.here(PAGE)

    @property
    def title(self) -> str:
        """What is moved, without how far."""
        return self._view.text("menu.replan") if self._subject is None else self._named()[0]

    # --- what is asked ------------------------------------------------------------------------

    def _ask(self, subject: str = "", dage: str = "", til: str = "", **_values: str) -> None:
        if subject:
            name, _, typed = subject.partition(":")
            self._subject = replan_asked.subject(self._view.store, {name: typed})
        self._ticked, self._along = None, True
        self._read({"subject": subject, "dage": dage, "til": til})
        self._keep(dage, til)

    def _keep(self, dage: str, til: str) -> None:
        """Let the address ask for the same."""
        parts: dict[str, object] = dict.fromkeys((*replan_asked.NAMES, "dage", "til"))
        if self._subject:
            parts[self._subject.query[0]] = self._subject.query[1]
        parts |= {"dage": dage if self._days else "", "til": til if self._to else ""}
        self._view.links.keep(**parts)

    def _read(self, typed: dict[str, str]) -> None:
        """Take over how far it shall move; what cannot be used is said beside its field."""
        self._days = self._to = None
        with self._form.attempt(self._view.text, typed):
            if self._subject is None:
                raise Refused("replan_unknown")
            days, to = None, None
            if typed["til"].strip():
                with self._form.reading("til"):
                    to = calendar.parse_date(typed["til"], self._view.today)
            else:
                with self._form.reading("dage"):
                    days = replan_asked.days(typed["dage"])
            told = replan.preview(self._view.store, Asked(*self._moved(), days, to))
            if not told.days:
                raise Refused("replan_nothing")
            self._days, self._to = days, to
        self._form.typed = typed if self._to is None else {**typed, "dage": ""}

    def _choose(self, along: str = "", **ticked: str) -> None:
        numbers = (name.removeprefix(CASE) for name in ticked if name.startswith(CASE))
        self._ticked = {int(one) for one in numbers if one.isascii() and one.isdigit()}
        self._along = bool(along)

    def _moved(self) -> tuple[str, int]:
        if self._subject is None:
            raise Refused("replan_unknown")
        return self._subject.what, self._subject.id

    def _asked(self) -> Asked:
        """The move, of a cohort with the cases that are ticked.

        When they are all who follow it, the cohort itself moves, which the office may.
        """
        asked = Asked(*self._moved(), self._days, self._to, with_activities=self._along)
        if asked.what != "cohort":
            return asked
        told = replan.preview(self._view.store, asked)
        whole = {group.enrolment for group in told.groups if group.chosen}
        offered = {group.enrolment for group in told.groups if group.offered}
        ticked = whole if self._ticked is None else self._ticked & offered
        as_one = ticked == whole and self._view.may("cohort.replan")
        return asked if as_one else replace(asked, enrolments=ticked)

    # --- moving -------------------------------------------------------------------------------

    def _move(self, seen: str = "", reason: str = "", **_values: str) -> None:
        asked = self._asked()
        told = replan.preview(self._view.store, asked)
        moved = replan.apply(self._view.store, asked, reason=reason, seen=seen)
        name = self._short(told)
        text = self._view.text
        sentence = text.count("replan.moved", moved, name=name) if moved else ""
        self._toast.saved(sentence or text("replan.moved_start", name=name))
        self._days = self._to = self._ticked = None
        self._form = Form(FIELDS)
        self._keep("", "")

    # --- showing ------------------------------------------------------------------------------

    def _render(self) -> Markup:
        view = self._view
        may = view.may("plan.replan")
        return view.render(
            "replan_card.html",
            may=may,
            form=self._form,
            subject=self._subject,
            options=self._options() if may and self._subject is None else [],
            named=self._named(),
            now=self._now() if may and self._subject else None,
            told=self._preview() if may else None,
            case=CASE,
            along=self._along,
        )

    def _options(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """What can be chosen from, in two groups of (value, words)."""
        view = self._view
        cohorts = [
            (f"hold:{row['code']}", view.cohort(row["code"]))
            for row in view.store.rows("cohort", order="starts_on")
        ]
        planned = set(frames.milestones(view.store)["enrolment_id"])
        cases = [
            (f"forloeb:{row.enrolment_id}", f"{row.municipality} ({view.cohort(row.cohort)})")
            for row in frames.enrolments(view.store).itertuples(index=False)
            if row.enrolment_id in planned and row.status not in ("withdrawn", "declined", "lapsed")
        ]
        return [(view.text("replan.cohorts"), cohorts), (view.text("replan.cases"), cases)]

    def _named(self) -> tuple[str, str, str]:
        """The title, and where the way back leads with its words."""
        view, text, subject = self._view, self._view.text, self._subject
        if subject is None:
            return text("menu.replan"), view.links("kommuner"), text("replan.back_list")
        row = view.store.get(subject.what, subject.id)
        if subject.what == "cohort":
            title = text("replan.cohort", name=view.cohort(row["code"]))
            return title, view.links("kommuner"), text("replan.back_list")
        if subject.what == "activity":
            back = text("replan.back_to", name=row["title"])
            there = view.links("aktivitet", id=row["id"])
            return text("replan.activity", name=row["title"]), there, back
        case = (
            row if subject.what == "enrolment" else view.store.get("enrolment", row["enrolment_id"])
        )
        municipality = view.store.get("municipality", case["municipality_id"])
        cohort = view.store.get("cohort", case["cohort_id"])
        there = view.links.case(municipality["slug"], cohort["code"])
        back = text("replan.back_to", name=municipality["name"])
        if subject.what == "enrolment":
            return text("replan.enrolment", name=municipality["name"]), there, back
        name = view.name(row["name"], row["name_en"] or "")
        return text("replan.milestone", name=name, where=municipality["name"]), there, back

    def _now(self) -> str:
        """The date that would be moved, in words."""
        day = replan.preview(self._view.store, Asked(*self._moved(), days=0)).before
        key = "to_due" if self._moved()[0] in ("milestone", "activity") else "to_start"
        return self._view.text(f"replan.{key}", day=day)

    def _preview(self) -> dict[str, Any] | None:
        """Everything the preview shows, None while nothing is asked or it cannot be."""
        if self._subject is None or (self._days is None and self._to is None):
            return None
        view, text = self._view, self._view.text
        try:
            told = replan.preview(view.store, self._asked())
        except AdvisoryError as error:
            return {"refused": text.error(error)}
        rows = [row for group in told.groups for row in group.rows]
        shown = [group for group in told.groups if group.rows or group.offered]
        return {
            "refused": "",
            "told": told,
            "title": text(
                "replan.by",
                title=self._named()[0],
                distance=replan_words.distance(text, told.days),
            ),
            "sums": replan_words.sums(text, rows),
            "groups": [self._group(group) for group in shown],
            "few": len(shown) <= FEW,
            "activities": any(row.what == "activity" for row in rows),
            "people": replan_loads.people(view, told.loads),
            "asks_reason": told.what == "milestone" and told.writes and not self._is_pinned(),
        }

    def _is_pinned(self) -> bool:
        return bool(self._view.store.get("milestone", self._moved()[1])["pinned"])

    def _group(self, group: replan.Group) -> dict[str, Any]:
        text = self._view.text
        return {
            "group": group,
            "sums": replan_words.sums(text, group.rows),
            "rows": [
                {
                    "row": row,
                    "name": self._view.name(row.name, row.name_en),
                    "remarks": replan_words.remarks(text, row),
                }
                for row in group.rows
            ],
        }

    def _short(self, told: replan.Preview) -> str:
        """What was moved, in a word or two."""
        if told.what == "cohort":
            return self._view.cohort(told.name)
        return self._view.name(told.name, told.name_en)
