"""The calendar of activities: five weeks, a month, or all in a table; and what has no date yet."""

import calendar as months
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pandas as pd
from markupsafe import Markup

from ..domain import calendar
from ..store import plan
from . import activity_filters as filters
from .activity_form import ActivityForm
from .activity_rows import Line, deadline_lines, lines
from .date_finder import DateFinder
from .lacking_dates import lacking
from .live import Live
from .view import View

WEEKS, PAGE, LACKING_SHOWN = 5, 100, 3
VIEWS = ("uger", "maaned", "tabel")
YEARS = range(2000, 2100)
_WEEK = timedelta(days=7)


class ActivityList:
    """What is shown stands in the address; opens the form and the date finder.

    A filter is a link: it narrows the other parts of the page too.
    """

    def __init__(self, view: View, form: ActivityForm, finder: DateFinder):
        self._view = view
        self._all = False
        self.live = Live(
            "activities",
            self._render,
            {
                "view": self._show,
                "go": self._go,
                "sort": self._sort,
                "more": self._more,
                "all": self._show_all,
                "new_activity": form.new,
                "find_date": finder.open,
            },
            address=lambda: view.links.here("aktiviteter"),
        )

    @property
    def _query(self) -> dict[str, str]:
        return self._view.links.query

    # --- choosing ---------------------------------------------------------------------------

    def _show(self, vis: str = "", **_values: str) -> None:
        self._view.links.keep(vis="" if vis == VIEWS[0] or vis not in VIEWS else vis)

    def _go(self, uge: str = "", maaned: str = "", vis: str = "", **_values: str) -> None:
        """Go to a week or a month; to neither: back to today."""
        self._show(vis or self._query.get("vis", ""))
        self._view.links.keep(uge=uge, maaned=maaned)

    def _sort(self, column: str = "", **_values: str) -> None:
        now = self._query.get("sorter", filters.NEWEST)
        if column in filters.COLUMNS:
            self._view.links.keep(sorter=f"-{column}" if now == column else column)

    def _more(self, **_values: str) -> None:
        self._view.links.keep(antal=self._shown() + PAGE)

    def _show_all(self, **_values: str) -> None:
        self._all = not self._all

    def _shown(self) -> int:
        asked = self._query.get("antal", "")
        return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else PAGE

    # --- showing ----------------------------------------------------------------------------

    def _render(self) -> Markup:
        view, query = self._view, self._query
        found = filters.apply(view.store, query)
        which = query.get("vis") if query.get("vis") in VIEWS else VIEWS[0]
        shown = {"uger": self._weeks, "maaned": self._month, "tabel": self._table}[str(which)]
        without = lacking(view, query)
        return view.render(
            "activity_list.html",
            **shown(found),
            which=which,
            views=VIEWS,
            chosen=query,
            filtered=any(query.get(name) for name in filters.FILTERS),
            options=filters.options(view),
            lacking=without if self._all else without[:LACKING_SHOWN],
            lacking_count=len(without),
            folded=len(without) > LACKING_SHOWN,
            all=self._all,
            may=view.may("activity.edit"),
            may_move=view.may("plan.replan"),
            may_open=view.may_see("page.case"),
        )

    def _weeks(self, found: pd.DataFrame) -> dict[str, Any]:
        first = self._first_week()
        mondays = [first + number * _WEEK for number in range(WEEKS)]
        by_week = defaultdict(list)
        for line in self._between(found, first, first + WEEKS * _WEEK):
            by_week[line.day - timedelta(days=line.day.weekday())].append(line)
        start = self._this_week() - _WEEK
        return {
            "first": first,
            "last": mondays[-1],
            "weeks": [(monday, monday + timedelta(days=4), by_week[monday]) for monday in mondays],
            "this_week": self._this_week(),
            "earlier": {"uge": _code(first - WEEKS * _WEEK)},
            "later": {"uge": _code(first + WEEKS * _WEEK)},
            "is_now": first == start,
        }

    def _month(self, found: pd.DataFrame) -> dict[str, Any]:
        first = self._first_of_month()
        days = months.Calendar().monthdatescalendar(first.year, first.month)
        by_day = defaultdict(list)
        for line in self._between(found, days[0][0], days[-1][-1] + timedelta(days=1)):
            by_day[line.day].append(line)
        closing = plan.closing_days(self._view.store)
        return {
            "first": first,
            "days": days,
            "by_day": by_day,
            "off": {
                day: name for week in days for day in week
                if (name := calendar.holiday_name(day, closing))
            },
            "earlier": {"maaned": f"{calendar.add_months(first, -1):%Y-%m}"},
            "later": {"maaned": f"{calendar.add_months(first, 1):%Y-%m}"},
            "is_now": first == self._view.today.replace(day=1),
        }  # fmt: skip

    def _table(self, found: pd.DataFrame) -> dict[str, Any]:
        sort = self._query.get("sorter", filters.NEWEST)
        sort = sort if sort.removeprefix("-") in filters.COLUMNS else filters.NEWEST
        column = sort.removeprefix("-")
        direction = "descending" if sort.startswith("-") else "ascending"
        return {
            "first": self._view.today,
            "rows": lines(self._view, filters.order(found, sort).head(self._shown())),
            "total": len(found),
            "heads": [(name, direction if name == column else "") for name in filters.COLUMNS],
        }

    def _between(self, found: pd.DataFrame, first: date, until: date) -> Iterable[Line]:
        """The lines from `first` to the day before `until`, by day and hour; deadlines last."""
        rows = found[(found["day"] >= pd.Timestamp(first)) & (found["day"] < pd.Timestamp(until))]
        last_days = [
            row
            for row in filters.deadlines(self._view.store, self._query)
            if first <= row["day"] < until
        ]
        every = [*lines(self._view, rows), *deadline_lines(self._view, last_days)]
        return sorted(every, key=lambda line: line.day)

    # --- which weeks and month ---------------------------------------------------------------

    def _this_week(self) -> date:
        today = self._view.today
        return today - timedelta(days=today.weekday())

    def _first_week(self) -> date:
        """The Monday of the week in the address, else of last week."""
        try:
            year, week = (int(part) for part in self._query.get("uge", "").split("-W"))
            if year in YEARS:
                return date.fromisocalendar(year, week, 1)
        except ValueError:
            pass
        return self._this_week() - _WEEK

    def _first_of_month(self) -> date:
        try:
            year, month = (int(part) for part in self._query.get("maaned", "").split("-"))
            if year in YEARS:
                return date(year, month, 1)
        except ValueError:
            pass
        return self._view.today.replace(day=1)


def _code(monday: date) -> str:
    year, week = calendar.iso_week(monday)
    return f"{year}-W{week:02}"
