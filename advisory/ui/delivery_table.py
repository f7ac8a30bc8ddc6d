"""What the providers are ordered to hold and have held, and the orders of the one shown."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from .. import frames
from ..domain.errors import Conflict, Refused
from ..reports import records
from ..store import Store, deliveries
from .dialog import Dialog
from .forms import Form
from .live import Live
from .toast import Toast
from .view import View


def chosen(store: Store, asked: str) -> dict[str, Any] | None:
    """The provider that is asked for, a row of `frames.deliveries`; a partner's own.

    Without one the first with something to decide, else the first; None for a partner's user who
    belongs to no partner. Refuses a partner every other with `forbidden`, and with
    `provider_unknown`.
    """
    rows = records(frames.deliveries(store))
    if asked:
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
        deliveries.provider(store, number)
        return next(row for row in rows if row["provider_id"] == number)
    return next((row for row in rows if row["open"]), rows[0] if rows else None)


class DeliveryTable:
    """One line per provider; for the one shown also one per cohort, and its orders in a dialog."""

    def __init__(self, view: View, provider_id: int | None, dialog: Dialog, toast: Toast):
        self._view, self._id, self._dialog, self._toast = view, provider_id, dialog, toast
        self._form = Form()
        self._seen: dict[int, deliveries.Amount] = {}  # the orders as the open dialog shows them
        self.live = Live("providers", self._render, {"orders": self._ask})

    def _ask(self, **_values: str) -> None:
        self._form = Form()
        self._seen = deliveries.orders(self._view.store, self._id or 0)
        self._dialog.show(self._render_orders, {"save_orders": self._save})

    def _save(self, **typed: str) -> None:
        view = self._view
        with self._form.attempt(view.text, typed):
            orders = {
                row["id"]: (
                    self._number(typed, f"sessions_{row['id']}"),
                    self._number(typed, f"seats_{row['id']}"),
                )
                for row in view.store.rows("cohort")
            }
            try:
                deliveries.set_orders(view.store, self._id or 0, orders, seen=self._seen)
            except Conflict as conflict:
                raise self._changed(conflict.current) from conflict
            self._toast.saved(view.text("deliveries.orders_saved"))
        if self._form.ok:
            self._dialog.close()

    def _changed(self, order: Mapping[str, Any]) -> Refused:
        """Say what somebody else has ordered meanwhile; who saves again has seen it."""
        text, amount = self._view.text, (order["sessions"], order["seats"])
        self._seen[order["cohort_id"]] = amount
        code = self._view.store.get("cohort", order["cohort_id"])["code"]
        sessions, seats = (text.number(number) for number in amount)
        cohort = self._view.cohort(code)
        return Refused("order_changed", cohort=cohort, sessions=sessions, seats=seats)

    def _number(self, typed: dict[str, str], name: str) -> int | None:
        written = typed.get(name, "").strip()
        with self._form.reading(name):
            if written and not (written.isascii() and written.isdigit() and len(written) < 7):
                raise Refused("number_unreadable", text=written)
        return int(written) if written else None

    def _render(self) -> Markup:
        view = self._view
        rows = records(frames.deliveries(view.store))
        shown = next((row for row in rows if row["provider_id"] == self._id), None)
        cohorts = frames.delivery_cohorts(view.store)
        return view.render(
            "delivery_table.html",
            rows=rows,
            shown=shown,
            cohorts=records(cohorts[cohorts["provider_id"] == (self._id or 0)]),
            own=view.store.actor.role == "partner",
            may_order=view.may("order.edit"),
        )

    def _render_orders(self) -> Markup:
        view = self._view
        name = deliveries.provider(view.store, self._id or 0)["name"]
        cohorts = view.store.rows("cohort", order="starts_on")
        return view.render(
            "delivery_orders.html",
            form=self._form,
            name=name,
            rows=[
                (row["id"], view.cohort(row["code"]), self._seen.get(row["id"], deliveries.NOTHING))
                for row in cohorts
            ],
        )
