from xml.etree import ElementTree

import pandas as pd
import pytest

from advisory.texts import translator
from advisory.ui import drawing, ledger

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


def numbers(frame, own=(7, 7, 6), capacity=20):
    """What `frames.capacity` and `frames.places` say of these rows; `own` are the cohorts'."""
    codes = ("2024-02", "2025-01", "2025-08")
    held = [frame["holds_place"] & (frame["cohort"] == code) for code in codes]
    offered = int((frame["holds_place"] & (frame["status"] == "offered")).sum())
    by_cohort = pd.DataFrame(
        {
            "cohort": codes,
            "starts_on": pd.to_datetime([f"{code}-01" for code in codes]),
            "places": pd.array(own, dtype="Int64"),
            "held": [int(rows.sum()) for rows in held],
        }
    )
    taken = int(frame["holds_place"].sum()) - offered
    sums = {"capacity": capacity, "taken": taken, "offered": offered}
    return by_cohort, {**sums, "free": capacity - taken - offered}


def href(row):
    return f"/forloeb/{row.enrolment_id}"


def drawn(frame, own=(7, 7, 6), capacity=20, text=DA):
    said = numbers(frame, own, capacity)
    return ElementTree.fromstring(ledger.squares(frame, *said, text, href).replace("\u00a0", " "))


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
    tree = drawn(places())

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
    squares = of_class(drawn(places()), "square")

    links = [one for one in squares if one.tag == "a"]
    assert [one.get("tabindex") for one in links] == ["0"] + ["-1"] * 18
    assert links[0].get("href") == "/forloeb/0"
    assert len({(one.get("data-row"), one.get("data-col")) for one in links}) == 19


def test_free_places_stand_once_when_the_numbers_are_not_published():
    tree = drawn(places(), (None, None, None))

    assert groups(tree) == [
        ("Februar 2024: 7 i forløb", 7),
        ("Januar 2025: 7 i forløb", 7),
        ("August 2025: 3 optaget · 2 tilbudt", 5),
        ("Ikke fordelt: 1 ledig", 1),
    ]


@pytest.mark.parametrize(
    ("own", "capacity", "found"),
    [
        ((7, 7, 6), 20, True),
        ((7, 7, None), 20, True),
        ((7, 7, 4), 20, False),
        ((7, 7, 6), 18, False),
        ((7, 7, 7), 20, False),
        ((None, None, None), 19, True),
        ((None, None, None), 18, False),
    ],
    ids=[
        *("each place once", "free places shared", "a cohort holds more than its number"),
        *("more held than there is", "more promised than free", "all held", "one too many held"),
    ],
)
def test_the_places_add_up_or_not(own, capacity, found):
    assert ledger.adds_up(*numbers(places(), own, capacity)) is found


def test_a_cohort_without_cases_adds_up_until_more_is_promised_than_there_is():
    assert ledger.adds_up(*numbers(places([]), (7, 7, 6))) is True
    assert ledger.adds_up(*numbers(places([]), (7, 7, 7))) is False


def test_a_cohort_without_a_number_may_take_what_another_leaves_and_no_place_is_drawn_twice():
    rows = places()
    rows = rows[rows["holds_place"]].head(14).assign(cohort="2024-02")
    own = (None, 15, None)

    assert ledger.adds_up(*numbers(rows, own)) is True
    assert sum(n for _, n in groups(drawn(rows, own))) == 20


def test_the_legend_tells_what_is_there_in_every_form_it_has():
    def told(rows):
        frame = places(rows)
        found = ledger.legend(frame, numbers(frame)[0], DA)
        return [(one["words"], [look for look, _ in one["looks"]]) for one in found]

    dark, mid, hatched = drawing.forms(("2024-02", "2025-01", "2025-08")).values()
    coming = [
        ("Optaget", [drawing.look("admitted", hatched)]),
        ("Tilbudt, afventer svar", [drawing.look("offered", hatched)]),
    ]
    assert told(MIXED) == [
        ("I forløb", [drawing.look("active", dark), drawing.look("active", mid)]),
        *coming,
        ("Ledig", [drawing.FREE]),
    ]
    assert told([("2024-02", "withdrawn")]) == [
        *coming,
        ("Udtrådt, holder pladsen", [drawing.look("withdrawn", dark)]),
        ("Ledig", [drawing.FREE]),
    ]


def test_nobody_yet_shows_only_free_places():
    tree = drawn(places([]), (None, None, None))

    assert groups(tree)[-1] == ("Ikke fordelt: 20 ledige", 20)
    assert groups(tree)[0] == ("Februar 2024: ingen endnu", 0)


def test_squares_never_cover_each_other():
    for own, capacity in (((7, 7, 6), 20), ((None,) * 3, 20), ((30, 7, 6), 43)):
        squares = of_class(drawn(places(), own, capacity), "square")
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

    drawn(places([("2024-02", status)]), (1, None, 2), text=text)
    drawn(places([("2024-02", status)]), (2, None, None), text=text)


def test_names_are_escaped():
    frame = places([("2024-02", "active")]).assign(municipality="<b>By</b>", short="<i>")

    markup = ledger.squares(frame, *numbers(frame), DA, href)
    assert "<b>" not in markup
    assert "<i>" not in markup
    assert "&lt;b&gt;By&lt;/b&gt;" in markup
