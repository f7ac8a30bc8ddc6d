"""Both languages say the same things, and say dates and numbers as they are said."""

import ast
import string
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

import advisory
from advisory import texts
from advisory.domain import messages, signups
from advisory.domain.enrolments import Status
from advisory.domain.errors import Refused
from advisory.domain.health import Health
from advisory.domain.plan import State
from advisory.domain.roles import ROLES
from advisory.settings import LANGUAGES
from advisory.store import meetings

PACKAGE = Path(advisory.__file__).parent
ERRORS = {"AdvisoryError", "Refused", "NotFound", "Forbidden", "Conflict"}
DAY = date(2024, 6, 13)


@pytest.fixture
def danish():
    return texts.translator("da")


@pytest.fixture
def english():
    return texts.translator("en")


def spaced(text: str) -> str:
    """`text` with its no-break spaces made visible as `_`; ordinary blanks stay."""
    return text.replace("\u00a0", "_")


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts_in_the_same_order():
    assert list(texts.load("en")) == list(texts.load("da"))


def test_both_languages_fill_in_the_same_fields():
    danish, english = texts.load("da"), texts.load("en")

    assert {key: fields(text) for key, text in english.items()} == {
        key: fields(text) for key, text in danish.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_something_and_every_plural_has_both_forms(language):
    found = texts.load(language)

    assert [key for key, text in found.items() if not text.strip()] == []
    assert {key.removesuffix(".one") for key in found if key.endswith(".one")} == {
        key.removesuffix(".other") for key in found if key.endswith(".other")
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("status", Status),
        ("state", State),
        ("health", Health),
        ("role", ROLES),
        ("signup_state", signups.State),
        ("mail_kind", messages.Kind),
        ("activity_kind", meetings.KINDS),
    ],
)
def test_every_code_of_the_rules_has_a_word(language, table, codes):
    text = texts.translator(language)

    assert all(text(f"{table}.{code}") for code in codes)


