"""The doors of the delivery sheets: who gets which workbook, and whose answers are taken."""

import io

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from advisory.store import deliveries, demo, open_store

TYPE = {"Content_Type": "application/octet-stream"}
LOGINS = {"kp": "Københavns Professionshøjskole", "pp": "Peer-Partnerskabet"}


@pytest.fixture
def people(site) -> dict[str, tuple[int, str]]:
    """The two partners: the id, and the cookie of somebody from there."""
    with open_store(site.db, read_only=True) as store:
        found = {}
        for short, name in LOGINS.items():
            provider_id = store.find("organisation", name=name)["id"]
            user = store.find("app_user", organisation_id=provider_id)
            found[short] = provider_id, site.cookie(user["login"])
        return found


@pytest.fixture
def sheets(site, people) -> dict[str, int]:
    """A sheet of each partner."""
    with open_store(site.db, demo.SYSTEM) as store:
        return {name: deliveries.make_sheet(store, one) for name, (one, _) in people.items()}


def edited(content: bytes, seats: int) -> bytes:
    """The workbook as another program saves it, with other seats in the last session."""
    read = CalamineWorkbook.from_filelike(io.BytesIO(content))
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"default_date_format": "dd-mm-yyyy"}) as book:
        for name in read.sheet_names:
            tab, rows = book.add_worksheet(name), read.get_sheet_by_name(name).to_python()
            if rows[4][7:8] == ["Pladser"]:
                rows[-1][7] = seats
            for line, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if cell != "":
                        tab.write(line, column, cell)
    return written.getvalue()


@pytest.fixture
def hand_in(site, people, sheets):
    """`hand_in("kp", seats=9)` hands in the sheet of a partner, as the consultant or a cookie."""

    def hand(of="kp", *, udbyder=None, cookie="", seats=9, content=None, trying=False):
        if content is None:
            content = edited(site.get(f"/ark/{sheets[of]}.xlsx")[2], seats)
        asked = people[of][0] if udbyder is None else udbyder
        address = f"/modtag/ark?udbyder={asked}&navn=svar.xlsx" + "&proev=1" * trying
        whose = {"Cookie": cookie} if cookie else {}
        status, _, html = site.ask("POST", address, content, **TYPE, **whose)
        return status, html.decode().replace("\u00a0", " ")

    return hand


@pytest.fixture
def kept(site, sheets):
    """`kept()` counts the replies to the sheets of this test, and their cells."""

    def count() -> tuple[int, int]:
        marks = ", ".join(map(str, sheets.values()))
        with open_store(site.db, read_only=True) as store:
            replies = store.rows("delivery_reply", f"sheet_id IN ({marks})")
            ids = ", ".join(str(row["id"]) for row in replies)
            return len(replies), len(store.rows("delivery_cell", f"reply_id IN ({ids})"))

    return count


def test_looking_shows_the_difference_and_keeps_nothing(hand_in, kept):
    status, html = hand_in(trying=True)

    assert status == 200
    assert "1 felt er anderledes" in html
    assert "data-upload-confirm" in html
    assert kept() == (0, 0)


def test_handing_in_keeps_the_questions_and_again_changes_nothing(hand_in, kept):
    first = hand_in(content=None)
    assert (first[0], kept()) == (200, (1, 1))
    assert "1 afvigelse venter på styrelsens svar" in first[1]


def test_the_name_of_the_file_is_not_kept(site, people, sheets, kept):
    content = edited(site.get(f"/ark/{sheets['kp']}.xlsx")[2], 8)
    address = f"/modtag/ark?udbyder={people['kp'][0]}&navn=Svar%20fra%20Mette%20Holm.xlsx"

    assert site.ask("POST", address, content, **TYPE)[0] == 200

    with open_store(site.db, read_only=True) as store:
        found = store.rows("delivery_reply", "sheet_id = ?", [sheets["kp"]])
        assert [row["file_name"] for row in found] == [f"ark-{sheets['kp']}.xlsx"]
        said = "".join(f"{row['before']}{row['after']}" for row in store.rows("history"))
    assert "Mette Holm" not in said
    assert f"ark-{sheets['kp']}.xlsx" in said  # control: names are to be found there


