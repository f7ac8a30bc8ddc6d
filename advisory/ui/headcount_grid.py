"""How many were expected and came: one table of fields, saved as one.

Who may not see people per activity gets one sentence and no number: other parts show the same heads
as sums, and beside them the numbers of an activity would give the small ones away.
"""

from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.errors import AdvisoryError
from ..reports import records
from ..store import activities
from . import headcount_cells as cells
from .activity_head import activity
from .balance_rows import is_open
from .headcount_cells import ATTENDED, PLANNED, Cells, Key, Typed
from .live import Live
from .toast import Toast
from .view import View

Numbers = list[list[int | None]]


class HeadcountGrid:
    """The numbers of a whole activity. What was typed stays until it is saved or taken back.

    `told` are cells as this person knows them from elsewhere than the form, which may be older:
    as they saved them, and as somebody else left them and they were told.
    """

    def __init__(self, view: View, activity_id: int, toast: Toast):
        self._view, self._id, self._toast = view, activity_id, toast
        self._kind, self._told = "", Cells()
        self._people = self._loose = self._total_then = 0
        self._begin_anew()
        actions = {
            **{"count": self._count, "typing": self._typing, "numbers": self._numbers},
            **{"fill": self._fill, "take": self._take},
        }
        self.live = Live("headcounts", self._render, actions)

    def _begin_anew(self) -> None:
        self._typed, self._problem = Typed(), ""

    # --- actions ----------------------------------------------------------------------------

    def _typing(self, seen: str = "", **typed: str) -> None:
        """Follow what is typed, for the totals."""
        self._keep(seen, typed)

    def _numbers(self, kind: str = "", seen: str = "", **typed: str) -> None:
        """Type the other numbers: those expected, or those who came."""
        self._keep(seen, typed)
        self._kind = PLANNED if kind == PLANNED else ATTENDED

    def _fill(self, seen: str = "", **typed: str) -> None:
        """Put the expected numbers where nobody is counted yet. Nothing is saved."""
        self._keep(seen, typed)
        self._kind = ATTENDED
        for key, cell in cells.standing(self._view, self._id).items():
            if cell and cell[0] is not None and cell[1] is None:
                self._typed.values.setdefault(cells.name_of(ATTENDED, key), str(cell[0]))

    def _take(
        self, found: str = "", kind: str = "", people: str = "", loose: str = "", **_values: str
    ) -> None:
        """Put the numbers from a file where nothing is typed. Nothing is saved.

        Of its `people`, `loose` are left to be distributed, which is said until they are.
        """
        self._view.store.require("headcount.edit")
        self._kind = PLANNED if kind == PLANNED else ATTENDED
        standing = cells.standing(self._view, self._id)
        for key, cell in cells.from_json(found).items():
            if key in standing and cell:
                name = cells.name_of(self._kind, key)
                self._typed.values.setdefault(name, str(cell[0]))
        self._people, self._loose = int(people), int(loose)
        self._total_then = self._total(self._kind)
        self.live.tell(focus="[data-grid] input")

    def _total(self, kind: str) -> int:
        standing = cells.standing(self._view, self._id).items()
        return sum(self._number(kind, key, cell) or 0 for key, cell in standing)

    def _count(self, seen: str = "", **typed: str) -> None:
        """Save all cells as one, or none."""
        before = self._keep(seen, typed)
        self._problem, self._typed.errors = "", {}
        meant = cells.meant(self._view, self._typed, before)
        if not self._typed.errors:
            self._save(meant, before)
        if self._problem or self._typed.errors:
            self._toast.live.actions["toast_close"]()  # "saved" beside it would say the opposite
        if self._typed.errors:
            self._problem = self._problem or self._view.text.count(
                "headcounts.wrong", len(self._typed.errors)
            )
            wrong = next(iter(self._typed.errors))
            self.live.tell(focus=f"#{wrong}")

    def _save(self, meant: Cells, before: Cells) -> None:
        view = self._view
        try:
            changed = activities.count(view.store, self._id, meant, seen=before)
        except AdvisoryError as error:
            self._problem = view.text.error(error)
            self._blame(error, meant, before)
            return
        self._begin_anew()
        self._told |= meant
        if changed:
            self._toast.saved(view.text.count("headcounts.saved", changed))

    def _blame(self, error: AdvisoryError, meant: Cells, before: Cells) -> None:
        """Say at the cells why they were not saved, and what a colleague has put there."""
        view, stands = self._view, cells.standing(self._view, self._id)
        for key in meant:
            names = [cells.name_of(kind, key) for kind in cells.KINDS]
            name = next(one for one in names if one in self._typed.values)
            if error.key != "headcount_changed":
                if error.key != "activity_not_begun" or name == names[1]:
                    self._typed.errors[name] = self._problem
            elif key not in stands or stands[key] not in (before[key], meant[key]):
                now = stands.get(key)
                self._typed.errors[name] = view.text(
                    "headcounts.changed", **dict(zip(cells.KINDS, now or (None, None)))
                )
                self._told[key] = now

    def _keep(self, seen: str, typed: dict[str, str]) -> Cells:
        """Keep what differs from what the person saw; returns that, with what they were told.

        Refuses with `forbidden` who may not count: totals that follow what is typed would answer
        whoever tries numbers.
        """
        self._view.store.require("headcount.edit")
        before, stands = cells.from_json(seen), cells.standing(self._view, self._id)
        known = {key: cell for key, cell in self._told.items() if stands.get(key) == cell}
        before |= {key: cell for key, cell in known.items() if key in before}
        for key, cell in before.items():
            for kind in cells.KINDS:
                name = cells.name_of(kind, key)
                if name not in typed:
                    continue
                written = typed[name].strip()
                if written != self._typed.values.get(name):
                    self._typed.errors.pop(name, None)
                self._typed.values.pop(name, None)
                if written != cells.shown(kind, cell):
                    self._typed.values[name] = written
        return before

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view, row = self._view, activity(self._view, self._id)
        if not is_open(view):
            return view.render("headcounts.html", open=False)
        begun = row["starts_at"] <= view.store.now()
        kind = self._kind or (ATTENDED if begun else PLANNED)
        standing = cells.standing(view, self._id)
        now = {
            one: {key: self._number(one, key, cell) for key, cell in standing.items()}
            for one in cells.KINDS
        }
        audiences = view.codes("audience")
        served = records(frames.served(view.store, self._id))
        tables = {
            one: [
                [now[one][home["enrolment_id"], code] for code, _ in audiences] for home in served
            ]
            for one in cells.KINDS
        }
        may = view.may("headcount.edit")
        return view.render(
            "headcounts.html",
            open=True,
            row=row,
            kind=kind,
            may=may,
            begun=begun,
            audiences=audiences,
            served=served,
            table=[[self._cell(home, code, standing) for code, _ in audiences] for home in served],
            sums={one: _with_totals(tables[one]) for one in tables},
            seen=cells.as_json(standing) if may else "",
            problem=self._problem,
            errors=self._typed.errors,
            unsaved=len(self._typed.values),
            missing=max(0, self._loose - self._total(kind) + self._total_then),
            in_file=self._people,
            can_fill=begun
            and any(c and c[0] is not None and c[1] is None for c in standing.values()),
        )

    def _cell(self, home: dict[str, Any], audience: str, standing: Cells) -> dict[str, Any]:
        key = (home["enrolment_id"], audience)
        cell = standing[key]
        fields = {kind: cells.name_of(kind, key) for kind in cells.KINDS}
        typed = self._typed.values
        stays = (
            cell is None and typed.get(fields[PLANNED], cells.NOT_INVITED[0]) in cells.NOT_INVITED
        )
        return {
            "invited": not stays or fields[ATTENDED] in typed,
            **{
                kind: {
                    "name": name,
                    "was": cells.shown(kind, cell),
                    "value": typed.get(name, cells.shown(kind, cell)),
                    "error": self._typed.errors.get(name, ""),
                }
                for kind, name in fields.items()
            },
        }

    def _number(
        self, kind: str, key: Key, cell: tuple[int | None, int | None] | None
    ) -> int | None:
        """A number as it is typed, else as it stands; for the totals."""
        written = self._typed.values.get(cells.name_of(kind, key), cells.shown(kind, cell))
        return int(written) if written.isascii() and written.isdigit() else None


def _with_totals(table: Numbers) -> Numbers:
    """The numbers with the sum of each row, then a row of those of the columns."""
    body = [[*line, _sum(line)] for line in table]
    columns = [_sum([line[at] for line in body]) for at in range(len(body[0]))] if body else []
    return [*body, columns]


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
