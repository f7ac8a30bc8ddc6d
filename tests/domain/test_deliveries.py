"""What a cell of a delivery sheet says, however a spreadsheet has written it."""

from datetime import date

import pytest

from advisory.domain import deliveries as rules
from advisory.domain.deliveries import Cell
from advisory.domain.errors import Refused

TODAY = date(2025, 3, 13)
WHERE = {"tab": "Sessioner", "row": 6, "column": "Felt"}


def cell(field: str, text: str, key: str = "A-12") -> Cell:
    return Cell("Sessioner", 6, "Felt", key, field, text)


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("day", "2025-03-26", "2025-03-26"),
        ("day", "2025-03-26 00:00:00", "2025-03-26"),
        ("day", "26-03-2025", "2025-03-26"),
        ("day", "26/3", "2025-03-26"),
        ("day", "onsdag den 26. marts 2025", "2025-03-26"),
        ("day", "45742", "2025-03-26"),  # a day as a number, when its format was taken away
        ("day", "2035-03-26", "2035-03-26"),
        ("starts", "09:00:00", "09:00"),
        ("starts", "1899-12-31 09:00:00", "09:00"),
        ("starts", "9.00", "09:00"),
        ("starts", "kl. 9", "09:00"),
        ("ends", "0.645833333333333", "15:30"),
        ("ends", "0,645833333333333", "15:30"),
        ("ends", "15:29:59", "15:30"),
        ("place", "Aalborg, lokale 4", "Aalborg, lokale 4"),
        ("place", "=1+1", "=1+1"),
        ("place", "", None),
        ("seats", "18", "18"),
        ("seats", "18.0", "18"),
        ("seats", "18,0", "18"),
        ("seats", "", None),
        ("held", "Ja", "yes"),
        ("held", "x", "yes"),
        ("held", "TRUE", "yes"),
        ("held", "nej", "no"),
        ("held", "", "no"),
        ("attended", "0", "0"),
        ("attended", "200", "200"),
        ("attended", "", None),
    ],
)
def test_what_a_cell_says(field, text, says):
    assert rules.value(cell(field, text), TODAY) == says


@pytest.mark.parametrize(
    ("field", "text", "key", "more"),
    [
        ("day", "", "sheet_cell_empty", {}),
        ("starts", "", "sheet_cell_empty", {}),
        ("day", "snart", "sheet_day_unreadable", {}),
        ("day", "31-02-2025", "sheet_day_unreadable", {}),
        ("day", "99999999", "sheet_day_unreadable", {}),
        ("starts", "25:00:00", "sheet_time_unreadable", {}),
        ("starts", "0.9999999", "sheet_time_unreadable", {}),
        ("ends", "om eftermiddagen", "sheet_time_unreadable", {}),
        ("seats", "mange", "sheet_number_unreadable", {"lowest": 1, "highest": 1000}),
        ("seats", "0", "sheet_number_unreadable", {"lowest": 1, "highest": 1000}),
        ("seats", "18.5", "sheet_number_unreadable", {"lowest": 1, "highest": 1000}),
        ("seats", "1e30", "sheet_number_unreadable", {"lowest": 1, "highest": 1000}),
        ("attended", "-1", "sheet_number_unreadable", {"lowest": 0, "highest": 200}),
        ("attended", "201", "sheet_number_unreadable", {"lowest": 0, "highest": 200}),
        ("attended", "ca. 10", "sheet_number_unreadable", {"lowest": 0, "highest": 200}),
        ("held", "måske", "sheet_held_unreadable", {}),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(field, text, key, more):
    with pytest.raises(Refused) as refused:
        rules.value(cell(field, text), TODAY)

    assert (refused.value.key, refused.value.values) == (key, {**WHERE, "value": text, **more})


def test_a_long_text_is_refused_and_told_in_short():
    with pytest.raises(Refused) as refused:
        rules.value(cell("place", "a" * 201), TODAY)

    assert refused.value.values == {**WHERE, "value": "a" * 59 + "…", "limit": 200}
    assert rules.value(cell("place", "a" * 200), TODAY) == "a" * 200


@pytest.mark.parametrize("field", [*rules.SESSION_FIELDS, rules.ATTENDED])
def test_a_cpr_number_is_refused_and_not_repeated(field):
    with pytest.raises(Refused) as refused:
        rules.value(cell(field, "Ring til 010190-1234"), TODAY)

    assert (refused.value.key, refused.value.values) == ("cpr_refused", {})


def test_keys_lead_back_to_what_they_were_made_of():
    head = rules.head_key(12, 3, "staff")

    assert rules.place_of(cell("day", "", rules.session_key(12))) == (12, "day")
    assert rules.place_of(cell("attended", "", head)) == (12, "attended:3:staff")
    assert rules.of_head("attended:3:staff") == (3, "staff")
    assert rules.of_head("seats") is None


@pytest.mark.parametrize(
    ("field", "key"),
    [("day", "A-12-3-staff"), ("attended", "A-12"), ("day", "12"), ("day", "A-"), ("day", "A-1e9")],
)
def test_other_keys_lead_nowhere(field, key):
    assert rules.place_of(cell(field, "", key)) is None
