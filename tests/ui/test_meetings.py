"""The cards of Infomøder: what they show of a meeting, and what their buttons write."""

from datetime import UTC, datetime, timedelta

import pytest

from advisory import frames
from advisory.domain import attendance as report
from advisory.domain.errors import NotFound
from advisory.store import attendance, meetings, signups
from advisory.texts import translator
from advisory.ui.attendance_card import AttendanceCard, may_upload
from advisory.ui.dialog import Dialog
from advisory.ui.meeting_form import MeetingForm
from advisory.ui.meeting_head import MeetingHead
from advisory.ui.meeting_list import MeetingList, chosen
from advisory.ui.signup_list import SignupList
from advisory.ui.toast import Toast
from advisory.ui.view import View

STARTS = datetime(2025, 3, 20, 9, tzinfo=UTC)
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def meeting(facts, clock):
    """A meeting with two seats: Ane and Bo have them, Eva waits."""
    meeting_id = meetings.create(
        facts,
        "info_meeting",
        f"Møde {HOSTILE}",
        starts_at=STARTS,
        ends_at=STARTS + timedelta(minutes=45),
        capacity=2,
    )
    for name, question in (("Ane Skovbo", ""), ("Bo Krogh", HOSTILE), ("Eva Dal", "")):
        email = f"{name.split()[0].lower()}@odense.example"
        signups.sign_up(
            facts, meeting_id, name=name, email=email, municipality="Odense", question=question
        )
    clock.tick(minutes=5)
    return meeting_id


@pytest.fixture
def page(facts, meeting):
    """`page(**query)` gives the cards of the meeting by name, as the consultant sees them."""

    def made(**query):
        view = View(facts, translator("da"), query)
        dialog, toast = Dialog(view), Toast(view)
        form = MeetingForm(view, meeting, dialog, toast)
        return {
            "dialog": dialog.live,
            "toast": toast.live,
            "list": MeetingList(view, meeting, form).live,
            "head": MeetingHead(view, meeting, form).live,
            "signups": SignupList(view, meeting, dialog, toast).live,
            "attendance": AttendanceCard(view, meeting, dialog, toast).live,
            "upload": may_upload(view, meeting),
        }

    return made


def shown(live) -> str:
    return str(live.render()).replace("\u00a0", " ")


def one(store, name):
    found = frames.signups(store)
    return found[found["name"] == name].iloc[0]


def meeting_typed(**others) -> dict[str, str]:
    typed = {
        "kind": "webinar",
        "title": "Et webinar",
        "on": "24/4-25",
        "from": "kl. 10",
        "until": "10.45",
        "closes_on": "23/4-25",
        "closes_at": "12.00",
        "capacity": "60",
        "public": "1",
    }
    return typed | others


# --- meetings ---------------------------------------------------------------------------------


def test_the_meeting_that_is_asked_for_is_shown_else_the_next_one(facts, meeting, clock):
    last = frames.meetings(facts)["activity_id"].tolist()

    assert chosen(facts, str(last[0]))["activity_id"] == last[0]
    assert chosen(facts, "")["activity_id"] == meeting
    clock.on(STARTS.date() + timedelta(days=30))
    assert chosen(facts, "")["activity_id"] == meeting


@pytest.mark.parametrize("asked", ["10000", "٣", "x"])
def test_a_meeting_that_is_not_there_is_not_found(facts, asked):
    with pytest.raises(NotFound, match="meeting_unknown"):
        chosen(facts, asked)


