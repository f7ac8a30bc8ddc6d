from datetime import date
from xml.etree import ElementTree

import pandas as pd
import pytest

from advisory.texts import translator
from advisory.ui import ledger

DA = translator("da")
COLUMNS = ["enrolment_id", "cohort", "short", "municipality", "status", "holds_place"]
MIXED = (
    [("2024-02", "active")] * 7
    + [("2025-01", "active")] * 7
    + [("2025-08", "offered")]
    + [("2025-08", "admitted")] * 3
    + [("2025-08", "offered"), ("2025-08", "waitlisted"), ("2025-08", "applied")]
)


def places(rows=MIXED):
    return pd.DataFrame(
        [
            (n, cohort, f"B{n}", f"By {n}", status, status not in ("waitlisted", "applied"))
            for n, (cohort, status) in enumerate(rows)
        ],
        columns=COLUMNS,
    ).astype({"holds_place": "bool"})


def cohorts(*numbers):
    codes = ("2024-02", "2025-01", "2025-08")
    return [
        (code, date(int(code[:4]), int(code[5:]), 1), n)
        for code, n in zip(codes, numbers, strict=True)
    ]


def href(row):
    return f"/forloeb/{row.enrolment_id}"


def drawn(frame, lines, capacity=20, text=DA):
    return ElementTree.fromstring(
        ledger.squares(frame, lines, capacity, text, href).replace("\u00a0", " ")
    )


def named(one):
    """What a screen reader calls it: its label, else its title."""
    return one.get("aria-label") or one.find("title").text


def of_class(tree, name):
    return [one for one in tree.iter() if one.get("class") == name]


def groups(tree):
    return [
        (one.get("aria-label"), len(of_class(one, "square"))) for one in tree.find("svg").iter("g")
        if one.get("role") == "group"
    ]  # fmt: skip


def test_twenty_squares_in_the_order_of_the_cohorts():
    tree = drawn(places(), cohorts(7, 7, 6))

    assert groups(tree) == [
        ("Februar 2024: 7 af 7 i forløb", 7),
        ("Januar 2025: 7 af 7 i forløb", 7),
        ("August 2025: 3 optaget · 2 tilbudt · 1 ledig", 6),
    ]
    last = [named(one) for one in of_class(tree, "square")][-6:]
    assert last == [
        "By 15, optaget", "By 16, optaget", "By 17, optaget",
        "By 14, tilbudt plads", "By 18, tilbudt plads", "Ledig plads, August 2025",
    ]  # fmt: skip
    assert tree.find("svg").get("viewBox") == "0 0 522 58"


def test_squares_are_links_and_one_tab_stop():
    squares = of_class(drawn(places(), cohorts(7, 7, 6)), "square")

    links = [one for one in squares if one.tag == "a"]
    assert [one.get("tabindex") for one in links] == ["0"] + ["-1"] * 18
    assert links[0].get("href") == "/forloeb/0"
    assert len({(one.get("data-row"), one.get("data-col")) for one in links}) == 19


def test_free_places_stand_once_when_the_numbers_are_not_published():
    tree = drawn(places(), cohorts(None, None, None))

    assert groups(tree) == [
        ("Februar 2024: 7 i forløb", 7),
        ("Januar 2025: 7 i forløb", 7),
        ("August 2025: 3 optaget · 2 tilbudt", 5),
        ("Ikke fordelt: 1 ledig", 1),
    ]


def test_the_sums_add_up():
    total = ledger.sums(places(), cohorts(7, 7, 6), 20)

    assert {key: value for key, value in total.items() if key != "cohorts"} == {
        "capacity": 20, "admitted": 17, "offered": 2, "free": 1, "waiting": 1, "unallocated": 0,
        "balanced": True,
    }  # fmt: skip
    assert total["cohorts"][2] == {
        "code": "2025-08", "places": 6, "admitted": 3, "offered": 2, "free": 1, "waiting": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "capacity"),
    [((7, 7, 4), 20), ((7, 7, 6), 18), ((7, 7, 8), 20)],
    ids=["cohort overbooked", "more held than there is", "more promised than free"],
)
def test_sums_that_do_not_add_up_are_not_balanced(numbers, capacity):
    assert ledger.sums(places(), cohorts(*numbers), capacity)["balanced"] is False


def test_nobody_yet_shows_only_free_places():
    tree = drawn(places([]), cohorts(None, None, None))

    assert groups(tree)[-1] == ("Ikke fordelt: 20 ledige", 20)
    assert groups(tree)[0] == ("Februar 2024: ingen endnu", 0)


def test_squares_never_cover_each_other():
    for numbers, capacity in (((7, 7, 6), 20), ((None,) * 3, 20), ((30, 7, 6), 43)):
        squares = of_class(drawn(places(), cohorts(*numbers), capacity), "square")
        corners = [
            (round(float(rect.get("x")) / 4), round(float(rect.get("y")) / 4))
            for rect in (one.find("rect") for one in squares)
        ]
        assert len(squares) == capacity
        assert len(set(corners)) == capacity
        assert max(x for x, _ in corners) * 4 + 23 <= 526


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("status", ["active", "completed", "admitted", "offered", "withdrawn"])
def test_every_status_has_its_words(language, status):
    text = translator(language)

    drawn(places([("2024-02", status)]), cohorts(1, None, 2), text=text)
    drawn(places([("2024-02", status)]), cohorts(2, None, None), text=text)


def test_names_are_escaped():
    frame = places([("2024-02", "active")]).assign(municipality="<b>By</b>", short="<i>")

    markup = ledger.squares(frame, cohorts(7, 7, 6), 20, DA, href)
    assert "<b>" not in markup
    assert "<i>" not in markup
    assert "&lt;b&gt;By&lt;/b&gt;" in markup
