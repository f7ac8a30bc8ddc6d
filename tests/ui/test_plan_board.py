"""The plan of a case: the rules behind its dates in words."""

from datetime import date

import pytest

from advisory.store import activities, plan
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.plan_board import PlanBoard
from advisory.ui.toast import Toast
from advisory.ui.view import View


@pytest.mark.parametrize(
    ("language", "rule", "cancelled"),
    [
        ("da", "28 dage før ”Udviklingsworkshop 1”", ". Aktiviteten er aflyst"),
        ("en", "28 days before “Udviklingsworkshop 1”", ". The activity is cancelled"),
    ],
)
def test_a_step_says_that_the_activity_it_counts_from_is_cancelled(
    programme, shown, language, rule, cancelled
):
    store, case = programme.store, programme.cases["Horsens"]
    activity = programme.plan("workshop", date(2025, 4, 15))
    step = plan.add_by_activity(store, case, "Invitation", activity, -28)
    view = View(store, translator(language), {})
    dialog = Dialog(view)
    board = PlanBoard(view, case, Explain(view, dialog), dialog, Toast(view))
    board.live.actions["open"](id=str(step))

    for part in (board.live, dialog.live):
        html = shown(part)
        assert rule in html
        assert cancelled not in html  # control: as long as it will be

    activities.cancel(store, activity, "Sygdom")

    for part in (board.live, dialog.live):
        html = shown(part)
        assert html.count(cancelled) == 1
        assert rule + cancelled in html
