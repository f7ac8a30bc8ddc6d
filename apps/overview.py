"""Overblik: how all 20 municipalities stand, and what needs action."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui.action_list import ActionList
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.key_figures import KeyFigures
from advisory.ui.map_card import MapCard
from advisory.ui.places_card import PlacesCard
from advisory.ui.shell import Page
from advisory.ui.timeline_card import TimelineCard
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """Key figures, what needs action, the map, the timeline and the places, on the store's date."""
    view = View(store, text, query)
    dialog = Dialog(view)
    explain = Explain(view, dialog)
    cards = [card(view, explain) for card in (KeyFigures, ActionList, TimelineCard, MapCard)]
    parts = [dialog.live, PlacesCard(view, explain).live, *(card.live for card in cards)]
    return Page(
        title=text("menu.overview"),
        template="page_overview.html",
        parts={part.region: part for part in parts},
    )
