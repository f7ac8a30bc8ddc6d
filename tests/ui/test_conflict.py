"""Two people change the same milestone: what each choice in the conflict dialog comes to."""

from datetime import date

import pytest

from advisory import frames
from advisory.store import plan
from advisory.texts import translator
from advisory.ui.dialog import Dialog
from advisory.ui.explain import Explain
from advisory.ui.plan_board import PlanBoard
from advisory.ui.toast import Toast
from advisory.ui.view import View

MINE, THEIRS = date(2025, 4, 1), date(2025, 5, 2)


@pytest.fixture
def board(demo_store):
    """A plan board and its dialog, with the id of an open milestone."""
    view = View(demo_store, translator("da"), {})
    found = frames.milestones(demo_store).query("state == 'planned'").iloc[0]
    dialog, toast = Dialog(view), Toast(view)
    plan_board = PlanBoard(view, int(found["enrolment_id"]), Explain(view, dialog), dialog, toast)
    return plan_board.live, dialog.live, int(found["milestone_id"])


def stale_move(store, board, theirs):
    """Open the milestone, let another change it by `theirs`, then save a move of one's own."""
    live, dialog, milestone_id = board
    version = store.get("milestone", milestone_id)["version"]
    live.actions["open"](id=str(milestone_id))
    theirs(milestone_id)
    dialog.actions["move"](on=MINE.isoformat(), reason="Min grund", version=str(version))
    return dialog, milestone_id


def test_my_choice_is_saved_over_what_stands(demo_store, board):
    dialog, milestone_id = stale_move(
        demo_store, board, lambda id_: plan.move(demo_store, id_, THEIRS, "Deres grund")
    )
    assert "Deres grund" in dialog.render()

    dialog.actions["resolve"](override_on="mine", override_reason="theirs")

    row = demo_store.get("milestone", milestone_id)
    assert (row["override_on"], row["override_reason"]) == (MINE.isoformat(), "Deres grund")
    assert dialog.render() == ""


def test_choosing_all_of_theirs_writes_nothing(demo_store, board):
    dialog, milestone_id = stale_move(
        demo_store, board, lambda id_: plan.move(demo_store, id_, THEIRS, "Deres grund")
    )
    before = demo_store.version()

    dialog.actions["resolve"](override_on="theirs", override_reason="theirs")

    assert demo_store.version() == before
    assert demo_store.get("milestone", milestone_id)["override_on"] == THEIRS.isoformat()
    assert dialog.render() == ""


def test_two_who_saved_the_same_are_asked_nothing(demo_store, board):
    dialog, milestone_id = stale_move(
        demo_store, board, lambda id_: plan.move(demo_store, id_, MINE, "Min grund")
    )

    assert dialog.render() == ""
    assert demo_store.get("milestone", milestone_id)["override_reason"] == "Min grund"


def test_a_pin_taken_off_by_the_other_can_stay_off(demo_store, board):
    _, _, milestone_id = board
    plan.move(demo_store, milestone_id, THEIRS, "Deres grund")

    dialog, _ = stale_move(demo_store, board, lambda id_: plan.unpin(demo_store, id_))
    dialog.actions["resolve"](override_on="theirs", pinned="theirs", override_reason="mine")

    row = demo_store.get("milestone", milestone_id)
    assert (row["override_on"], row["pinned"]) == (None, 0)
