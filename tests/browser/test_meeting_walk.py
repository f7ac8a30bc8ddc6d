"""From a phone to the funnel: signing up, waiting, a mail from a real server, a seat, a report."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from advisory import frames, mail, settings
from advisory.store import Actor, demo, meetings, open_store, seed, signups, users

from ..mail.post import Post
from .conftest import PHONE

pytestmark = pytest.mark.browser

STARTS = datetime(2025, 3, 25, 9, tzinfo=UTC)  # 10.00 in Copenhagen
BEFORE, AFTER = datetime(2025, 3, 13, 9, tzinfo=UTC), STARTS + timedelta(hours=3)
ADDRESS = "camilla@struer.example"
REPORT = (
    "1. Resumé\r\nMødetitel\tInformationsmøde\r\nStarttidspunkt\t25.03.2025, 09.58.00\r\n"
    "Sluttidspunkt\t25.03.2025, 10.47.00\r\n\r\n2. Deltagere\r\n"
    "Navn\tFørste tilslutning\tSidste afslutning\tVarighed\tMail\tRolle\r\n"
    f"Camilla Friis\t25.03.2025, 09.59.00\t25.03.2025, 10.46.00\t47m 0s\t{ADDRESS}\tDeltager\r\n"
    "C. Vind\t25.03.2025, 10.10.00\t25.03.2025, 10.30.00\t20m 0s\t\tDeltager\r\n"
)


@pytest.fixture
def post():
    started = Post()
    yield started
    started.stop()


@pytest.fixture
def db(tmp_path, data_dir):
    """Real data, as far as the product knows: the facts, a consultant, a meeting with one seat."""
    path = tmp_path / "real.db"
    with open_store(path, demo.SYSTEM, clock=lambda: BEFORE - timedelta(days=9)) as store:
        seed.load_facts(store, data_dir)
        users.add(store, "jonas@styrelsen.example", "Jonas Bruun", "JB", "consultant")
        meetings.create(
            store,
            "info_meeting",
            "Informationsmøde om rådgivningsforløb",
            starts_at=STARTS,
            ends_at=STARTS + timedelta(minutes=45),
            signup_by=STARTS - timedelta(hours=22),
            capacity=1,
            link="https://moede.example/25-marts",
            cohort_id=store.find("cohort", code="2025-08")["id"],
            organiser="Styrelsen",
        )
    return path


@pytest.fixture
def send(db, post):
    """`send(now, server)` sends what is due then, over SMTP, and returns the mails by recipient."""

    def sent(now, server):
        own = replace(
            settings.read({}),
            mail_host="127.0.0.1",
            mail_port=post.port,
            mail_tls="none",
            mail_from="Infomøder <infomoede@styrelsen.example>",
            mail_allow=("struer.example", "holstebro.example"),
            public_url=server.url,
        )
        before = len(post.delivered)
        with open_store(db, demo.SYSTEM, clock=lambda: now) as store:
            mail.send_due(store, own)
        return {one.recipient: one.message for one in post.delivered[before:]}

    return sent


@contextmanager
def data(db, now):
    with open_store(db, Actor("jonas", "Jonas Bruun", "consultant"), clock=lambda: now) as store:
        yield store


def meeting_id(db) -> int:
    with data(db, BEFORE) as store:
        return store.find("activity", capacity=1)["id"]


def personal_link(message, server) -> str:
    body = message.get_body(("plain",)).get_content()
    found = re.search(rf"{re.escape(server.url)}(/m/[\w-]+\S*)", body)
    assert found, body
    return found[1]


def step_of(db, now, name) -> int:
    with data(db, now) as store:
        steps = frames.funnel_steps(store, "2025-08").set_index("step")["municipalities"]
    return int(steps[name])


def test_from_the_phone_to_the_funnel(db, serve, send, open_window):
    number = meeting_id(db)
    with data(db, BEFORE - timedelta(days=1)) as store:
        first = signups.sign_up(
            store, number, name="Bo Vind", email="bo@holstebro.example", municipality="Holstebro"
        )
    server = serve(BEFORE)
    phone = open_window(PHONE, at=server)
    page = phone.page

    # signs up; the meeting is full
    page.goto(server.url + "/tilmelding")
    page.get_by_role("link", name=re.compile("venteliste", re.I)).first.click()
    page.get_by_label("Navn").fill("Camilla Friis")
    page.get_by_label("E-mail").fill(ADDRESS)
    page.get_by_label("Kommune").fill("struer kommune")
    page.wait_for_timeout(3200)  # nobody fills a form in faster than that
    page.get_by_role("button", name=re.compile("venteliste", re.I)).last.click()
    page.wait_for_url(re.compile("kvittering"))
    assert "venteliste" in page.inner_text("main").lower()

    # is told by mail, and sees where she stands
    told = send(BEFORE + timedelta(minutes=1), server)
    page.goto(server.url + personal_link(told[ADDRESS], server))
    assert "nr. 1" in page.inner_text("h1")

    # somebody cancels; the seat is offered by mail, and taken by the link in it
    with data(db, BEFORE + timedelta(minutes=2)) as store:
        signups.withdraw(store, first.signup_id)
    offered = send(BEFORE + timedelta(minutes=3), server)
    assert "plads til dig" in offered[ADDRESS]["Subject"]
    page.goto(server.url + personal_link(offered[ADDRESS], server))
    page.get_by_role("button", name=re.compile("^Ja")).click()
    page.wait_for_selector("text=Du er tilmeldt")

    # takes the calendar file along
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("kalender", re.I)).click()
    event = Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")[0]
    assert event["DTSTART"].dt.astimezone(UTC) == STARTS
    assert "moede.example" not in str(event)
    server.kill()

    # afterwards the consultant reads the report of the meeting in
    before = step_of(db, AFTER, "present")
    server = serve(AFTER)
    office = open_window(at=server)
    page = office.open(f"/infomoeder?moede={number}")
    report = {"name": "rapport.csv", "mimeType": "text/csv", "buffer": REPORT.encode("utf-16")}
    page.set_input_files("#report", report)
    page.get_by_role("button", name=re.compile("Indlæs 2 personer")).click()
    page.wait_for_selector("text=Rapporten er indlæst")
    row = page.locator("[data-region=signups] tr", has_text="Camilla Friis")
    row.get_by_text("45 min.").wait_for()
    funnel = page.locator("[data-region=funnel]")
    funnel.get_by_text(re.compile(r"Struer")).first.wait_for()

    # a name decides nothing; a person does
    page.locator("[data-region=attendance]").get_by_text("C. Vind", exact=True).wait_for()
    page.get_by_role("button", name=re.compile("^Ukendt")).click()
    page.locator("[data-region=attendance]").get_by_text("0 skal afklares").wait_for()

    assert (before, step_of(db, AFTER, "present")) == (0, 1)
