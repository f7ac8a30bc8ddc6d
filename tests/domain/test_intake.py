import pytest

from advisory.domain.enrolments import Status
from advisory.domain.intake import ITEMS, UNDECIDED, Stage, lacking, stage

FULL = {
    "contact": True,
    "motivation": "Vi vil ansætte to peers",
    "experience": "none",
    "goal": "Peers i alle teams",
    "commitment": True,
}


def test_an_application_with_everything_lacks_nothing():
    assert lacking(**FULL) == ()


def test_an_empty_application_lacks_every_item_in_their_order():
    empty = {"contact": False, "motivation": "", "experience": "", "goal": "", "commitment": False}

    assert lacking(**empty) == ("contact", "motivation", "experience", "goal", "commitment")
    assert lacking(**empty) == ITEMS


@pytest.mark.parametrize(
    ("item", "value"),
    [
        ("contact", False),
        ("motivation", ""),
        ("motivation", " \n"),
        ("experience", ""),
        ("goal", ""),
        ("goal", "\t "),
        ("commitment", False),
    ],
)
def test_each_item_is_missed_alone(item, value):
    assert lacking(**{**FULL, item: value}) == (item,)


def test_no_prior_experience_is_an_answer():
    assert [lacking(**{**FULL, "experience": code}) for code in ("none", "established")] == [(), ()]


@pytest.mark.parametrize(
    ("reviewed", "complete", "found"),
    [
        (False, False, Stage.NEW),
        (False, True, Stage.NEW),
        (True, False, Stage.LACKING),
        (True, True, Stage.ASSESSED),
    ],
)
@pytest.mark.parametrize("status", [Status.INTERESTED, Status.APPLIED])
def test_before_the_decision_it_is_new_then_lacks_something_or_is_assessed(
    status, reviewed, complete, found
):
    assert stage(status, reviewed=reviewed, complete=complete) == found


@pytest.mark.parametrize("reviewed", [False, True])
@pytest.mark.parametrize("complete", [False, True])
def test_once_decided_the_decision_says_where_it_stands(reviewed, complete):
    decided = [status for status in Status if status not in (Status.INTERESTED, Status.APPLIED)]

    stages = {status: stage(status, reviewed=reviewed, complete=complete) for status in decided}

    assert stages == {
        Status.WAITLISTED: Stage.WAITLISTED,
        Status.OFFERED: Stage.OFFERED,
        Status.ADMITTED: Stage.ADMITTED,
        Status.ACTIVE: Stage.ADMITTED,
        Status.COMPLETED: Stage.ADMITTED,
        Status.DECLINED: Stage.DECLINED,
        Status.LAPSED: Stage.LAPSED,
        Status.WITHDRAWN: Stage.WITHDRAWN,
    }


def test_the_undecided_are_those_nobody_has_decided():
    assert {stage for stage in Stage if stage in UNDECIDED} == {"new", "lacking", "assessed"}
