"""Flyt datoer: see what happens when a start, a milestone or an activity moves, and move it."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui import replan_asked
from advisory.ui.replan_card import ReplanCard
from advisory.ui.shell import Page
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The move that the address asks for; without one it asks what is to be moved."""
    view = View(store, text, query)
    toast = Toast(view)
    card = ReplanCard(view, replan_asked.subject(store, query), toast)
    return Page(
        title=card.title,
        template="page_replan.html",
        parts={part.live.region: part.live for part in (toast, card)},
        active="kommuner",
    )