def test_the_same_file_twice_is_known(site, sheets, hand_in, kept):
    content = edited(site.get(f"/ark/{sheets['kp']}.xlsx")[2], 8)
    hand_in(content=content)

    again = hand_in(content=content)

    assert (again[0], "Intet er ændret" in again[1], kept()) == (200, True, (1, 1))
    assert "data-upload-confirm" not in hand_in(content=content, trying=True)[1]


def test_a_partner_gets_and_answers_its_own(site, people, sheets, hand_in, kept):
    cookie = people["kp"][1]

    status, headers, content = site.get(f"/ark/{sheets['kp']}.xlsx", Cookie=cookie)
    answered = hand_in(cookie=cookie)

    assert (status, content[:2]) == (200, b"PK")
    assert headers["Content-Disposition"].endswith(f'-leveranceark-{sheets["kp"]}.xlsx"')
    assert headers["Cache-Control"] == "no-store"
    assert (answered[0], kept()) == (200, (1, 1))


def test_a_partner_does_not_get_the_sheet_of_another(site, people, sheets):
    other = site.get(f"/ark/{sheets['pp']}.xlsx", Cookie=people["kp"][1])
    unknown = site.get("/ark/99999.xlsx", Cookie=people["kp"][1])

    assert (other[0], other[2]) == (404, unknown[2])  # nobody learns that it is there
    assert unknown[0] == 404


@pytest.mark.parametrize("trying", [True, False])
def test_a_partner_cannot_answer_for_another(people, hand_in, kept, trying):
    cookie = people["kp"][1]

    in_their_name = hand_in("pp", cookie=cookie, trying=trying)
    in_ones_own = hand_in("pp", udbyder=people["kp"][0], cookie=cookie, trying=trying)

    assert (in_their_name[0], in_ones_own[0]) == (400, 400)
    assert "rolle" in in_their_name[1]
    assert "ikke lavet til Københavns Professionshøjskole" in in_ones_own[1]
    assert kept() == (0, 0)
    assert hand_in("pp", cookie=people["pp"][1], trying=trying)[0] == 200  # control


def test_leadership_gets_no_sheet_and_hands_none_in(site, sheets, hand_in, kept):
    with open_store(site.db, read_only=True) as store:
        cookie = site.cookie(store.find("app_user", role="leadership")["login"])

    assert site.get(f"/ark/{sheets['kp']}.xlsx", Cookie=cookie)[0] == 403
    assert hand_in(cookie=cookie)[0] == 400
    assert kept() == (0, 0)


@pytest.mark.parametrize("provider", ["", "x", "%C2%B2", "9999999999", "0"])
def test_a_provider_nobody_has_heard_of_is_refused_with_a_sentence(hand_in, kept, provider):
    status, html = hand_in(udbyder=provider)

    assert (status, kept()) == (400, (0, 0))
    assert "Traceback" not in html


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "tom"),
        (b"Ark;L-1-0123456789ab\r\nA-1;26-03-2025\r\n", "ikke en Excel-projektmappe"),
        (b"PK\x03\x04 half", "beskadiget"),
    ],
)
def test_what_is_no_workbook_is_refused_with_a_sentence(hand_in, kept, content, sentence):
    status, html = hand_in(content=content)

    assert (status, sentence in html, kept()) == (400, True, (0, 0))


def test_a_page_elsewhere_cannot_hand_a_sheet_in(site, people, sheets, kept):
    content = edited(site.get(f"/ark/{sheets['kp']}.xlsx")[2], 7)
    address = f"/modtag/ark?udbyder={people['kp'][0]}&navn=svar.xlsx"

    assert site.ask("POST", address, content, **TYPE, Origin="https://elsewhere.example")[0] == 403
    assert kept() == (0, 0)
