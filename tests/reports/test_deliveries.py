"""The workbook that a provider is sent: what may be written in it, and the way back."""

import io
import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta

import pytest
from python_calamine import CalamineWorkbook

from advisory import imports
from advisory.domain.errors import NotFound
from advisory.reports import deliveries as workbooks
from advisory.store import Store, activities, deliveries, delivery_replies
from advisory.texts import translator

FORMULA = '=HYPERLINK("https://elsewhere.example")'


@pytest.fixture
def provider_id(demo_store: Store) -> int:
    return demo_store.find("organisation", name="Københavns Professionshøjskole")["id"]


@pytest.fixture
def odd(demo_store: Store, provider_id: int) -> int:
    """A session with a title and a place that a spreadsheet could read as formulas."""
    served = demo_store.rows("activity_enrolment", order="id DESC LIMIT 1")[0]["enrolment_id"]
    starts_at = datetime(2025, 4, 2, 7, tzinfo=UTC)
    return activities.create(
        demo_store,
        "competence",
        FORMULA,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=6, minutes=30),
        enrolments={served: None},
        expected={"staff": 4},
        provider_id=provider_id,
        place="+45 Aalborg",
    )


def book(store: Store, sheet_id: int, language: str = "da") -> bytes:
    return workbooks.sheet(store, sheet_id, translator(language))


def rows(content: bytes, tab: str) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(tab).to_python()


def test_a_row_per_session_and_one_per_municipality_and_audience(demo_store, provider_id, odd):
    sheet_id = deliveries.make_sheet(demo_store, provider_id)
    base = deliveries.base(demo_store.get("delivery_sheet", sheet_id))
    content = book(demo_store, sheet_id)

    sessions, heads = rows(content, "Sessioner"), rows(content, "Fremmøde")
    own = next(row for row in sessions if row[0] == f"A-{odd}")

    assert len(sessions) - 5 == len(base)
    assert len(heads) - 5 == sum(field.startswith("att") for one in base.values() for field in one)
    assert sessions[4] == [
        *("Nøgle", "Session", "Kommuner", "Dato", "Starter", "Slutter"),
        *("Sted", "Pladser", "Afholdt"),
    ]
    assert heads[4] == ["Nøgle", "Session", "Dato i arket", "Kommune", "Målgruppe", "Deltog"]
    assert own[1] == FORMULA
    assert own[3:] == [date(2025, 4, 2), time(9), time(15, 30), "+45 Aalborg", "", "nej"]
    assert sessions[2][0] == "Demodata: deltagelse, personer og notater er opdigtet."


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_sheet_that_nobody_has_written_in_asks_nothing(demo_store, provider_id, odd, language):
    sheet_id = deliveries.make_sheet(demo_store, provider_id)
    sheet = demo_store.get("delivery_sheet", sheet_id)
    reply = imports.read_sheet_safely(book(demo_store, sheet_id, language), "ark.xlsx")

    assert (reply.number, reply.mark) == (sheet_id, deliveries.mark(sheet))
    assert len(reply.cells) == sum(len(one) for one in deliveries.base(sheet).values())
    assert delivery_replies.compare(demo_store, provider_id, reply) == []


def test_the_keys_are_locked_the_answers_open_and_no_cell_is_a_formula(
    demo_store, provider_id, odd
):
    content = book(demo_store, deliveries.make_sheet(demo_store, provider_id))
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        tabs = [parts.read(f"xl/worksheets/sheet{n}.xml").decode() for n in (1, 2)]
        styles = parts.read("xl/styles.xml").decode()

    looks = re.findall(r"<xf [^>]*?(?:/>|>.*?</xf>)", styles.split("<cellXfs")[1])
    unlocked = {str(at) for at, look in enumerate(looks) if 'locked="0"' in look}
    open_columns = [
        {
            cell[0]
            for cell in re.findall(r'<c r="([A-Z]+)\d+" s="(\d+)"', tab)
            if cell[1] in unlocked
        }
        for tab in tabs
    ]

    assert open_columns == [set("DEFGHI"), {"F"}]
    assert all("<sheetProtection" in tab and "<f>" not in tab for tab in tabs)


def test_the_same_sheet_is_the_same_workbook_after_its_sessions_have_moved(
    demo_store, provider_id, odd
):
    sheet_id = deliveries.make_sheet(demo_store, provider_id)
    before = rows(book(demo_store, sheet_id), "Sessioner")
    activities.edit(demo_store, odd, {"place": "Randers", "capacity": 12})

    assert rows(book(demo_store, sheet_id), "Sessioner") == before
    again = deliveries.make_sheet(demo_store, provider_id)
    assert rows(book(demo_store, again), "Sessioner")[5:] != before[5:]


def test_nobody_agreed_anything_in_it(demo_store, provider_id, odd, clock):
    clock.on(date(2025, 4, 3))
    activities.hold(demo_store, odd, agreed="Hemmelig aftale", next_step="Ring til chefen")

    content = book(demo_store, deliveries.make_sheet(demo_store, provider_id))

    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        said = b"".join(parts.read(name) for name in parts.namelist())
    assert FORMULA.split('"')[0].encode() in said  # control: what is in it is found
    assert b"Hemmelig" not in said
    assert b"chefen" not in said


def test_a_partner_gets_its_own_and_another_none(demo_store, provider_id, odd, as_role):
    sheet_id = deliveries.make_sheet(demo_store, provider_id)
    own, other = (as_role("partner", demo_store) for _ in range(2))
    for store, name in ((own, "Københavns Professionshøjskole"), (other, "Peer-Partnerskabet")):
        organisation = demo_store.find("organisation", name=name)
        user = demo_store.find("app_user", organisation_id=organisation["id"])
        store.actor = type(store.actor)(user["login"], user["name"], "partner")

    assert rows(book(own, sheet_id), "Sessioner") == rows(book(demo_store, sheet_id), "Sessioner")
    with pytest.raises(NotFound):
        book(other, sheet_id)
