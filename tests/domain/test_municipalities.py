import csv
import unicodedata
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisory.domain.municipalities import (
    Known,
    Match,
    looks_garbled,
    match,
    normalise,
    sort_key,
)

REFERENCE = Path(__file__).parents[2] / "data" / "reference" / "municipalities.csv"


def _read() -> tuple[Known, ...]:
    with REFERENCE.open(encoding="utf-8-sig", newline="") as file:
        return tuple(
            Known(
                int(row["code"]),
                (row["name"], row["official_name"], *filter(None, row["aliases"].split("|"))),
            )
            for row in csv.DictReader(file)
        )


KNOWN = _read()
BY_NAME = {one.names[0]: one for one in KNOWN}
SPELLINGS = [(one, spelling) for one in KNOWN for spelling in {*one.names, one.names[0] + "s"}]


def _distance(one: str, other: str) -> int:
    """Levenshtein, the slow textbook way, to check the quick one against."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (letter != against))
    return row[-1]


def _exact(name: str) -> Match:
    return Match(BY_NAME[name].code, name, (), True)


def test_there_are_98_municipalities_and_christiansoe_is_not_one():
    codes = {one.code for one in KNOWN}

    assert (len(KNOWN), len(codes), 411 in codes) == (98, 98, False)


def test_no_two_municipalities_share_a_spelling():
    owners: dict[str, set[int]] = {}
    for one, spelling in SPELLINGS:
        owners.setdefault(normalise(spelling), set()).add(one.code)

    assert {spelling: codes for spelling, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(
    "written",
    [
        str,
        str.upper,
        str.lower,
        lambda text: f"  {text} ",
        lambda text: f"{text}.",
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("-", " - "),
        lambda text: text if "ommune" in text else f"{text} kommune",
        lambda text: text if "ommune" in text else f"{text} Kommunes",
    ],
)
def test_every_name_official_name_alias_and_genitive_is_matched_exactly(written):
    wrong = [
        (spelling, match(written(spelling), KNOWN))
        for one, spelling in SPELLINGS
        if match(written(spelling), KNOWN) != Match(one.code, one.names[0], (), True)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Høje Tåstrup", "Høje-Taastrup"),
        ("Kbh.", "København"),
        ("Odense kommune", "Odense"),
        ("RINGKØBING SKJERN", "Ringkøbing-Skjern"),
        ("Århus", "Aarhus"),
        ("A\u030arhus", "Aarhus"),
        ("Bornholms Regionskommune", "Bornholm"),
        ("Ikast/Brande", "Ikast-Brande"),
        ("Assens", "Assens"),
        ("Koebenhavn", "København"),
    ],
)
def test_names_as_people_write_them_are_matched(text, name):
    assert match(text, KNOWN) == _exact(name)


@pytest.mark.parametrize("code", [101, 101.0, "101", "0101", " 0101 "])
def test_a_code_is_matched_in_every_form_it_is_written(code):
    assert match(code, KNOWN) == _exact("København")


def test_every_code_is_matched_in_three_and_four_digits():
    forms = [(one, form) for one in KNOWN for form in (f"{one.code}", f"{one.code:04}", one.code)]

    assert [match(form, KNOWN) for _, form in forms] == [
        Match(one.code, one.names[0], (), True) for one, _ in forms
    ]


@pytest.mark.parametrize(
    "text",
    [411, "411", "0411", 999, "1010", "00101", 101.5, float("nan"), "", "  ", None, "kommune",
     "Regionskommune", "...", "?", "København og Odense", "Region Sjælland"],
)  # fmt: skip
def test_what_names_no_municipality_matches_nothing(text):
    assert match(text, KNOWN) == Match(None, "", (), False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Kobenhavn", ["København"]),
        ("Odensee", ["Odense"]),
        ("Odens", ["Odense"]),
        ("Vejl", ["Vejle"]),
        ("Silkebrog", []),
        ("Assen", ["Assens"]),
        ("Aarhu", ["Aarhus"]),
    ],
)
def test_one_letter_off_is_suggested_and_two_are_not(text, names):
    assert match(text, KNOWN) == Match(None, "", tuple(BY_NAME[name].code for name in names), False)


def test_a_name_misspelled_by_one_letter_is_suggested_and_never_accepted():
    spelled = {normalise(spelling): one.code for one, spelling in SPELLINGS}
    for one in KNOWN:
        name = normalise(one.names[0])
        for at in (0, len(name) // 2, len(name) - 1):
            for typed in (name[:at] + name[at + 1 :], name[:at] + "q" + name[at:],
                          name[:at] + "q" + name[at + 1 :]):  # fmt: skip
                found = match(typed, KNOWN)
                near = {
                    code
                    for word, code in spelled.items()
                    if abs(len(word) - len(typed)) < 2 and _distance(typed, word) == 1
                }
                if typed in spelled:
                    assert found == Match(spelled[typed], found.name, (), True)
                else:
                    assert (found.exact, found.code, set(found.suggestions)) == (False, None, near)
                    assert one.code in near


def test_a_municipality_is_never_suggested_for_another():
    wrong = [
        (one.names[0], other.names[0])
        for one, other in permutations(KNOWN, 2)
        if match(one.names[0], [other]) != Match(None, "", (), False)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("text", "other"),
    [("Vejen", "Vejle"), ("Solrød", "Sorø"), ("Faxe", "Fanø"), ("Lejre", "Vejle"),
     ("Allerød", "Hillerød"), ("Ærø", "Læsø")],
)  # fmt: skip
def test_neighbours_at_distance_two_are_told_apart(text, other):
    pair = [BY_NAME[text], BY_NAME[other]]

    assert (match(text, pair), match(text, pair[1:])) == (_exact(text), Match(None, "", (), False))


@given(st.text("aeks", min_size=1, max_size=6), st.text("aeks", min_size=1, max_size=6))
def test_a_suggestion_is_made_exactly_at_distance_one(typed, name):
    distances = {_distance(typed, name), _distance(typed, name + "s")}
    found = match(typed, [Known(1, (name,))])

    assert found == (
        Match(1, name, (), True) if 0 in distances else Match(None, "", (1,) * (1 in distances))
    )


def test_a_name_goes_before_the_genitive_of_another():
    known = [Known(1, ("Halsnæ",)), Known(2, ("Halsnæs",))]

    assert [match("Halsnæs", order) for order in (known, known[::-1])] == [
        Match(2, "Halsnæs", (), True)
    ] * 2


@pytest.mark.parametrize(
    "text", ["KÃ¸benhavn", "K\ufffdbenhavn", "K¢benhavn", "Ã…rhus", "Sor¢", "Odense\ufffd"]
)
def test_garbled_names_are_flagged_and_match_nothing(text):
    assert (looks_garbled(text), match(text, KNOWN)) == (True, Match(None, "", (), False))


@pytest.mark.parametrize(
    ("written", "read"),
    [("utf-8", "cp1252"), ("utf-8", "latin-1"), ("cp1252", "utf-8"), ("cp865", "cp437")],
)
def test_every_name_read_in_the_wrong_encoding_is_flagged(written, read):
    damaged = {
        spelling: spelling.encode(written).decode(read, errors="replace")
        for _, spelling in SPELLINGS
    }

    assert [
        text for spelling, text in damaged.items() if looks_garbled(text) != (text != spelling)
    ] == []


def test_no_name_is_taken_for_garbled():
    texts = [spelling for _, spelling in SPELLINGS]
    texts += ["São Paulo", "‹Odense›", "20 °C", "Müller & Söner", "d'Angleterre", "50 ¢", "§ 2"]

    assert [text for text in texts if looks_garbled(text)] == []


DANISH_ORDER = """
    Albertslund Allerød Assens Ballerup Billund Bornholm Brøndby Brønderslev Dragør Egedal Esbjerg
    Fanø Favrskov Faxe Fredensborg Fredericia Frederiksberg Frederikshavn Frederikssund Furesø
    Faaborg-Midtfyn Gentofte Gladsaxe Glostrup Greve Gribskov Guldborgsund Haderslev Halsnæs
    Hedensted Helsingør Herlev Herning Hillerød Hjørring Holbæk Holstebro Horsens Hvidovre
    Høje-Taastrup Hørsholm Ikast-Brande Ishøj Jammerbugt Kalundborg Kerteminde Kolding København
    Køge Langeland Lejre Lemvig Lolland Lyngby-Taarbæk Læsø Mariagerfjord Middelfart Morsø
    Norddjurs Nordfyns Nyborg Næstved Odder Odense Odsherred Randers Rebild Ringkøbing-Skjern
    Ringsted Roskilde Rudersdal Rødovre Samsø Silkeborg Skanderborg Skive Slagelse Solrød Sorø
    Stevns Struer Svendborg Syddjurs Sønderborg Thisted Tønder Tårnby Vallensbæk Varde Vejen Vejle
    Vesthimmerlands Viborg Vordingborg Ærø Aabenraa Aalborg Aarhus
"""


@given(st.randoms())
def test_the_98_names_sort_the_danish_way(random):
    names = [one.names[0] for one in KNOWN]

    assert sorted(random.sample(names, 98), key=sort_key) == DANISH_ORDER.split()


def test_names_that_are_spelled_alike_sort_together_and_always_the_same_way():
    names = ["Århus", "Zoo", "Aarhus", "aarhus", "Anders", "André", "Anna", "10", "2", "Ø", "Æ"]

    assert sorted(names, key=sort_key) == [
        "10", "2", "Anders", "André", "Anna", "Zoo", "Æ", "Ø", "Aarhus", "aarhus", "Århus",
    ]  # fmt: skip


@given(st.text())
def test_any_text_can_be_matched_and_sorted(text):
    assert (match(text, KNOWN).code is not None) == match(text, KNOWN).exact
    assert sort_key(text) == sort_key(text)