def test_a_meeting_is_created_from_danish_dates_with_the_rules_of_the_last(facts, meeting, page):
    cards = page()
    cards["list"].actions["new"]()

    cards["dialog"].actions["create"](**meeting_typed())

    made = facts.rows("activity", "title = 'Et webinar'")[0]
    assert (made["starts_at"][:16], made["ends_at"][:16], made["signup_by"][:16]) == (
        "2025-04-24T08:00",
        "2025-04-24T08:45",
        "2025-04-23T10:00",
    )
    assert (made["kind"], made["capacity"], made["copied_from_id"]) == ("webinar", 60, meeting)
    assert len(facts.rows("mail_rule", "activity_id = ?", [made["id"]])) == 10
    assert shown(cards["dialog"]) == ""
    assert "Mødet er oprettet" in shown(cards["toast"])


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": " "}, "title", "Skriv en titel."),
        ({"on": "31/2-25"}, "on", "findes ikke i kalenderen"),
        ({"from": "25.00"}, "from", "kan ikke læses som et klokkeslæt"),
        ({"until": "9.00"}, "until", "Mødet slutter, før det begynder."),
        ({"closes_on": "i overmorgen"}, "closes_on", "kan ikke læses som en dato"),
        ({"closes_on": "1/5-25"}, "closes_on", "Tilmeldingen kan ikke lukke"),
        ({"capacity": "mange"}, "capacity", "”mange” er ikke et helt tal"),
        ({"link": "moede.example"}, "link", "er ikke et link"),
        ({"contact_email": "kontor"}, "contact_email", "er ikke en mailadresse"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_kept(facts, page, typed, field, sentence):
    cards, before = page(), facts.version()
    cards["list"].actions["new"]()

    cards["dialog"].actions["create"](**meeting_typed(**typed))

    html = shown(cards["dialog"])
    problem = html[html.index(f'name="{field}"') :]
    assert sentence in problem[: problem.index("</div>")]
    assert "Et webinar" in html or "title" in typed
    assert facts.version() == before


def test_a_meeting_is_moved_and_those_on_the_list_are_counted(facts, meeting, page):
    cards = page()
    cards["head"].actions["move"]()
    asked = shown(cards["dialog"])

    cards["dialog"].actions["save"](
        version=str(facts.get("activity", meeting)["version"]),
        **{"on": "27/3-25", "from": "10", "until": "10.45", "closes_on": "", "closes_at": ""},
    )

    assert "3 personer får en mail" in asked
    assert facts.get("activity", meeting)["starts_at"][:16] == "2025-03-27T09:00"
    mails = frames.messages(facts, meeting).query("kind == 'moved'")
    assert set(mails["state"]) == {"due"}
    assert len(mails) == 3


def test_two_who_edit_the_same_meeting_see_both_versions(facts, meeting, page):
    cards = page()
    cards["head"].actions["edit"]()
    version = str(facts.get("activity", meeting)["version"])
    meetings.edit(facts, meeting, {"place": "Odense"})

    cards["dialog"].actions["save"](version=version, **meeting_typed(place="Online"))

    html = shown(cards["dialog"])
    assert "Odense" in html
    assert "Online" in html
    assert facts.get("activity", meeting)["place"] == "Odense"


def test_cancelling_asks_why(facts, meeting, page):
    cards = page()
    cards["head"].actions["cancel"]()
    version = str(facts.get("activity", meeting)["version"])
    cards["dialog"].actions["save"](version=version, reason=" ")
    refused = shown(cards["dialog"])

    cards["dialog"].actions["save"](version=version, reason="Sygdom")

    assert "Skriv en kort begrundelse" in refused
    assert "Aflyst" in shown(cards["head"])
    assert "Sygdom" in shown(cards["head"])


# --- sign-ups ---------------------------------------------------------------------------------


def test_the_tabs_are_in_the_address_and_count_everyone_once(page):
    live = page(fane="venteliste")["signups"]

    html = shown(live)

    assert "Tilmeldte <small>2</small>" in html
    assert "Venteliste <small>1</small>" in html
    assert "Eva Dal" in html
    assert "Ane Skovbo" not in html
    assert "fane=venteliste" in live.address()
    live.actions["tab"](tab="tilmeldte")
    assert "fane" not in live.address()


def test_what_people_wrote_is_shown_as_words(page):
    cards = page(fane="spoergsmaal")

    assert HOSTILE not in shown(cards["signups"])
    assert "&lt;img" in shown(cards["signups"])
    assert HOSTILE not in shown(cards["head"])


def test_somebody_who_calls_is_signed_up_and_twice_is_once(facts, meeting, page):
    cards = page()
    typed = {"name": "Per Lund", "email": "PER@vejle.example", "municipality": "Vejle Kommune"}

    cards["signups"].actions["add"](**typed)
    cards["signups"].actions["add"](**typed)

    row = one(facts, "Per Lund")
    assert (row["state"], row["municipality"], row["source"]) == ("waiting", "Vejle", "staff")
    assert "allerede tilmeldt" in shown(cards["toast"])
    cards["signups"].actions["add"](name="", email="x", municipality="")
    assert "Skriv et navn." in shown(cards["signups"])


def test_ticks_are_for_after_the_start_and_can_be_taken_away(facts, meeting, page, clock):
    ane = int(one(facts, "Ane Skovbo")["signup_id"])
    assert 'data-do="tick"' not in shown(page()["signups"])
    clock.now = STARTS + timedelta(minutes=50)
    live = page()["signups"]

    for present, expected in (("1", "yes"), ("0", "no"), ("", "unknown")):
        version = str(facts.get("signup", ane)["version"])
        live.actions["tick"](id=str(ane), present=present, version=version)
        assert one(facts, "Ane Skovbo")["present"] == expected


def test_everything_about_one_person_is_in_the_dialog(facts, meeting, page):
    cards = page()
    ane = int(one(facts, "Ane Skovbo")["signup_id"])
    cards["signups"].actions["open"](id=str(ane))

    html = shown(cards["dialog"])
    cards["dialog"].actions["withdraw"]()

    assert "ane@odense.example" in html
    assert "Kvittering" in html
    assert one(facts, "Ane Skovbo")["state"] == "withdrawn"
    assert one(facts, "Eva Dal")["state"] == "offered"


# --- who was there ----------------------------------------------------------------------------


@pytest.fixture
def reported(facts, meeting, clock):
    """The meeting is over, and a report names Ane by address, and a B. Krogh."""
    clock.now = STARTS + timedelta(hours=2)
    span = ((STARTS, STARTS + timedelta(minutes=30)),)
    people = (
        report.Person("Ane S.", "ANE@odense.example", span),
        report.Person("B. Krogh", None, span),
        report.Person("Ukendt iPad", None, ()),
    )
    read = report.Report("teams_2022", None, None, None, 3, people, ())
    return attendance.take_in(facts, meeting, read, file_name="r.csv", sha256="0")


def open_one(store, name):
    found = frames.attendees(store)
    return found[found["name"] == name].iloc[0]


def test_the_inbox_suggests_and_a_person_decides(facts, meeting, reported, page):
    cards = page()
    krogh = open_one(facts, "B. Krogh")
    html = shown(cards["attendance"])

    cards["attendance"].actions["assign"](
        id=str(krogh["attendee_id"]),
        signup=str(one(facts, "Bo Krogh")["signup_id"]),
        version=str(krogh["version"]),
    )

    assert "Ligner Bo Krogh" in html
    assert "2 skal afklares" in html
    assert one(facts, "Bo Krogh")["minutes"] == 30
    assert "1 skal afklares" in shown(cards["attendance"])


def test_somebody_nobody_knows_becomes_a_person_only_when_it_is_said(
    facts, meeting, reported, page
):
    cards = page()
    ipad = str(open_one(facts, "Ukendt iPad")["attendee_id"])
    people = len(facts.rows("person"))

    cards["attendance"].actions["walk_in"](id=ipad)
    version = str(facts.get("attendee", int(ipad))["version"])
    cards["dialog"].actions["write_down"](name="", version=version)
    refused = shown(cards["dialog"])
    cards["dialog"].actions["write_down"](name="Per Lund", municipality="Vejle", version=version)

    assert "Skriv et navn." in refused
    assert one(facts, "Per Lund")["state"] == "walk_in"
    assert len(facts.rows("person")) == people + 1


def test_a_tick_against_the_report_is_listed_and_can_follow_it(facts, meeting, reported, page):
    ane = one(facts, "Ane Skovbo")
    signups.set_present(facts, int(ane["signup_id"]), False)
    cards = page()
    html = shown(cards["attendance"])

    cards["attendance"].actions["follow"](
        id=str(ane["signup_id"]), version=str(one(facts, "Ane Skovbo")["version"])
    )

    assert "Ane Skovbo er krydset af som udeblevet, men er i rapporten" in html
    assert one(facts, "Ane Skovbo")["present"] == "yes"


def test_an_import_is_undone_as_one(facts, meeting, reported, page):
    cards = page()

    cards["attendance"].actions["undo_import"](id=str(reported.import_id))

    assert facts.rows("attendee") == facts.rows("attendance_import") == []
    assert one(facts, "Ane Skovbo")["present"] == "unknown"
    assert "Importen er fortrudt" in shown(cards["toast"])


def test_a_report_can_be_handed_in_once_the_meeting_is_over(page, clock):
    clock.now = STARTS + timedelta(minutes=44)
    during = page()["upload"]
    clock.now = STARTS + timedelta(minutes=45)

    assert (during, page()["upload"]) == (False, True)
