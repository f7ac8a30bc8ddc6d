"""Aktiviteter: the calendar of all activities, and who comes to them."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui.activity_form import ActivityForm
from advisory.ui.activity_list import ActivityList
from advisory.ui.balance_card import BalanceCard
from advisory.ui.date_finder import DateFinder
from advisory.ui.dialog import Dialog
from advisory.ui.provider_card import ProviderCard
from advisory.ui.shell import Page
from advisory.ui.suggestion_card import SuggestionCard
from advisory.ui.toast import Toast
from advisory.ui.trend_card import TrendCard
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The calendar as the address asks for it; beside it what the numbers of those who came say."""
    view = View(store, text, query)
    dialog, toast = Dialog(view), Toast(view)
    form = ActivityForm(view, dialog, toast)
    beside = [
        BalanceCard(view, dialog, toast),
        SuggestionCard(view, dialog, toast),
        ProviderCard(view),
        TrendCard(view),
    ]
    parts = [dialog, toast, ActivityList(view, form, DateFinder(view, dialog, form)), *beside]
    return Page(
        title=text("menu.activities"),
        template="page_activities.html",
        parts={part.live.region: part.live for part in parts},
        active="aktiviteter",
        values={"right": [part.live.region for part in beside]},
    )
