import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from advisory.texts import translator
from advisory.ui import tilemap

COLUMNS = {
    "municipality_id": "int64", "municipality": "str", "short": "str", "slug": "str",
    "region": "str", "tile_row": "int64", "tile_col": "int64", "enrolment_id": "Int64",
    "cohort": "str", "status": "str", "health": "str", "holds_place": "bool",
}  # fmt: skip
CASES = {
    3: ("Horsens", "Hor", "2024-02", "active", "late"),
    4: ("Aabenraa", "Aab", "2025-01", "active", "attention"),
    20: ("Odder", "Odd", "2025-08", "admitted", ""),
    21: ("Skive", "Ski", "2025-08", "offered", ""),
    40: ("Rebild", "Reb", "2025-08", "waitlisted", ""),
    41: ("Syddjurs", "Syd", "2025-01", "withdrawn", ""),
}


def places(cases=CASES):
    rows = []
    for n in range(98):
        name, short, cohort, status, health = cases.get(n, (f"By {n}", f"B{n}", "", "", ""))
        rows.append(
            {
                "municipality_id": 101 + n, "municipality": name, "short": short, "slug": "x",
                "region": "Midtjylland", "tile_row": n // 18, "tile_col": n % 18,
                "enrolment_id": n if status else None, "cohort": cohort, "status": status,
                "health": health, "holds_place": status in ("active", "admitted", "offered"),
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def href(row):
    return None if pd.isna(row.enrolment_id) else f"/forloeb/{row.enrolment_id}"


def drawn(frame, text=None, **options):
    markup = tilemap.tiles(frame, text or translator("da"), href, **options)
    return ElementTree.fromstring(markup.replace("\u00a0", " "))


def tiles_in(tree):
    return [one for one in tree.iter() if one.get("class") == "tile"]


def named(one):
    """What a screen reader calls it: its label, else its title."""
    return one.get("aria-label") or one.find("title").text


def test_every_municipality_has_one_named_tile():
    tiles = tiles_in(drawn(places()))

    names = [tile.find("title").text.split(",")[0] for tile in tiles]
    assert len(tiles) == 98
    assert sorted(names) == sorted(places()["municipality"])


def test_a_tile_stands_where_the_grid_says():
    tile = next(one for one in tiles_in(drawn(places())) if "Skive" in one.find("title").text)

    assert (tile.get("data-row"), tile.get("data-col")) == ("1", "3")
    assert (tile.find("rect").get("x"), tile.find("rect").get("y")) == ("89", "31")


def test_linked_tiles_say_everything_in_words_and_are_one_tab_stop():
    links = [one for one in tiles_in(drawn(places())) if one.tag == "a"]

    assert [named(one) for one in links][:3] == [
        "Horsens, hold februar 2024, i forløb, forsinket",
        "Aabenraa, hold januar 2025, i forløb, kræver opmærksomhed",
        "Odder, hold august 2025, optaget",
    ]
    assert [one.get("tabindex") for one in links] == ["0", "-1", "-1", "-1", "-1", "-1"]
    assert next(one.get("href") for one in links) == "/forloeb/3"


def test_the_map_says_its_finding():
    svg = drawn(places()).find("svg")

    assert svg.get("role") == "group"
    assert svg.get("data-roving") is not None
    assert svg.get("aria-label") == (
        "Kort med 98 felter, et for hver kommune: 2 i forløb, 1 optaget, 1 tilbudt plads, "
        "1 ansøger eller på venteliste, 1 udtrådt, 1 forsinket."
    )


def look_of(frame, name, **options):
    tile = next(one for one in tiles_in(drawn(frame, **options)) if name in one.find("title").text)
    rect = tile.find("rect")
    return (
        rect.get("fill"),
        rect.get("stroke"),
        rect.get("stroke-dasharray"),
        len(tile.findall("path")),
    )


def test_cohorts_differ_in_fill_and_in_form():
    cases = {
        n: (name, "Abc", cohort, status, "")
        for n, (name, cohort, status) in enumerate(
            [
                ("En", "2024-02", "active"),
                ("To", "2025-01", "completed"),
                ("Tre", "2025-08", "active"),
                ("Fire", "2025-08", "admitted"),
                ("Fem", "2025-08", "offered"),
            ]
        )
    }
    frame = places(cases)

    assert [look_of(frame, name) for name in ("En,", "To,", "Tre,", "Fire,", "Fem,")] == [
        ("#0F3944", None, None, 0),
        ("#357688", None, None, 0),
        ("#FFFFFF", "#1A5A6B", None, 1),
        ("#FFFFFF", "#1A5A6B", None, 0),
        ("#FFFFFF", "#1A5A6B", "3 2.4", 0),
    ]


def test_a_cohort_keeps_its_form_when_the_others_are_filtered_away():
    frame = places({4: CASES[4]})

    assert look_of(frame, "Aabenraa")[0] == "#0F3944"
    assert look_of(frame, "Aabenraa", cohorts=["2024-02", "2025-01"])[0] == "#357688"


def test_legend_counts_what_is_on_the_map():
    legend = drawn(places()).find("div")

    assert [span.find("svg").tail for span in legend] == [
        "Februar 2024 (1)", "Januar 2025 (1)", "August 2025, optaget (1)", "Tilbudt plads (1)",
        "Ansøger eller venteliste (1)", "Udtrådt (1)", "Forsinket (1)", "Kræver opmærksomhed (1)",
    ]  # fmt: skip


def test_names_are_escaped():
    frame = places({5: ("<b>By</b>", "<i>", "2024-02", "active", "late")})

    for markup in (
        tilemap.tiles(frame, translator("da"), href),
        tilemap.table(frame, translator("da"), href),
    ):
        assert "<b>" not in markup
        assert "<i>" not in markup
        assert "&lt;b&gt;By&lt;/b&gt;" in markup


def test_no_municipalities_give_an_empty_map_and_table():
    frame = places().iloc[:0]

    assert tiles_in(drawn(frame)) == []
    assert "ingen deltager endnu" in drawn(frame).find("svg").get("aria-label")
    assert "<tbody>" not in tilemap.table(frame, translator("da"), href)


def test_the_table_lists_all_98_by_group_in_the_order_of_the_frame():
    markup = tilemap.table(places(), translator("da"), href)

    tree = ElementTree.fromstring(markup.replace("\u00a0", " "))
    heads = ["".join(one.itertext()) for one in tree.iter("th") if one.get("scope") == "rowgroup"]
    names = ["".join(row.find("td").itertext()) for row in tree.iter("tr") if row.findall("td")]
    assert heads == [
        "Med plads (4)",
        "Ansøgere, venteliste og udtrådte (2)",
        "Øvrige kommuner (92)",
    ]
    assert len(names) == 98
    assert names[:7] == ["Horsens", "Aabenraa", "Odder", "Skive", "Rebild", "Syddjurs", "By 0"]


@pytest.mark.parametrize("language", ["da", "en"])
@pytest.mark.parametrize("status", [
    "interested", "applied", "admitted", "waitlisted", "declined", "offered", "lapsed", "active",
    "completed", "withdrawn",
])  # fmt: skip
def test_every_status_has_its_words(language, status):
    frame = places({0: ("Horsens", "Hor", "2024-02", status, "")})

    drawn(frame, translator(language))
    assert re.search("Horsens", tilemap.table(frame, translator(language), href))
