"""Optag: applications, the places and who gets them, the waiting list, decisions."""

from collections.abc import Mapping

from advisory import Store
from advisory.texts import Text
from advisory.ui import application_import
from advisory.ui.application_form import ApplicationForm
from advisory.ui.application_list import ApplicationList
from advisory.ui.decision_panel import DecisionPanel
from advisory.ui.dialog import Dialog
from advisory.ui.intake_explain import IntakeExplain
from advisory.ui.intake_head import IntakeHead
from advisory.ui.intake_round import chosen, round_of
from advisory.ui.live import Live
from advisory.ui.places_ledger import PlacesLedger
from advisory.ui.shell import Page
from advisory.ui.toast import Toast
from advisory.ui.view import View
from advisory.ui.waiting_card import WaitingCard
from advisory.ui.what_if import WhatIf


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The round that `hold` names, else the first that is not closed; `valgt` opens a decision."""
    view = View(store, text, query)
    own = round_of(view)
    cohort = own["cohort"] if own else ""
    dialog, toast = Dialog(view), Toast(view)
    form = ApplicationForm(view, dialog, toast)
    explain = IntakeExplain(view, cohort, dialog)
    head = IntakeHead(view, cohort, explain, form)
    left: list[Live] = []
    right: list[Live] = []
    if own:
        left = [
            PlacesLedger(view, cohort, explain, dialog, toast).live,
            ApplicationList(view, cohort, form).live,
        ]
        right = [
            DecisionPanel(view, cohort, query.get("valgt", ""), dialog, toast, form).live,
            WaitingCard(view, cohort, form).live,
            WhatIf(view, cohort, dialog, toast).live,
        ]
    lives = [dialog.live, toast.live, head.live, *left, *right]
    return Page(
        title=text("menu.intake"),
        template="page_intake.html",
        parts={live.region: live for live in lives},
        active="optag",
        values={
            "cohort": cohort,
            "chosen": bool(own and chosen(view, cohort)),
            "left": [live.region for live in left],
            "right": [live.region for live in right],
            "upload": application_import.card(view, cohort) if own else "",
        },
    )
