"""The lists as files: which rows, for whom, and what is answered when they are not there."""

import csv
import io

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from advisory import frames, open_store
from advisory.texts import translator
from advisory.ui import activity_filters

MEETINGS = ("moeder", "tilmeldinger", "mails", "fremmoede", "fra_moede_til_ansoegning")
ACTIVITIES = ("aktiviteter", "fremmoedetal")
INTAKE = ("ansoegninger", "pladsregnskab")
LISTS = (*MEETINGS, *ACTIVITIES, *INTAKE)


@pytest.fixture
def store(site):
    with open_store(site.db, read_only=True) as opened:
        yield opened


@pytest.fixture
def held(store) -> int:
    """A meeting of the invented data with a report."""
    return int(frames.attendees(store)["activity_id"].max())


def lines(content: bytes) -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=";"))


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_a_csv_file_and_a_workbook(site, name):
    plain, book = site.get(f"/eksport/{name}.csv"), site.get(f"/eksport/{name}.xlsx")

    assert (plain[0], book[0]) == (200, 200)
    assert f'-{name}.csv"' in plain[1]["Content-Disposition"]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book[2])).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert len(rows) - 1 == len(lines(plain[2])) > 0


@pytest.mark.parametrize(
    ("name", "column", "read"),
    [
        ("tilmeldinger", "Navn", frames.signups),
        ("mails", "Navn", frames.messages),
        ("fremmoede", "Navn i rapporten", frames.attendees),
    ],
)
def test_a_list_of_one_meeting_has_its_people_in_their_order(site, store, held, name, column, read):
    found = lines(site.get(f"/eksport/{name}.csv?moede={held}")[2])

    assert [row[column] for row in found] == read(store, held)["name"].tolist()
    assert 0 < len(found) < len(read(store))


@pytest.mark.parametrize("name", MEETINGS)
def test_a_list_of_one_round_has_no_other(site, name):
    found = lines(site.get(f"/eksport/{name}.csv?hold=2025-08")[2])

    assert {row["Hold"] for row in found if "Hold" in row} <= {"2025-08"}
    every = lines(site.get(f"/eksport/{name}.csv")[2])
    assert 0 < len(found) < len(every)


@pytest.mark.parametrize(
    "address",
    [
        "tilmeldinger.csv?moede=99999",
        "tilmeldinger.xlsx?moede=nix",
        "tilmeldinger.csv?moede=%C2%B2",
        "mails.csv?moede=1%20OR%201",
        "fra_moede_til_ansoegning.csv?hold=nix",
    ],
)
def test_a_meeting_or_a_round_nobody_has_heard_of_is_not_found(site, address):
    status, headers, content = site.get(f"/eksport/{address}")

    assert (status, headers["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert "Traceback" not in content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_leadership_gets_no_list_of_people_of_meetings_or_of_activities(site, store, name):
    login = store.find("app_user", role="leadership")["login"]

    status, _, content = site.get(f"/eksport/{name}.csv", Cookie=site.cookie(login))
    own = site.get("/eksport/kommuner.csv", Cookie=site.cookie(login))

    assert (status, own[0]) == (403, 200)
    assert "@" not in content.decode()


@pytest.mark.parametrize("name", ACTIVITIES)
@pytest.mark.parametrize(
    ("query", "column", "value"),
    [
        ("type=kompetence", "kind", "competence"),
        ("type=workshop&hold=2024-02&konsulent=", "kind", "workshop"),
        ("type=infomoede", "kind", ("info_meeting", "webinar")),
    ],
)
def test_a_list_of_activities_has_those_that_the_calendar_shows(
    site, store, name, query, column, value
):
    asked = dict(one.split("=") for one in query.split("&"))
    shown = activity_filters.apply(store, asked)
    rows = {"aktiviteter": frames.activities, "fremmoedetal": frames.headcounts}[name](store)

    found = lines(site.get(f"/eksport/{name}.csv?{query}")[2])

    expected = rows[rows["activity_id"].isin(shown["activity_id"])]
    assert [row["Titel"] for row in found] == expected["title"].tolist()
    assert len(found) < len(rows)
    assert set(shown[column]) <= ({value} if isinstance(value, str) else set(value))


def test_a_row_of_an_activity_and_one_of_its_counts_say_what_the_calendar_knows(site, store):
    every = lines(site.get("/eksport/aktiviteter.csv")[2])
    counts = lines(site.get("/eksport/fremmoedetal.csv")[2])

    known = frames.activities(store)
    counted = known["attended"].notna() & (known["initials"] != "")
    at = counted.tolist().index(True)
    one, row = known.iloc[at], every[at]
    people = {
        name: "" if pd.isna(one[name]) else str(one[name])
        for name in ("planned", "attended", "capacity")
    }
    assert row == {
        "Uge": one["week"],
        "Dato": f"{one['day']:%Y-%m-%d}",
        "Begynder kl.": f"{one['starts_at'].tz_convert('Europe/Copenhagen'):%H.%M}",
        "Slutter kl.": f"{one['ends_at'].tz_convert('Europe/Copenhagen'):%H.%M}",
        "Art": translator("da")(f"activity_kind.{one['kind']}"),
        "Titel": one["title"],
        "Kommuner": ", ".join(one["municipalities"]),
        "Udbyder": one["provider"],
        "Konsulent": one["consultant"],
        "Tilstand": translator("da")(f"activity_page.{one['state']}"),
        "Forventet": people["planned"],
        "Kom": people["attended"],
        "Pladser i alt": people["capacity"],
        "Opgjort pr.": row["Opgjort pr."],
        "Bemærkning": row["Bemærkning"],
    }
    heads = frames.headcounts(store)
    came = ["" if pd.isna(one) else str(one) for one in heads["attended"]]
    assert [line["Kom"] for line in counts] == came
    assert list(counts[0])[:8] == [
        *("Dato", "Titel", "Art", "Kommune", "Hold", "Målgruppe", "Forventet", "Kom")
    ]


def test_a_list_of_another_date_shows_that_date(site):
    found = lines(site.get("/eksport/tilmeldinger.csv?date=1/6-24")[2])

    assert {row["Opgjort pr."] for row in found} == {"2024-06-01"}
    assert {row["Fremmøde"] for row in found} == {"Ikke oplyst"}


def test_a_list_of_applications_has_those_of_the_stage_that_the_page_shows(site, store):
    known = frames.applications(store)
    query = f"hold={known['cohort'].iloc[0]}&status={known['stage'].iloc[0]}"

    found = lines(site.get(f"/eksport/ansoegninger.csv?{query}")[2])

    same = (known["cohort"] == known["cohort"].iloc[0]) & (known["stage"] == known["stage"].iloc[0])
    assert [row["Kommune"] for row in found] == known[same]["municipality"].tolist()
    assert 0 < len(found) < len(known)
    assert lines(site.get("/eksport/ansoegninger.csv?status=nix")[2]) == []


def test_the_ledger_of_a_round_has_what_concerns_it_and_the_numbers_of_the_whole(site, store):
    every = lines(site.get("/eksport/pladsregnskab.csv")[2])

    found = lines(site.get("/eksport/pladsregnskab.csv?hold=2025-01")[2])

    own = frames.ledger(store, "2025-01")
    assert [row["Kommune"] for row in found] == own["municipality"].tolist()
    assert [row["Nr."] for row in every] == [str(n) for n in range(1, len(every) + 1)]
    assert [row for row in every if row["Nr."] in {one["Nr."] for one in found}] == found
    assert 0 < len(found) < len(every)
    assert site.get("/eksport/pladsregnskab.csv?hold=nix")[0] == 404
