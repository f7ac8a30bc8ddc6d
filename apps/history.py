"""Historik: who changed what and when, what can be taken back, and who has read which notes."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui.dialog import Dialog
from advisory.ui.history_list import HistoryList
from advisory.ui.history_readings import TAB, HistoryReadings
from advisory.ui.shell import Page
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The changes as the address asks for them; `fane=laesninger` shows the readings instead."""
    view = View(store, text, query)
    dialog, toast = Dialog(view), Toast(view)
    may_see_readings = view.may_see("read.readings")
    tab = TAB if query.get("fane") == TAB and may_see_readings else ""
    own = HistoryReadings(view).live if tab else HistoryList(view, dialog, toast).live
    return Page(
        title=text("historik.title"),
        template="page_history.html",
        parts={live.region: live for live in (dialog.live, toast.live, own)},
        active="historik",
        values={"own": own.region, "tab": tab, "tabs": ("", TAB) if may_see_readings else ()},
    )
