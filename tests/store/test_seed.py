"""The public facts: loaded once, kept up to date, never over what a person decided."""

import shutil

import pytest

from advisory import frames
from advisory.domain.errors import Forbidden, NotFound
from advisory.store import seed

REFERENCE_TABLES = (
    "setting", "code_item", "initiative", "cohort", "municipality", "region_membership",
    "organisation", "milestone_template", "mail_template", "activity", "mail_rule",
    "audience_target", "decision_letter",
)  # fmt: skip


@pytest.fixture
def own_data(data_dir, tmp_path):
    """A copy of the data files that a test may change."""
    for folder in ("reference", "seed"):
        shutil.copytree(data_dir / folder, tmp_path / "data" / folder)
    return tmp_path / "data"


def replace(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_every_record_is_counted_and_has_its_history(store, data_dir):
    count = seed.load_facts(store, data_dir)

    assert count == store.version() == sum(len(store.rows(table)) for table in REFERENCE_TABLES)
    assert len({row["operation"] for row in store.rows("history")}) == 1


def test_loading_again_changes_nothing(facts, data_dir):
    before = facts.version()

    assert (seed.load_facts(facts, data_dir), facts.version()) == (0, before)


def test_a_changed_fact_is_brought_along(facts, own_data):
    replace(own_data / "reference" / "municipalities.csv", ",638117,", ",650000,")

    assert seed.load_facts(facts, own_data) == 1
    assert facts.get("municipality", 101)["population"] == 650_000


def test_what_a_person_decided_stays(facts, own_data):
    with facts.write("setting.edit"):
        facts.update("municipality", 101, {"aliases": "Hovedstaden"})
    replace(own_data / "reference" / "municipalities.csv", ",638117,", ",650000,")

    assert seed.load_facts(facts, own_data) == 0
    assert facts.get("municipality", 101)["aliases"] == "Hovedstaden"


def test_what_a_person_took_out_stays_out(facts, own_data):
    code = facts.find("code_item", list="note_kind", code="guidance")
    with facts.write("setting.edit"):
        facts.delete("code_item", code["id"])

    assert seed.load_facts(facts, own_data) == 0
    assert facts.find("code_item", list="note_kind", code="guidance") is None


def test_a_missing_file_leaves_everything_as_it_was(store, own_data):
    (own_data / "seed" / "organisations.csv").unlink()

    with pytest.raises(NotFound, match="facts_missing"):
        seed.load_facts(store, own_data)
    assert store.version() == 0


@pytest.mark.parametrize("role", ["consultant", "office", "leadership", "partner"])
def test_only_the_system_loads_facts(store, data_dir, as_role, role):
    with pytest.raises(Forbidden):
        seed.load_facts(as_role(role), data_dir)


def test_there_are_98_municipalities_and_christiansoe_is_none(facts):
    codes = {row["id"] for row in facts.rows("municipality")}

    assert (len(codes), 411 in codes) == (98, False)


def test_every_record_says_where_it_comes_from(facts):
    for table in set(REFERENCE_TABLES) - {"mail_rule"}:  # made from the mail templates
        assert [row for row in facts.rows(table) if not row["source"].strip()] == []


def test_only_the_published_deadline_is_known(facts):
    assert [(row["code"], row["apply_by"]) for row in facts.rows("cohort") if row["apply_by"]] == [
        ("2025-01", "2024-10-01")
    ]
    assert [row["places"] for row in facts.rows("cohort")] == [None, None, None]


def test_the_regions_change_on_new_years_day_2027(facts, clock):
    def regions(day: str) -> dict[str, int]:
        year, month, date_ = map(int, day.split("-"))
        clock.now = clock.now.replace(year=year, month=month, day=date_)
        return frames.municipalities(facts)["region"].value_counts().to_dict()

    assert regions("2026-12-31") == {
        "Hovedstaden": 29, "Syddanmark": 22, "Midtjylland": 19, "Sjælland": 17, "Nordjylland": 11
    }  # fmt: skip
    assert regions("2027-01-01") == {
        "Østdanmark": 46, "Syddanmark": 22, "Midtjylland": 19, "Nordjylland": 11
    }  # fmt: skip


def test_the_published_meetings_are_there_with_their_rules_and_nothing_made_up(facts):
    meetings = {
        row["uid"].partition("@")[0]: (row["starts_at"][:16], row["ends_at"][:16], row["signup_by"])
        for row in facts.rows("activity")
    }

    assert meetings == {
        "infomoede-2024-06-13": ("2024-06-13T12:30", "2024-06-13T13:15", None),
        "infomoede-2024-06-18": ("2024-06-18T08:00", "2024-06-18T08:45", None),
        "webinar-2022-04-21": (
            "2022-04-21T09:00",
            "2022-04-21T10:00",
            "2022-04-20T10:00:00.000000+00:00",
        ),
    }
    assert [(row["capacity"], row["link"]) for row in facts.rows("activity")] == [(None, None)] * 3
    assert len(facts.rows("mail_rule")) == 3 * len(facts.rows("mail_template"))


def test_every_decision_letter_is_loaded_in_its_order_as_ours(facts):
    found = facts.rows("decision_letter", order="position")

    assert [(row["position"], row["kind"], row["source"]) for row in found] == [
        (1, "received", seed.OURS),
        (2, "waitlisted", seed.OURS),
        (3, "offer", seed.OURS),
        (4, "admitted", seed.OURS),
        (5, "declined", seed.OURS),
        (6, "lapsed", seed.OURS),
        (7, "withdrawn", seed.OURS),
    ]
    assert [row["kind"] for row in found if row["body"] != row["body"].strip()] == []
    assert ["{complaint}" in row["body"] for row in found] == [False] * 4 + [True] + [False] * 2


def test_a_changed_letter_is_brought_along_until_somebody_edits_it(facts, own_data):
    letters = own_data / "seed" / "decision_letters.toml"
    replace(letters, 'subject = "Svar på ansøgningen', 'subject = "Om ansøgningen')
    assert seed.load_facts(facts, own_data) == 1
    letter = facts.find("decision_letter", kind="declined")
    assert letter["subject"] == "Om ansøgningen fra {municipality}"

    with facts.write("setting.edit"):
        facts.update("decision_letter", letter["id"], {"body": "Vores egne ord"})
    replace(letters, 'subject = "Om ansøgningen', 'subject = "Svar om ansøgningen')
    assert seed.load_facts(facts, own_data) == 0
    assert facts.find("decision_letter", kind="declined")["body"] == "Vores egne ord"


def test_without_the_letters_nothing_is_loaded(store, own_data):
    (own_data / "seed" / "decision_letters.toml").unlink()

    with pytest.raises(NotFound, match="facts_missing"):
        seed.load_facts(store, own_data)
    assert store.version() == 0
