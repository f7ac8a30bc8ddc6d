"""Leverancer: what the providers are ordered to hold, have held, and answer in their sheets."""

from collections.abc import Mapping

from advisory import Store
from advisory.imports.limits import MAX_BYTES
from advisory.texts import Text
from advisory.ui.delivery_answers import DeliveryAnswers
from advisory.ui.delivery_sessions import DeliverySessions
from advisory.ui.delivery_table import DeliveryTable, chosen
from advisory.ui.dialog import Dialog
from advisory.ui.shell import Page
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The provider that the address names with `udbyder`; a partner sees its own and no other."""
    view = View(store, text, query)
    row = chosen(store, query.get("udbyder", ""))
    provider_id = row["provider_id"] if row else None
    dialog, toast = Dialog(view), Toast(view)
    parts = [dialog, toast, DeliveryTable(view, provider_id, dialog, toast)]
    if provider_id is not None:
        parts += [
            DeliverySessions(view, provider_id, toast),
            DeliveryAnswers(view, provider_id, toast),
        ]
    return Page(
        title=text("menu.deliveries"),
        template="page_deliveries.html",
        parts={part.live.region: part.live for part in parts},
        active="leverancer",
        values={
            "provider": provider_id,
            "name": row["provider"] if row else "",
            "upload": provider_id is not None and view.may("sheet.receive"),
            "largest": MAX_BYTES,
        },
    )
