"""Counting from a file: numbers come out of it, and nothing about a person stays."""

from datetime import UTC, date, datetime, timedelta

import pytest

from advisory import frames
from advisory.store import activities, demo, open_store, people
from advisory.store.connection import tables

NAME, MAIL, OTHER = "Zenobia Qvistgaard", "zenobia@egen.example", "Qasper Zwergius"
REPORT = f"Navn;E-mail;Varighed\r\n{NAME};{MAIL};00:40:00\r\n{OTHER};;00:12:00\r\n"
TYPE = {"Content_Type": "application/octet-stream"}
HELD, COMING = datetime(2025, 3, 12, 8, tzinfo=UTC), datetime(2025, 4, 10, 8, tzinfo=UTC)


@pytest.fixture
def store(site):
    now = datetime(2025, 3, 13, 8, tzinfo=UTC)
    with open_store(site.db, demo.SYSTEM, clock=lambda: now) as opened:
        yield opened


@pytest.fixture
def case(store):
    """A running case: its enrolment and municipality."""
    return frames.enrolments(store).query("status == 'active'").iloc[0]


@pytest.fixture
def plan(store, case):
    """`plan(starts_at)` plans a day for the case."""

    def day(starts_at=HELD):
        return activities.create(
            store,
            "competence",
            "En dag",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=3),
            enrolments={int(case["enrolment_id"]): None},
            expected={"leadership": 3},
        )

    return day


@pytest.fixture
def hand_in(site, plan):
    """`hand_in(content)` gives status and HTML of the answer."""
    day = plan()

    def hand(content=REPORT, *, activity=day, **headers):
        address = f"/modtag/antal?aktivitet={activity}&navn={NAME.split()[0]}.csv&proev=1"
        body = content.encode() if isinstance(content, str) else content
        status, _, html = site.ask("POST", address, body, **{**TYPE, **headers})
        return status, html.decode().replace("\u00a0", " ")

    return hand


def places(store, *words: str) -> list[str]:
    """The tables, the history among them, where one of `words` stands."""
    return [
        name
        for name in (*tables(store.db), "history")
        for row in store.rows(name)
        if any(word.casefold() in str(row).casefold() for word in words)
    ]


def test_only_numbers_come_out_of_a_file_and_nothing_is_kept(hand_in, store):
    before = store.version()

    status, html = hand_in()

    assert status == 200
    assert "2 personer tæller med" in html
    assert "2 personer er ikke fordelt" in html
    assert 'data-for="headcounts" data-do="take" data-kind="attended" data-people="2"' in html
    words = (*NAME.split(), *OTHER.split(), MAIL)
    assert [word for word in words if word in html] == []
    assert places(store, *words) == []
    assert store.version() == before


def test_a_contact_is_counted_in_the_audience_and_not_named(hand_in, store, case):
    name, mail = "Yrsa Wolfsgaard", "yrsa@kendt.example"  # the database is that of all tests here
    people.add_contact(
        store,
        int(case["enrolment_id"]),
        name,
        "leder",
        email=mail,
        audience="leadership",
        valid_from=date(2025, 1, 1),
    )

    html = hand_in(REPORT.replace(NAME, name).replace(MAIL, mail))[1]

    assert f"<td>{case['municipality']}</td><td>Ledelse</td>" in html
    assert "1 person er ikke fordelt" in html
    assert name not in html
    assert "history" in places(store, name)  # the control: what is written down is found


def test_before_the_day_a_list_says_how_many_are_expected(hand_in, plan):
    status, html = hand_in("Navn\r\nA B\r\nC D\r\nE F\r\n", activity=plan(COMING))

    assert status == 200
    assert 'data-kind="planned" data-people="3" data-loose="3"' in html
    assert "Der er ingen tider" not in html


def test_a_list_without_times_after_the_day_says_so(hand_in):
    assert "Der er ingen tider i filen" in hand_in("Navn\r\nA B\r\nC D\r\n")[1]


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 \x00\x01\x02", "Der var en gang en mand, som gik en tur.\r\n"]
)
def test_what_is_no_list_is_refused_with_a_sentence(hand_in, content):
    status, html = hand_in(content)

    assert status == 400
    assert "Traceback" not in html
    assert "data-do" not in html


def test_a_cancelled_activity_and_one_that_is_none_are_refused(hand_in, plan, store):
    cancelled = plan(COMING)
    activities.cancel(store, cancelled, "Sygdom")
    meeting = frames.meetings(store)["activity_id"].iloc[0]

    status, html = hand_in(activity=cancelled)

    assert (status, "er aflyst" in html) == (400, True)
    assert [hand_in(activity=one)[0] for one in (10_000, "x", "", meeting)] == [400] * 4


def test_who_may_not_cannot_and_a_page_elsewhere_cannot_either(site, hand_in, store):
    login = store.find("app_user", role="leadership")["login"]

    assert hand_in(Cookie=site.cookie(login))[0] == 400
    assert hand_in(Origin="https://elsewhere.example")[0] == 403
    assert hand_in(Sec_Fetch_Site="cross-site")[0] == 403
