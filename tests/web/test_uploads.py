"""A report handed in: shown first, taken in when somebody says so, refused with a sentence."""

import asyncio
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from types import SimpleNamespace

import pytest

from advisory.domain.errors import Forbidden
from advisory.store import demo, meetings, open_store, sessions, signups, users
from advisory.web.identity import COOKIE, People
from advisory.web.uploads import AttendanceReport

from .apart import apart

REPORT = (
    "Navn;E-mail;Varighed\r\n"
    "Ane Skovbo;ANE@odense.example;00:40:00\r\n"
    "Bo <b>Krogh</b>;;00:12:00\r\n"
    "Per Åkjær;per@vejle.example;00:45:00\r\n"
)
TYPE = {"Content_Type": "application/octet-stream"}


@pytest.fixture
def meeting(site) -> int:
    """A meeting of its own for each test, ended at 9.45 on the server's day."""
    before = datetime(2025, 3, 1, 9, tzinfo=UTC)
    with open_store(site.db, demo.SYSTEM, clock=lambda: before) as store:
        activity_id = meetings.create(
            store,
            "info_meeting",
            "Et møde",
            starts_at=datetime(2025, 3, 13, 8, tzinfo=UTC),
            ends_at=datetime(2025, 3, 13, 8, 45, tzinfo=UTC),
        )
        for name in ("Ane Skovbo", "Bodil Krogh"):
            first = name.split()[0].lower()
            signups.sign_up(store, activity_id, name=name, email=f"{first}@odense.example")
    return activity_id


@pytest.fixture
def hand_in(site, meeting):
    """`hand_in(content)` gives status and HTML of the answer; `trying` only looks."""

    def hand(content=REPORT, *, trying=False, moede=meeting, **headers):
        address = f"/modtag/fremmoede?moede={moede}&navn=rapport.csv" + "&proev=1" * trying
        body = content.encode() if isinstance(content, str) else content
        status, _, html = site.ask("POST", address, body, **{**TYPE, **headers})
        return status, html.decode().replace("\u00a0", " ")

    return hand


@pytest.fixture
def people(site, meeting):
    """`people()` lists who stands in the reports of the meeting, with what was decided."""

    def listed() -> list[tuple]:
        with open_store(site.db, read_only=True) as store:
            rows = store.rows("attendee", "activity_id = ?", [meeting])
        return [(row["name"], row["decision"]) for row in rows]

    return listed


def test_looking_shows_the_people_and_writes_nothing(hand_in, people):
    status, html = hand_in(trying=True)

    assert status == 200
    assert "Ane Skovbo" in html
    assert "Bo &lt;b&gt;Krogh&lt;/b&gt;" in html
    assert "data-upload-confirm" in html
    assert people() == []


def test_taking_in_writes_what_was_shown_and_again_changes_nothing(hand_in, people):
    assert hand_in()[0] == 200
    once = people()

    again = hand_in()

    assert once == [
        ("Ane Skovbo", "address"),
        ("Bo <b>Krogh</b>", "open"),
        ("Per Åkjær", "open"),
    ]
    assert again[0] == 200
    assert "Intet er ændret" in again[1]
    assert people() == once
    assert "data-upload-confirm" not in hand_in(trying=True)[1]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "tom"),
        (b"%PDF-1.7 \x00\x01\x02", "fil"),
        ("Der var en gang en mand, som gik en tur.\r\n", ""),
    ],
)
def test_what_is_no_report_is_refused_with_a_sentence(hand_in, people, content, sentence):
    status, html = hand_in(content, trying=True)

    assert status == 400
    assert sentence in html
    assert "Traceback" not in html
    assert people() == []


def test_a_report_of_another_day_or_of_no_meeting_is_refused(hand_in, people):
    other = "Navn;E-mail;Fra;Til\r\n" + "".join(
        f"{name};{name}@odense.example;23-02-2024 10:00:00;23-02-2024 10:30:00\r\n"
        for name in ("ane", "bo", "eva")
    )

    status, html = hand_in(other)

    assert (status, "fra et møde 23. feb. 2024 kl. 10.00" in html) == (400, True)
    assert [hand_in(moede=unknown)[0] for unknown in (10_000, "x", "")] == [400, 400, 400]
    assert people() == []


def test_who_may_not_cannot_and_a_page_elsewhere_cannot_either(hand_in, people, site):
    with open_store(site.db, read_only=True) as store:
        login = store.find("app_user", role="leadership")["login"]

    assert hand_in(Cookie=site.cookie(login))[0] == 400
    assert hand_in(Origin="https://elsewhere.example")[0] == 403
    assert hand_in(Sec_Fetch_Site="cross-site")[0] == 403
    assert people() == []


def test_a_file_that_is_too_large_is_not_read(hand_in, people, site):
    try:
        status, _ = hand_in(b"x" * (10 * 1024 * 1024 + 2))
    except OSError:
        status = 400  # the server has closed the connection while it was being sent

    assert status in (400, 413)
    assert people() == []
    assert site.get("/sundhed")[0] == 200


@pytest.mark.parametrize("meanwhile", ["nothing", "another role", "closed", "signed out"])
def test_who_has_lost_the_right_while_a_file_was_read_writes_nothing(demo_store, meanwhile):
    async def hand_in() -> str:
        with open_store(demo_store.path, demo.SYSTEM) as store:
            user = users.by_login(store, "jonas@styrelsen.example")
            word = sessions.start(store, user["id"], "password")
            request = SimpleNamespace(cookies=SimpleCookie({COOKIE: word}))
            handler = SimpleNamespace(_people=People(store), request=request)
            reading = asyncio.ensure_future(AttendanceReport._apart(handler, lambda: "read"))
            if meanwhile == "another role":
                users.set_role(store, user["id"], "leadership")
            elif meanwhile == "closed":
                users.close(store, user["id"])
            elif meanwhile == "signed out":
                sessions.end(store, sessions.by_cookie(store, word).id)
            return await reading

    if meanwhile == "nothing":
        assert apart(hand_in()) == "read"
    else:
        with pytest.raises(Forbidden) as refusal:
            apart(hand_in())
        assert refusal.value.key == "sign_in_needed"
