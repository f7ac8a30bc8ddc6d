"""Kommuner: the list of cases, filtered, sorted, exported."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui.case_list import CaseList
from advisory.ui.shell import Page
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The list as the address asks for it, on the store's date."""
    cases = CaseList(View(store, text, query)).live
    return Page(
        title=text("menu.municipalities"),
        template="page_municipalities.html",
        parts={cases.region: cases},
        active="kommuner",
    )
