"""The card of mails: what it says, what its buttons change, and what they refuse."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain import calendar
from advisory.domain.errors import Conflict, Forbidden, Refused
from advisory.store import Store, meetings, outbox, signups
from advisory.texts import translator
from advisory.ui import mail_rule, mail_words
from advisory.ui.dialog import Dialog
from advisory.ui.mail_card import MailCard
from advisory.ui.toast import Toast
from advisory.ui.view import View

START = datetime(2025, 3, 25, 13, 30, tzinfo=UTC)  # 14.30 in Copenhagen
PEOPLE = ("Ane Holm", "Bo Krogh", "Ida Toft", "Åse Lund")  # the last one waits
NAMES = {name.split()[0] for name in PEOPLE}
HOSTILE = ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "{{7*7}} {% raw %}"]
CHANGING = {"edit", "stop", "arrived", "again", "resend", "address", "save"}


class Read(HTMLParser):
    """The words of each element of one kind (of the whole without one), and what else there is."""

    def __init__(self, html: str, tag: str = ""):
        super().__init__(convert_charrefs=True)
        self.tag, self.inside = tag, 0
        self.found: list[str] = [] if tag else [""]
        self.elements: set[str] = set()
        self.does: set[str] = set()
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.does |= {value or "" for name, value in attrs if name == "data-do"}
        if tag == self.tag:
            self.inside += 1
            self.found.append("")
        self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        self.handle_data(" ")
        self.inside -= tag == self.tag

    def handle_data(self, data: str) -> None:
        if self.inside or not self.tag:
            self.found[-1] += data


def words(html: str, tag: str = "") -> list[str]:
    return [" ".join(text.split()) for text in Read(html, tag).found]


def said(html: str) -> str:
    return " ".join(words(html))


@pytest.fixture
def meeting(facts: Store) -> int:
    """An online meeting with three seats on 25 March at 14.30, and four who signed up."""
    activity_id = meetings.create(
        facts,
        "info_meeting",
        "Om forløbet",
        starts_at=START,
        ends_at=START + timedelta(minutes=45),
        signup_by=calendar.to_utc(date(2025, 3, 24), time(12)),
        link="https://moede.example/j/1",
        capacity=3,
        organiser="Styrelsen",
    )
    for name in PEOPLE:
        address = f"{name.split()[0].lower()}@kommune.example".replace("å", "aa")
        signups.sign_up(facts, activity_id, name=name, email=address)
    return activity_id


@pytest.fixture
def sent(facts: Store, meeting: int) -> int:
    """The same, after a run: Ane's mail went, Bo's was refused, Ida's and Åse's are unknown."""
    for tell in (
        lambda one: outbox.sent(facts, one),
        lambda one: outbox.refused(facts, one, "550 <b>Host</b> unknown"),
        lambda one: outbox.uncertain(facts, one, "timed out"),
        lambda one: outbox.uncertain(facts, one, "timed out"),
    ):
        tell(outbox.claim(facts).message["id"])
    return meeting


@pytest.fixture
def show() -> Callable[..., SimpleNamespace]:
    """`show(store, meeting)` is the card with its dialog and toast; `open(do, kind)` presses."""

    def made(store: Store, activity_id: int, language: str = "da") -> SimpleNamespace:
        view = View(store, translator(language), {})
        dialog, toast = Dialog(view), Toast(view)
        live = MailCard(view, activity_id, dialog, toast).live

        def press(do: str, kind: str, **values: str) -> str:
            rule = rule_of(store, activity_id, kind)
            live.actions[do](id=str(rule["id"]), **values)
            return dialog.live.render()

        def tell(do: str, **values: str) -> str:
            dialog.live.actions[do](**values)
            return dialog.live.render()

        return SimpleNamespace(
            html=live.render,
            press=press,
            tell=tell,
            live=live,
            dialog=dialog.live,
            toast=toast.live,
        )

    return made


def rule_of(store: Store, activity_id: int, kind: str) -> dict:
    return store.find("mail_rule", activity_id=activity_id, kind=kind)


def mail_of(store: Store, activity_id: int, name: str, kind: str) -> dict:
    found = frames.messages(store, activity_id)
    row = found[(found["name"] == name) & (found["kind"] == kind)].iloc[0]
    return store.get("message", int(row["message_id"]))


def form(store: Store, activity_id: int, kind: str, **typed: str) -> dict[str, str]:
    """What the form of a rule sends when only `typed` was typed in it."""
    row = rule_of(store, activity_id, kind)
    view = View(store, translator("da"), {})
    names = [*mail_rule.WORDS, "active", "days", "at", "minutes", "side"]
    filled = {name: mail_rule.filled(view, row)[name] for name in names}
    if not filled["active"]:
        del filled["active"]
    if row["anchor"] == "event":
        for name in ("days", "at", "minutes", "side"):
            del filled[name]
    return {**filled, "version": str(row["version"]), **typed}


# --- what the card says -----------------------------------------------------------------------


def line(mark: str, name: str, when: str, counts: str, look: str = "Se") -> str:
    """A line of the card with its three buttons, each named after the mail."""
    return f"{mark} {name} {when} {counts} {look} : {name} Redigér : {name} Stop : {name}"


def test_the_card_has_a_line_per_mail_in_the_order_they_go(facts, sent, show):
    found = show(facts, sent).html()

    counts = "1 sendt · 1 afvist · 1 uvis"
    assert words(found, "li") == [
        line("Nogen fik den ikke", "Kvittering", "ved tilmelding", counts, "Ret adresse"),
        line("Skal afgøres", "Besked om venteliste", "når mødet er fyldt", "1 uvis", "Afgør"),
        line("Ingen endnu", "Tilbud om plads", "når en plads bliver ledig", "ingen endnu"),
        line("Ingen endnu", "Bekræftet afbud", "ved afbud", "ingen endnu"),
        line("Ingen endnu", "Mødet er flyttet", "når mødet bliver flyttet", "ingen endnu"),
        line("Ingen endnu", "Mødet er aflyst", "når mødet bliver aflyst", "ingen endnu"),
        "Nu · kl. 10.00",
        line("Den næste", "Link til mødet", "24. mar. kl. 12.30", "3 modtagere"),
        line("Kommer senere", "Ingen plads endnu", "24. mar. kl. 16.00", "1 modtager"),
        line("Kommer senere", "Påmindelse", "25. mar. kl. 08.00", "3 modtagere"),
        line("Kommer senere", "Tak for i dag", "25. mar. kl. 16.15", "ingen endnu"),
    ]
    assert words(found, "header") == ["Mails 1 sendt · 7 venter Hvem fik hvad?"]


def test_the_red_line_stands_between_what_has_gone_and_what_comes(facts, clock, sent, show):
    clock.now = calendar.to_utc(date(2025, 3, 25), time(9))

    found = words(show(facts, sent).html(), "li")

    at = next(number for number, line in enumerate(found) if line.startswith("Nu"))
    assert found[at] == "Nu · kl. 09.00"
    assert found[at - 1].startswith("Venter på at blive sendt Påmindelse i dag kl. 08.00 3 venter")
    assert found[at + 1].startswith("Den næste Tak for i dag i dag kl. 16.15")


def test_without_anything_to_come_there_is_no_red_line(facts, clock, sent, show):
    clock.now = START + timedelta(days=2)

    assert 'class="now"' not in show(facts, sent).html()


def test_a_cancelled_meeting_has_no_mails_to_come(facts, sent, show):
    meetings.cancel(facts, sent, "Sygdom")

    found = show(facts, sent).html()

    assert 'class="now"' not in found
    assert any("Link til mødet mødet er aflyst 3 udeladt" in line for line in words(found, "li"))


def test_demo_data_say_that_nothing_is_sent_and_other_data_do_not(demo_store, facts, sent, show):
    activity_id = int(frames.meetings(demo_store)["activity_id"].iloc[-1])

    demo = show(demo_store, activity_id)

    note = "Demodata: mails bliver ikke sendt."
    demo.live.actions["table"]()
    assert [note in demo.html(), note in demo.dialog.render()] == [True, True]
    assert note not in show(facts, sent).html()


@pytest.mark.parametrize("role", ["consultant", "office"])
def test_who_may_change_has_the_buttons(facts, sent, show, as_role, role):
    card = show(as_role(role), sent)

    seen = Read(card.html() + card.press("open", "confirmation")).does

    buttons = {"edit", "stop", "arrived", "again", "address", "resend"}
    assert seen == {"open", "table", "dialog_close"} | buttons


def test_leadership_sees_no_mails(facts, sent, show, as_role):
    with pytest.raises(Forbidden):
        show(as_role("leadership"), sent).html()


def test_another_date_shows_its_mails_and_no_buttons(facts, clock, sent, show):
    clock.on(date(2025, 3, 20))
    past = facts.at(date(2025, 3, 13))

    card = show(past, sent)

    assert Read(card.html()).does == {"open", "table"}
    assert Read(card.press("open", "confirmation")).does & CHANGING == set()
    assert "13. mar. 2025" in words(card.html(), "li")
    with pytest.raises(Refused, match="read_only_date"):
        card.press("stop", "link", version="1", active="0")


# --- stopping ---------------------------------------------------------------------------------


def test_stop_and_start_change_the_rule_and_its_mails(facts, sent, show):
    card = show(facts, sent)

    card.press("stop", "link", version="1", active="0")

    assert rule_of(facts, sent, "link")["active"] == 0
    assert mail_of(facts, sent, "Ane Holm", "link")["reason"] == "rule_stopped"
    assert "”Link til mødet” er stoppet" in said(card.toast.render())
    assert any(line.startswith("Stoppet Link til mødet") for line in words(card.html(), "li"))
    card.press("stop", "link", version="2", active="1")
    assert mail_of(facts, sent, "Ane Holm", "link")["state"] == "due"


def test_stop_on_an_older_version_asks_and_writes_nothing(facts, sent, show):
    card = show(facts, sent)
    meetings.edit_rule(facts, rule_of(facts, sent, "link")["id"], {"days": -2})

    opened = card.press("stop", "link", version="1", active="0")

    assert "resolve" in Read(opened).does
    assert rule_of(facts, sent, "link")["active"] == 1
    card.tell("resolve", active="mine")
    assert rule_of(facts, sent, "link")["active"] == 0


# --- editing ----------------------------------------------------------------------------------


def test_the_form_saves_words_and_time(facts, sent, show):
    card = show(facts, sent)
    card.press("edit", "link")
    typed = {"subject_da": "Link {date}", "days": "2", "at": "kl. 9", "active": ""}

    assert card.tell("save", **form(facts, sent, "link", **typed)) == ""

    row = rule_of(facts, sent, "link")
    assert (row["subject_da"], row["days"], row["at"], row["active"]) == (
        "Link {date}",
        -2,
        "09:00",
        0,
    )
    assert "”Link til mødet” er gemt" in said(card.toast.render())


@pytest.mark.parametrize("kind", ["confirmation", "link", "reminder", "thanks"])
def test_a_form_nobody_typed_in_writes_nothing(facts, sent, show, kind):
    card = show(facts, sent)
    card.press("edit", kind)
    before = facts.version()

    card.tell("save", **form(facts, sent, kind))

    assert facts.version() == before


def test_every_field_that_cannot_be_used_says_so_and_nothing_is_saved(facts, sent, show):
    card = show(facts, sent)
    card.press("edit", "link")
    typed = {
        "subject_da": "Om peers",
        "body_da": "",
        "subject_en": "The {meeting}",
        "body_en": "Dear {nobody}",
        "days": "to",
        "at": "25.00",
        "minutes": "100001",
    }
    before = facts.version()

    opened = card.tell("save", **form(facts, sent, "link", **typed))

    problems = words(opened, "p")
    for sentence in (
        "Emnet kan læses af andre og må ikke røbe, hvad mødet handler om. Tag ”peer” ud.",
        "En mail skal have både emne og tekst på dansk og engelsk.",
        "Feltet {meeting} findes ikke. Brug et af dem, der står under teksten.",
        "Feltet {nobody} findes ikke. Brug et af dem, der står under teksten.",
        "”to” er ikke et helt tal. Skriv fx 60.",
        "”25.00” kan ikke læses som et klokkeslæt. Skriv fx 14.30.",
        "100.001 kan ikke bruges her. Skriv et tal fra 0 til 100.000.",
    ):
        assert sentence in problems
    assert 'value="Om peers"' in opened
    assert facts.version() == before


def test_what_is_typed_is_previewed_for_the_first_person_and_not_saved(facts, sent, show):
    card = show(facts, sent)
    assert "Kære Ane Holm" in said(card.press("edit", "confirmation"))
    before = facts.version()

    typed = form(facts, sent, "confirmation", body_da="Hej {name}, vi ses {time}")
    opened = card.tell("preview", **typed)
    wrong = card.tell("preview", **{**typed, "body_da": "Hej {navn}"})

    assert "Hej Ane Holm, vi ses 14.30" in said(opened)
    assert "Feltet {navn} findes ikke." in said(wrong)
    assert facts.version() == before


def test_every_name_that_can_be_filled_in_is_listed(facts, sent, show):
    opened = show(facts, sent).press("edit", "confirmation")

    assert words(opened, "code") == sorted(f"{{{name}}}" for name in mail_rule.FIELDS)


def test_two_who_edit_the_same_mail_choose_field_by_field(facts, sent, show):
    card = show(facts, sent)
    card.press("edit", "link")
    typed = form(facts, sent, "link", subject_da="Mit emne")
    rule_id = rule_of(facts, sent, "link")["id"]
    meetings.edit_rule(facts, rule_id, {"subject_da": "Deres emne", "subject_en": "Theirs"})

    opened = said(card.tell("save", **typed))

    assert "Mit emne" in opened
    assert "Deres emne" in opened
    assert rule_of(facts, sent, "link")["subject_da"] == "Deres emne"
    card.tell("resolve", subject_da="mine", subject_en="theirs")
    row = rule_of(facts, sent, "link")
    assert (row["subject_da"], row["subject_en"]) == ("Mit emne", "Theirs")


@pytest.mark.parametrize(
    ("days", "at", "minutes", "typed"),
    [
        (-1, "12:30", 0, ("1", "before", "12.30", "0")),
        (0, "08:00", 0, ("0", "after", "08.00", "0")),
        (0, None, 60, ("0", "after", "", "60")),
        (0, None, -90, ("0", "before", "", "90")),
        (-1, None, 60, ("0", "before", "", "1380")),
        (1, None, -60, ("0", "after", "", "1380")),
    ],
)
def test_a_time_is_shown_without_a_sign_and_read_back_the_same(facts, days, at, minutes, typed):
    view = View(facts, translator("da"), {})
    rule = {**dict.fromkeys((*mail_rule.WORDS, "active"), ""), "anchor": "start"}
    rule |= {"days": days, "at": at, "minutes": minutes}

    filled = mail_rule.filled(view, rule)
    back = mail_rule.changes(rule, filled)

    assert tuple(filled[name] for name in ("days", "side", "at", "minutes")) == typed
    assert back["at"] == at
    assert back["days"] * 1440 + back["minutes"] == days * 1440 + minutes


@pytest.mark.parametrize(
    ("anchor", "days", "at", "minutes", "expected"),
    [
        ("start", -1, "12:30", 0, "1 dag før mødet kl. 12.30"),
        ("start", 0, "08:00", 0, "på mødedagen kl. 08.00"),
        ("end", 3, "09:00", 0, "3 dage efter mødet kl. 09.00"),
        ("end", 0, "", 60, "1 time efter mødets slutning"),
        ("start", -1, "", -90, "1 dag 1 time 30 minutter før mødets start"),
        ("start", 0, "", 0, "når mødet begynder"),
        ("event", 0, "", 0, "ved afbud"),
    ],
)
def test_a_rule_is_told_in_words(facts, anchor, days, at, minutes, expected):
    rule = SimpleNamespace(kind="withdrawn", anchor=anchor, days=days, at=at, minutes=minutes)

    told = mail_words.timing(View(facts, translator("da"), {}), rule)

    assert " ".join(told.split()) == expected


# --- who gets it ------------------------------------------------------------------------------


def test_who_gets_a_mail_is_told_with_those_to_decide_about_first(facts, sent, show):
    opened = show(facts, sent).press("open", "confirmation")

    assert words(opened, "li") == [
        "Ida Toft ida@kommune.example Uvis Forbindelsen faldt ud, efter at mailen var afleveret. "
        "Den kan være kommet frem. Serveren svarede: timed out "
        "Kom frem : Ida Toft Send igen : Ida Toft",
        "Bo Krogh bo@kommune.example Ikke leveret Modtagerens mailserver afviste mailen. "
        "Serveren svarede: 550 <b>Host</b> unknown Ret adresse : Bo Krogh "
        "Gem og send igen Prøv igen : Bo Krogh",
        "Ane Holm ane@kommune.example Sendt i dag kl. 10.00",
    ]
    assert "Kære Ane Holm" in said(opened)


@pytest.mark.parametrize(("do", "state"), [("arrived", "sent"), ("again", "due")])
def test_an_uncertain_mail_is_decided_by_a_person(facts, sent, show, do, state):
    card = show(facts, sent)
    card.press("open", "confirmation")
    mail = mail_of(facts, sent, "Ida Toft", "confirmation")

    card.tell(do, id=str(mail["id"]), version=str(mail["version"]))

    assert facts.get("message", mail["id"])["state"] == state
    assert card.toast.render().strip()
    with pytest.raises(Refused, match="mail_not_uncertain"):
        card.tell(do, id=str(mail["id"]), version=str(mail["version"]))


def test_a_decision_on_an_older_version_is_refused(facts, sent, show):
    card = show(facts, sent)
    card.press("open", "confirmation")
    mail = mail_of(facts, sent, "Ida Toft", "confirmation")

    with pytest.raises(Conflict):
        card.tell("arrived", id=str(mail["id"]), version=str(mail["version"] - 1))

    assert facts.get("message", mail["id"]) == mail


def test_a_mended_address_lets_the_mail_go_again(facts, sent, show):
    card = show(facts, sent)
    card.press("open", "confirmation")
    mail = mail_of(facts, sent, "Bo Krogh", "confirmation")
    who = str(mail["signup_id"])

    for typed, sentence in (
        ("", "Skriv en mailadresse."),
        ("bo", "”bo” er ikke en mailadresse. Skriv en med @, fx navn@kommune.example."),
        ("ane@kommune.example", "ane@kommune.example er allerede tilmeldt dette møde."),
    ):
        opened = card.tell("address", id=who, email=typed)
        assert sentence in words(opened, "p")
        assert f'value="{typed}"' in opened
        assert facts.get("message", mail["id"]) == mail

    card.tell("address", id=who, email="bo.krogh@kommune.example")
    assert facts.get("message", mail["id"])["state"] == "due"
    assert facts.get("signup", mail["signup_id"])["email_key"] == "bo.krogh@kommune.example"


def test_a_failed_mail_is_tried_again(facts, sent, show):
    card = show(facts, sent)
    card.press("open", "confirmation")
    mail = mail_of(facts, sent, "Bo Krogh", "confirmation")

    card.tell("resend", id=str(mail["id"]), version=str(mail["version"]))

    assert facts.get("message", mail["id"])["state"] == "due"


def test_a_meeting_of_many_is_shown_in_parts(demo_store, show):
    found = frames.meetings(demo_store)
    activity_id = int(found.loc[found["taken"].idxmax(), "activity_id"])
    card = show(demo_store, activity_id)
    total = len(frames.messages(demo_store, activity_id).query("kind == 'confirmation'"))

    first = card.press("open", "confirmation")
    every = card.tell("all")

    assert (len(words(first, "li")), len(words(every, "li"))) == (40, total)


# --- who got what -----------------------------------------------------------------------------


def test_the_table_answers_for_everybody_what_they_got_and_why_not(facts, clock, sent, show):
    clock.tick(minutes=5)
    person = frames.signups(facts, sent).set_index("name")["signup_id"]
    signups.withdraw(facts, int(person["Ane Holm"]))
    card = show(facts, sent)

    card.live.actions["table"]()

    kinds = "Kvittering Besked om venteliste Tilbud om plads Bekræftet afbud"
    timed = "Link til mødet Ingen plads endnu Påmindelse"
    waited, off = "Har ikke stået på venteliste.", "Personen har meldt afbud."
    found = words(card.dialog.render(), "tr")
    assert [found[0], found[1], found[4]] == [
        f"Person {kinds} {timed} Hvorfor ikke?",
        f"Ane Holm Afmeldt Kvittering Sendt Besked om venteliste – {waited} "
        "Tilbud om plads – Har ikke fået tilbudt en plads. Bekræftet afbud Venter "
        f"Link til mødet Sendes ikke Ingen plads endnu – {waited} Påmindelse Sendes ikke "
        "Bekræftet afbud: Går med næste afsendelse. "
        f"Link til mødet: {off} Påmindelse: {off}",
        "Åse Lund Tilbudt plads Kvittering – Har ikke haft plads. Besked om venteliste Uvis "
        "Tilbud om plads Venter Bekræftet afbud – Har ikke meldt afbud. "
        "Link til mødet – Har ikke haft plads. Ingen plads endnu Sendes ikke "
        "Påmindelse – Har ikke haft plads. Kvittering: Har ikke haft plads. "
        "Besked om venteliste: Forbindelsen faldt ud, efter at mailen var afleveret. "
        "Den kan være kommet frem. Tilbud om plads: Går med næste afsendelse. "
        "Link til mødet: Har ikke haft plads. "
        "Ingen plads endnu: Erstattet af en nyere mail. Påmindelse: Har ikke haft plads.",
    ]


def test_the_table_finds_a_person_by_name_and_says_when_there_is_none(facts, sent, show):
    card = show(facts, sent)
    card.live.actions["table"]()

    found = card.tell("find", find="aase")
    nobody = card.tell("find", find="Æblegrød")

    assert words(found, "th")[-1:] == ["Åse Lund Venteliste"]
    assert "Ingen på listen passer til ”Æblegrød”. Tjek stavningen." in words(nobody, "p")


def test_names_are_in_danish_order(facts, sent, show):
    card = show(facts, sent)
    card.live.actions["table"]()

    found = [row for row in words(card.dialog.render(), "th") if row.split()[0] in NAMES]
    assert [row.split()[0] for row in found] == ["Ane", "Bo", "Ida", "Åse"]


@pytest.mark.parametrize("written", [["Aftale"] * 3, HOSTILE])
def test_what_people_write_is_never_markup(facts, meeting, show, written):
    for number, text in enumerate(written):
        address = f"guest{number}@kommune.example"
        signups.sign_up(facts, meeting, name=text, email=address)
    card = show(facts, meeting)
    card.live.actions["table"]()
    html = [card.html(), card.dialog.render()]
    for kind in ("confirmation", "waiting"):
        html += [card.press("open", kind), card.press("edit", kind)]
    rule_id = rule_of(facts, meeting, "waiting")["id"]
    meetings.edit_rule(facts, rule_id, {"subject_da": f"Hej {written[1]}", "body_da": written[0]})
    html += [card.press("open", "waiting"), card.press("edit", "waiting")]

    found = Read("".join(html))

    assert found.elements & {"img", "script", "iframe"} == set()
    assert all(text in said("".join(html)) for text in written)


def test_the_look_for_markup_would_notice_it():
    assert Read(f"<p>{HOSTILE[0]}</p>").elements & {"img"}
