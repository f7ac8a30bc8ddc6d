"""The five figures of a round in words: the deadline, the applications and the places."""

from dataclasses import dataclass, replace
from typing import Any

from .. import frames
from .intake_round import is_demo, row_of
from .view import View

FIGURES = ("deadline", "applications", "offers", "free", "waiting")
NAMED = 2


@dataclass(frozen=True)
class Figure:
    """A key figure in words: `value` large, `of` beside it, `detail` below, `now` if it is past."""

    name: str
    value: str
    of: str = ""
    detail: str = ""
    now: str = ""
    href: str = ""
    title: str = ""
    demo: bool = False


def figures(view: View, cohort: str) -> list[Figure]:
    """The figures of a cohort's round; on another date each also says what it is today."""
    own = _Figures(view, cohort).all()
    if view.store.as_of is None:
        return own
    today = _Figures(View(view.store.present, view.text, view.query), cohort).all()
    return [
        replace(then, now=view.text("figure.now", value=_in_short(now)))
        for then, now in zip(own, today)
    ]


def _in_short(figure: Figure) -> str:
    return f"{figure.value} {figure.of}".strip() if figure.name == "deadline" else figure.value


class _Figures:
    """The figures of one round on one date."""

    def __init__(self, view: View, cohort: str):
        self._view, self._cohort = view, cohort

    def all(self) -> list[Figure]:
        row = row_of(self._view, self._cohort)
        return [getattr(self, f"_{name}")(row) for name in FIGURES]

    def _here(self, **query: object) -> str:
        return self._view.links("optag", hold=self._cohort, **query) + "#ansoegninger"

    def _deadline(self, row: dict[str, Any]) -> Figure:
        text, last, left = self._view.text, row["apply_by"], row["days_left"]
        source = {"title": row["source"], "demo": is_demo(row)}
        begun = self._view.today >= row["starts_on"]
        starts = text("intake_head.began" if begun else "intake_head.begins", day=row["starts_on"])
        if last is None:
            return Figure("deadline", text("intake_head.unknown"), detail=starts, **source)
        day = text.date_full(last)
        if left < 0:
            ago = text.count("intake_head.ago", -left)
            detail = f"{ago} · {text.date_medium(last)}"
            return Figure("deadline", text("intake_head.closed"), "", detail, **source)
        if begun:
            return Figure("deadline", text("intake_head.closed"), "", starts, **source)
        if left == 0:
            return Figure("deadline", text.relative(0), "", day, **source)
        return Figure(
            "deadline", text.number(left), text.count("intake_head.days", left), day, **source
        )

    def _applications(self, row: dict[str, Any]) -> Figure:
        text, n = self._view.text, row["applications"]
        of = text("intake_head.shared")
        if row["places"] is not None:
            of = text("intake_head.to_places", places=row["places"])
        moved, late = row["moved_in"], row["late"]
        if not n:
            detail = text("intake_head.none_yet")
        elif moved or late:
            said = [
                *([text("intake_head.moved", n=moved)] if moved else []),
                *([text("intake_head.late", n=late)] if late else []),
            ]
            detail = text("intake_head.of_them", those=", ".join(said))
        else:
            detail = text.count("intake_head.undecided", row["undecided"])
        return Figure("applications", text.number(n), of, detail, href=self._here())

    def _offers(self, row: dict[str, Any]) -> Figure:
        text, n = self._view.text, row["offered"]
        detail = text("intake_head.no_offers")
        if row["answer_by"] is not None:
            days = (row["answer_by"] - self._view.today).days
            detail = text(
                "intake_head.answer_by",
                day=text.day_month(row["answer_by"]),
                when=text.relative(days),
            )
        return Figure("offers", text.number(n), "", detail, href=self._here(status="offered"))

    def _free(self, row: dict[str, Any]) -> Figure:
        text, free = self._view.text, row["free"]
        elsewhere = frames.places(self._view.store)["free"]
        if free and row["starts_on"] <= self._view.today:
            detail = text("intake_head.begun")
        elif not free and elsewhere > 0:
            detail = text.count("intake_head.full_here", elsewhere)
        elif not free:
            detail = text("intake_head.all_held")
        elif row["freed_on"] is not None:
            detail = text(
                "intake_head.freed" if row["freed_by"] else "intake_head.added",
                day=text.day_month(row["freed_on"]),
                municipality=row["freed_by"],
            )
        elif row["places"] is not None:
            detail = text("intake_head.of_places", places=row["places"])
        else:
            detail = text("intake_head.of_shared")
        return Figure("free", text.number(free), "", detail)

    def _waiting(self, row: dict[str, Any]) -> Figure:
        view, n = self._view, row["waiting"]
        names = list(frames.waiting(view.store, self._cohort)["municipality"])
        detail = ", ".join(names[:NAMED]) or view.text("intake_head.nobody_waits")
        if len(names) > NAMED:
            detail = view.text.count("intake_head.more", len(names) - NAMED, names=detail)
        of = view.text.count("intake_head.municipalities", n)
        return Figure(
            "waiting", view.text.number(n), of, detail, href=self._here(status="waitlisted")
        )