def refusals():
    """(key, names of its values, where) of every error with a literal key in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id
                in {"AdvisoryError", "Refused", "NotFound", "Forbidden", "Conflict"}
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                names = {keyword.arg for keyword in node.keywords}
                yield node.args[0].value, names, f"{path.name}:{node.lineno}"


def test_every_refusal_has_a_sentence_with_no_field_it_does_not_carry():
    sentences = texts.load("da")
    found = list(refusals())

    assert len(found) > 10
    assert [
        (where, key)
        for key, names, where in found
        if not fields(sentences.get(f"error.{key}", "{missing}")) <= names
    ] == []


def test_a_translator_is_made_once_and_refuses_a_language_it_has_not():
    assert texts.translator("da") is texts.translator("da")
    with pytest.raises(ValueError, match="sv"):
        texts.translator("sv")


def test_a_key_that_is_missing_raises_key_error(danish):
    with pytest.raises(KeyError, match=r"status\.asleep"):
        danish("status.asleep")


def test_a_field_without_a_value_raises_key_error(danish):
    with pytest.raises(KeyError, match="text"):
        danish("error.date_unreadable")


def test_what_a_person_typed_is_shown_as_typed(danish):
    assert danish("error.date_unreadable", text="{0.__class__} 1 2").startswith(
        "”{0.__class__} 1 2” kan ikke læses"
    )


def test_a_field_that_names_a_table_is_said_in_its_words(danish, english):
    error = Refused("move_not_allowed", frm=Status.COMPLETED, to="offered")

    assert danish.error(error) == (
        "Forløbet kan ikke skifte status fra Afsluttet til Tilbudt plads."
    )
    assert english.error(error) == (
        "The programme cannot change its status from Completed to Offered a place."
    )
    assert "fra – til Optaget" in danish.error(Refused("move_not_allowed", frm=None, to="admitted"))


def test_a_field_that_names_a_count_agrees_with_its_number(danish):
    key = "reason.health_late_milestone"

    assert spaced(danish(key, name="Startmøde", days=1)) == "Startmøde er 1_dag over frist."
    assert spaced(danish(key, name="Startmøde", days=9)) == "Startmøde er 9_dage over frist."


def test_a_date_in_a_sentence_is_written_out(danish):
    error = Refused("read_only_date", date=date(2024, 12, 12))

    assert spaced(danish.error(error)).startswith(
        "Du ser data, som de var kendt 12._december_2024. "
    )


@pytest.mark.parametrize(
    ("n", "words"), [(0, "0_dage"), (1, "1_dag"), (2, "2_dage"), (1234, "1.234_dage")]
)
def test_counts_choose_their_form(danish, n, words):
    assert spaced(danish.count("count.days", n)) == words


def test_danish_dates(danish):
    assert spaced(danish.date(DAY)) == "13._juni_2024"
    assert spaced(danish.date_medium(date(2025, 3, 13))) == "13._mar._2025"
    assert spaced(danish.date_full(DAY)) == "torsdag_den_13._juni_2024"
    assert spaced(danish.day_month(date(2025, 3, 13))) == "13._mar."
    assert spaced(danish.month_year(date(2024, 2, 1))) == "februar_2024"
    assert spaced(danish.week(date(2024, 12, 30))) == "uge_1"
    assert danish.time(time(9, 5)) == "09.05"


def test_english_dates_keep_the_day_before_the_month(english):
    assert spaced(english.date(DAY)) == "13_June_2024"
    assert spaced(english.date_medium(date(2025, 3, 13))) == "13_Mar_2025"
    assert spaced(english.date_full(DAY)) == "Thursday,_13_June_2024"
    assert spaced(english.day_month(date(2025, 3, 13))) == "13_Mar"
    assert spaced(english.month_year(date(2024, 2, 1))) == "February_2024"
    assert spaced(english.week(DAY)) == "week_24"
    assert english.time(time(9, 5)) == "09:05"


def test_an_instant_is_told_in_copenhagen_summer_and_winter(danish, english):
    winter = datetime(2025, 3, 13, 13, 30, tzinfo=UTC)
    summer = datetime(2024, 6, 13, 22, 30, tzinfo=UTC)

    assert spaced(danish.instant(winter)) == "13._mar._2025_kl._14.30"
    assert spaced(danish.instant(summer)) == "14._jun._2024_kl._00.30"
    assert spaced(english.instant(winter)) == "13_Mar_2025,_14:30"
    assert danish.time(summer) == "00.30"


def test_an_instant_without_a_zone_is_a_mistake(danish):
    with pytest.raises(ValueError, match="no zone"):
        danish.instant(datetime(2025, 3, 13, 14, 30))


def test_numbers(danish, english):
    assert danish.number(1234.5) == "1.234,5"
    assert danish.number(-8) == "−8"
    assert english.number(1234.5) == "1,234.5"
    assert spaced(danish.percent(85, 105)) == "81_%"
    assert english.percent(85, 105) == "81%"
    assert danish.percent(0, 105).startswith("0")
    assert danish.percent(0, 0) == "–"


@pytest.mark.parametrize(
    ("days", "da", "en"),
    [
        (5, "om_5_dage", "in_5_days"),
        (2, "om_2_dage", "in_2_days"),
        (1, "i_morgen", "tomorrow"),
        (0, "i_dag", "today"),
        (-1, "i_går", "yesterday"),
        (-9, "9_dage_siden", "9_days_ago"),
    ],
)
def test_distances_in_days(danish, english, days, da, en):
    assert spaced(danish.relative(days)) == da
    assert spaced(english.relative(days)) == en


def test_what_is_not_known_is_a_dash_everywhere(danish):
    formats = (
        danish.date, danish.date_medium, danish.date_full, danish.day_month, danish.month_year,
        danish.week, danish.time, danish.instant, danish.number, danish.relative,
    )  # fmt: skip

    assert {say(None) for say in formats} == {"–"}
    assert danish.number(float("nan")) == "–"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("2024-02", "februar_2024"),
        ("2025-12", "december_2025"),
        ("2025-13", "2025-13"),
        ("0000-01", "0000-01"),
        ("2025-1", "2025-1"),
        ("forår", "forår"),
        ("", ""),
    ],
)
def test_a_cohort_is_named_by_its_month_and_otherwise_by_its_code(danish, code, said):
    assert spaced(danish.cohort(code)) == said
    assert spaced(danish.format_field(code, "cohort")) == said
