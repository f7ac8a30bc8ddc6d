from advisory.domain.errors import AdvisoryError, Conflict, Forbidden, NotFound, Refused


def test_an_error_reads_as_its_key_and_values_in_the_order_given():
    error = Refused("signup_closed", closed_on="2024-10-01", late=True)

    assert (error.key, error.values, str(error)) == (
        "signup_closed",
        {"closed_on": "2024-10-01", "late": True},
        "signup_closed closed_on=2024-10-01 late=True",
    )


def test_an_error_without_values_reads_as_its_key():
    assert str(NotFound("row_missing")) == "row_missing"


def test_every_error_can_be_caught_as_the_one_the_edge_knows():
    assert [kind.__bases__ for kind in (Refused, NotFound, Forbidden, Conflict)] == [
        (AdvisoryError,)
    ] * 4


def test_a_conflict_keeps_what_stands_and_what_was_typed_but_does_not_say_it():
    error = Conflict(
        "changed_meanwhile",
        "note",
        7,
        {"text": "theirs", "version": 3},
        {"text": "mine"},
        {"text": "old", "version": 2},
        by="Bo",
    )

    assert (vars(error), str(error)) == (
        {
            "key": "changed_meanwhile",
            "values": {"by": "Bo"},
            "table": "note",
            "row_id": 7,
            "current": {"text": "theirs", "version": 3},
            "changes": {"text": "mine"},
            "base": {"text": "old", "version": 2},
        },
        "changed_meanwhile by=Bo",
    )


def test_a_conflict_may_lack_the_row_the_user_started_from():
    assert Conflict("changed_meanwhile", "note", 7, {}, {}).base is None
