"""The six key figures of the programme, each with its explanation."""

import math
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from .. import frames
from .balance_rows import numbers_withheld
from .explain import Explain
from .live import Live
from .view import View


@dataclass(frozen=True)
class Card:
    """A key figure in words: `value` large, `of` beside it, `detail` below, `now` if it is past."""

    figure: str
    value: str
    of: str
    detail: str
    now: str
    href: str


class KeyFigures:
    """The row of key figures on top of Overblik."""

    def __init__(self, view: View, explain: Explain):
        self._view = view
        self.live = Live("figures", self._render, {"explain": explain.open})

    def _render(self) -> Markup:
        found = frames.figures(self._view.store)
        now = frames.figures(self._view.store.present).set_index("figure", drop=False)
        cards = [self._card(row, now.loc[row["figure"]]) for _, row in found.iterrows()]
        return self._view.render("figures.html", cards=cards)

    def _card(self, row: pd.Series, now: pd.Series) -> Card:
        figure, text = row["figure"], self._view.text
        past = self._view.store.as_of is not None
        return Card(
            figure,
            self._value(row),
            self._of(row),
            getattr(self, f"_{figure}_detail")(row),
            text("figure.now", value=self._value(now)) if past else "",
            self._view.links("kommuner", **FILTERS[figure]) if figure in FILTERS else "",
        )

    def _value(self, row: pd.Series) -> str:
        text = self._view.text
        if row["figure"] == "participations":
            if numbers_withheld(self._view):
                return text.number(None)
            if row["hidden"]:
                return text("balance.hidden")
        if row["figure"] == "on_time" and not math.isnan(row["value"]):
            return text.percent(row["value"], row["of"])
        return text.number(None if math.isnan(row["value"]) else int(row["value"]))

    def _of(self, row: pd.Series) -> str:
        if math.isnan(row["value"]) and not row["hidden"]:
            return ""
        part = 0 if row["hidden"] else int(row["value"])
        whole = 0 if math.isnan(row["of"]) else int(row["of"])
        if row["figure"] in ("late", "deadline"):
            n = whole if row["figure"] == "late" else part
            return self._view.text.count(f"figure.{row['figure']}_of", n) if part else ""
        return self._view.text(f"figure.{row['figure']}_of", part=part, whole=whole)

    def _running_detail(self, _row: pd.Series) -> str:
        capacity = frames.capacity(self._view.store)
        running = capacity[capacity["running"] > 0]
        if running.empty:
            coming = capacity[capacity["month"] == 0]
            if coming.empty:
                return self._view.text("figure.running_none")
            return self._view.text("figure.running_starts", day=coming.iloc[0]["starts_on"])
        return " · ".join(
            self._view.text("figure.running_month", n=row.running, month=row.month)
            for row in running.itertuples()
        )

    def _on_time_detail(self, row: pd.Series) -> str:
        if math.isnan(row["value"]):
            return self._view.text("figure.on_time_none")
        rest = int(row["of"] - row["value"])
        late = len(frames.figure_rows(self._view.store, "late"))
        return self._view.text("figure.on_time_rest", after=rest - late, open=late)

    def _late_detail(self, row: pd.Series) -> str:
        if not row["value"]:
            return self._view.text("figure.late_none")
        days = (pd.Timestamp(self._view.today) - row["on"]).days
        return self._view.text("figure.late_oldest", name=row["detail"], days=days)

    def _participations_detail(self, row: pd.Series) -> str:
        text = self._view.text
        if not row["of"]:
            return text("figure.participations_none")
        if row["detail"] == "0":
            return text("figure.participations_all")
        return text.count("figure.participations_missing", int(row["detail"]))

    def _contact_detail(self, row: pd.Series) -> str:
        rhythm = frames.rhythm_days(self._view.store)
        return self._view.text("figure.contact_rhythm", days=rhythm)

    def _deadline_detail(self, row: pd.Series) -> str:
        if not row["detail"]:
            return self._view.text("figure.deadline_none")
        kind, _, cohort = row["detail"].partition(" ")
        name = self._view.text(
            f"deadline.{kind}", cohort=self._view.cohort(cohort) if cohort else ""
        )
        return f"{name} · {self._view.text.date_medium(row['on'])}"


FILTERS = {"running": {"status": "active"}, "late": {"tilstand": "late"}}
