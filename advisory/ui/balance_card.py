"""*Målgruppebalance*: who comes to the development workshops, per municipality and audience."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.balance import HELD, Mark
from ..domain.errors import NotFound, Refused
from ..store import targets
from .balance_rows import Cell, Line, Step, Table, is_open, numbers_withheld, standing, table
from .dialog import Dialog
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View

MARKS = 6  # of one cell; of more workshops the latest
ROWS = 200  # of the table of workshops


class BalanceCard:
    """The matrix or its table, what its cells are made of, and the targets behind the marks."""

    def __init__(self, view: View, dialog: Dialog, toast: Toast | None = None):
        self._view, self._dialog, self._toast = view, dialog, toast
        self._as_table = False
        self._form = Form()
        actions = {"explain": self._explain, "table": self._switch, "cell": self._open}
        self.live = Live("balance", self._render, actions)

    def _switch(self, **_values: str) -> None:
        self._as_table = not self._as_table

    # --- the card ---------------------------------------------------------------------------

    def _render(self) -> Markup:
        name = f"balance {standing(self._view)} {self._as_table}"
        return self._view.kept(name, self._draw)

    def _draw(self) -> Markup:
        view = self._view
        found = table(view)
        seen = {step.mark for line in found.lines for cell in line.cells for step in cell.steps}
        return view.render(
            "balance.html",
            table=found,
            withheld=numbers_withheld(view),
            groups=[
                (view.cohort(cohort), self._progress(lines), lines)
                for cohort, lines in _groups(found)
            ],
            audiences=self._audiences(found),
            as_table=self._as_table,
            window=window,
            steps=_by_workshop(found) if self._as_table and found.open else [],
            rows=ROWS,
            legend=[mark for mark in Mark if mark in seen or mark in ALWAYS],
        )

    def _audiences(self, found: Table) -> list[dict[str, Any]]:
        """The columns: code, word, and the target as (low, high) or None."""
        aims = {row.audience: (row.low, row.high) for row in self._targets()}
        words = dict(self._view.codes("audience"))
        return [
            {"code": code, "word": words[code], "target": aims.get(code)}
            for code in found.audiences
        ]

    def _targets(self) -> list[Any]:
        """What holds for the marks: with several initiatives, the first one's."""
        found = frames.targets(self._view.store).drop_duplicates("audience")
        return list(found.itertuples(index=False))

    def _progress(self, lines: list[Line]) -> str:
        """`3 af 4 workshops afholdt`, or how far the next one has come among the cases."""
        fewest, most = min(line.held for line in lines), max(line.held for line in lines)
        if fewest == most:
            planned = max(line.planned for line in lines)
            return self._view.text("balance.held", n=most, of=planned)
        ahead = sum(line.held > fewest for line in lines)
        return self._view.text("balance.next_held", number=fewest + 1, n=ahead, of=len(lines))

    # --- behind a cell ----------------------------------------------------------------------

    def _open(self, case: str = "", audience: str = "", **_values: str) -> None:
        self._dialog.show(lambda: self._render_cell(case, audience))

    def _render_cell(self, case: str, audience: str) -> Markup:
        found = table(self._view)
        for line in found.lines:
            for cell in line.cells:
                if (str(line.enrolment_id), cell.audience) == (case, audience):
                    return self._view.render(
                        "balance_cell.html",
                        line=line,
                        cell=cell,
                        withheld=numbers_withheld(self._view),
                        open=found.open,
                        word=dict(self._view.codes("audience"))[audience],
                        held=HELD,
                    )
        raise NotFound("not_found", table="enrolment", row_id=case)

    # --- the targets ------------------------------------------------------------------------

    def _explain(self, **_values: str) -> None:
        self._form, self._seen = Form(), {row["audience"]: row for row in self._rows()}
        may = self._view.may("target.edit")
        self._dialog.show(self._render_explain, {"save": self._save} if may else {})

    def _render_explain(self) -> Markup:
        view = self._view
        return view.render(
            "balance_explain.html",
            form=self._form,
            open=is_open(view),
            audiences=view.codes("audience"),
            targets=self._seen,
            may=view.may("target.edit"),
        )

    def _rows(self) -> list[dict[str, Any]]:
        """The targets as recorded, the one that holds for an audience last."""
        return self._view.store.rows("audience_target", order="id DESC")

    def _save(self, **typed: str) -> None:
        with self._form.attempt(self._view.text, typed):
            bounds: dict[str, tuple[int, int]] = {}
            for code, _ in self._view.codes("audience"):
                with self._form.reading(f"low_{code}"):
                    bounds[code] = _number(typed, "low", code), _number(typed, "high", code)
            seen = {code: (row["low"], row["high"]) for code, row in self._seen.items()}
            targets.set_targets(self._view.store, bounds, seen=seen)
        if self._form.ok:
            self._dialog.close()
            if self._toast:
                self._toast.saved(self._view.text("balance.saved"))


ALWAYS = (Mark.WITHIN, Mark.UNDER, Mark.NONE, Mark.COMING)


def window(line: Line, cell: Cell) -> tuple[int, list[Step | None]]:
    """How many earlier workshops are left out, and those to mark; None is one without a date."""
    steps = [*cell.steps, *[None] * (line.planned - len(cell.steps))]
    last = max(MARKS, min(line.held + 1, len(steps)))
    return max(0, last - MARKS), steps[max(0, last - MARKS) : last]


def _groups(found: Table) -> list[tuple[str, list[Line]]]:
    """The lines by cohort, earliest first."""
    ordered = sorted(found.lines, key=lambda line: line.cohort)
    return [(cohort, list(lines)) for cohort, lines in groupby(ordered, lambda one: one.cohort)]


def _by_workshop(found: Table) -> list[dict[str, Any]]:
    """One row per case and workshop that is over, the latest first, with its cells."""
    rows = [
        {"line": line, "steps": steps, "total": _sum(steps)}
        for line in found.lines
        for steps in zip(*(cell.steps for cell in line.cells))
        if any(step.mark != Mark.COMING for step in steps)
    ]
    return sorted(rows, key=lambda row: row["steps"][0].day, reverse=True)


def _sum(steps: tuple[Step, ...]) -> int | None:
    known = [step.attended for step in steps if step.attended is not None]
    return sum(known) if known else None


def _number(typed: Mapping[str, str], bound: str, code: str) -> int:
    """What was typed for one bound. Refuses with `number_unreadable`."""
    value = typed.get(f"{bound}_{code}", "").strip()
    if not value.isdecimal():
        raise Refused("number_unreadable", text=value)
    return int(value)
