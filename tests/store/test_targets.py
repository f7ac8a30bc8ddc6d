"""The targets of the audiences: set one or all, refused as a whole, taken back as one."""

import pytest

from advisory.domain.errors import Conflict, Forbidden, NotFound, Refused
from advisory.store import targets
from advisory.store.targets import OURS

SEEDED = {"leadership": (2, 6), "staff": (6, 16), "peers": (2, 6), "citizens": (3, 10)}


def bounds(store) -> dict[str, tuple[int, int]]:
    return {row["audience"]: (row["low"], row["high"]) for row in store.rows("audience_target")}


def refused(key, call, **values):
    with pytest.raises(Refused) as refusal:
        call()
    assert (refusal.value.key, refusal.value.values) == (key, values)


def test_a_target_is_changed_with_its_source_and_its_history(facts, written):
    with written(facts) as changes:
        target = targets.set_target(facts, "citizens", 4, 8)

    assert bounds(facts) == {**SEEDED, "citizens": (4, 8)}
    assert (target["low"], target["high"], target["source"]) == (4, 8, OURS)
    assert changes == [
        (
            "target.edit",
            "audience_target",
            "update",
            {"version": 2, "low": 4, "high": 8} | {"source": OURS},
        )
    ]


def test_the_same_target_again_writes_nothing(facts, written):
    with written(facts) as changes:
        targets.set_target(facts, "citizens", 3, 10)

    assert changes == []
    assert facts.find("audience_target", audience="citizens")["source"] != OURS


def test_a_target_that_was_not_there_is_made(facts):
    with facts.write("target.edit"):
        facts.delete("audience_target", facts.find("audience_target", audience="peers")["id"])

    target = targets.set_target(facts, "peers", 0, 200)

    own = facts.rows("initiative")[0]["id"]
    assert (target["initiative_id"], target["low"], target["high"]) == (own, 0, 200)
    assert bounds(facts) == {**SEEDED, "peers": (0, 200)}


@pytest.mark.parametrize(
    ("low", "high", "key", "values"),
    [
        (-1, 4, "number_out_of_range", {"number": -1, "lowest": 0, "highest": 200}),
        (2, 201, "number_out_of_range", {"number": 201, "lowest": 0, "highest": 200}),
        (5, 4, "target_upside_down", {"low": 5, "high": 4}),
    ],
)
def test_bounds_that_make_no_target_are_refused(facts, low, high, key, values):
    refused(key, lambda: targets.set_target(facts, "peers", low, high), **values)

    assert bounds(facts) == SEEDED


def test_one_number_may_be_both_bounds(facts):
    targets.set_target(facts, "peers", 4, 4)

    assert bounds(facts)["peers"] == (4, 4)


def test_an_audience_nobody_has_heard_of_is_refused(facts):
    refused("code_unknown", lambda: targets.set_target(facts, "press", 1, 2), code="press")


def test_without_an_initiative_there_is_nothing_to_aim_for(store):
    with store.write("facts.load"):
        store.insert(
            "code_item",
            {
                "list": "audience",
                "code": "peers",
                "position": 1,
                "da": "Peers",
                "en": "Peers",
                "source": "x",
            },
        )

    with pytest.raises(NotFound):
        targets.set_target(store, "peers", 1, 2)


def test_what_somebody_else_has_changed_since_is_a_conflict(facts):
    targets.set_target(facts, "peers", 3, 7)

    with pytest.raises(Conflict) as conflict:
        targets.set_target(facts, "peers", 1, 5, seen=SEEDED["peers"])

    assert conflict.value.current["low"] == 3
    assert bounds(facts)["peers"] == (3, 7)
    targets.set_target(facts, "peers", 1, 5, seen=(3, 7))  # control
    assert bounds(facts)["peers"] == (1, 5)


def test_what_is_still_as_it_was_seen_is_left_to_the_one_who_changed_it(facts):
    targets.set_target(facts, "peers", 3, 7)

    targets.set_targets(facts, {**SEEDED, "staff": (8, 9)}, seen=SEEDED)

    assert bounds(facts) == {**SEEDED, "peers": (3, 7), "staff": (8, 9)}


def test_a_target_that_came_or_went_meanwhile_is_a_conflict(facts):
    with pytest.raises(Conflict):
        targets.set_targets(facts, {"peers": (1, 5)}, seen={})
    with facts.write("target.edit"):
        facts.delete("audience_target", facts.find("audience_target", audience="peers")["id"])
    with pytest.raises(Conflict) as conflict:
        targets.set_targets(facts, {"peers": (1, 5)}, seen=SEEDED)

    assert conflict.value.row_id == 0
    targets.set_targets(facts, {"peers": (1, 5)}, seen={})  # control: none was seen
    assert bounds(facts) == {**SEEDED, "peers": (1, 5)}


def test_several_are_one_operation_all_or_none_and_taken_back_as_one(facts):
    refused(
        "target_upside_down",
        lambda: targets.set_targets(facts, {"peers": (1, 5), "staff": (9, 8)}),
        low=9,
        high=8,
    )
    assert bounds(facts) == SEEDED

    targets.set_targets(facts, {"peers": (1, 5), "staff": (8, 9)})
    assert bounds(facts) == {**SEEDED, "peers": (1, 5), "staff": (8, 9)}

    facts.revert(facts.last_operation)
    assert bounds(facts) == SEEDED


@pytest.mark.parametrize("role", ["consultant", "leadership", "partner", "public"])
def test_only_the_office_may(facts, as_role, role):
    with pytest.raises(Forbidden):
        targets.set_target(as_role(role, facts), "peers", 1, 2)


def test_control_the_office_may(facts, as_role):
    targets.set_target(as_role("office", facts), "peers", 1, 2)

    assert bounds(facts)["peers"] == (1, 2)
