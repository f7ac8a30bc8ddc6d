"""The sessions of one provider, and the sheets of them that have been made."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from .. import frames
from ..reports import records
from ..store import deliveries
from ..store.instants import instant
from .live import Live
from .toast import Toast
from .view import View

SHEETS_SHOWN, SESSIONS_SHOWN = 3, 60


class DeliverySessions:
    """When and where each session is and who comes; `Lav ark` makes a workbook of them."""

    def __init__(self, view: View, provider_id: int, toast: Toast):
        self._view, self._id, self._toast = view, provider_id, toast
        self._all = False
        self.live = Live("sessions", self._render, {"make": self._make, "every": self._every})

    def _make(self, **_values: str) -> None:
        view = self._view
        number = deliveries.make_sheet(view.store, self._id)
        if view.may("operation.revert"):
            self._toast.saved(view.text("deliveries.made", number=number))
        self.live.tell(download=self._address(number))

    def _every(self, **_values: str) -> None:
        self._all = not self._all

    def _address(self, number: int) -> str:
        language = self._view.query.get("lang")
        return f"/ark/{number}.xlsx" + (f"?lang={language}" if language in ("da", "en") else "")

    def _render(self) -> Markup:
        view = self._view
        rows = records(frames.delivery_sessions(view.store, self._id))
        coming = [row for row in rows if row["day"] >= view.today]
        former = [row for row in rows if row["day"] < view.today][::-1]
        both = [*coming, *former]
        return view.render(
            "delivery_sessions.html",
            rows=both if self._all else both[:SESSIONS_SHOWN],
            total=len(both),
            folded=len(both) > SESSIONS_SHOWN,
            all=self._all,
            sheets=self._sheets(),
            may=view.may("sheet.make"),
            may_open=view.may_see("page.activity"),
        )

    def _sheets(self) -> list[Mapping[str, Any]]:
        """The last sheets, the newest first: number, address, when it was made and came back."""
        return [
            {
                "id": row["id"],
                "address": self._address(row["id"]),
                "made_at": instant(row["made_at"]),
                "replies": [instant(reply["received_at"]) for reply in replies],
            }
            for row, replies in deliveries.last_sheets(self._view.store, self._id, SHEETS_SHOWN)
        ]
