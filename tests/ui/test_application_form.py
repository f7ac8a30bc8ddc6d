"""The dialogs of an application: what they write, what they refuse and where, and two at once."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from advisory import frames
from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden
from advisory.reports import records
from advisory.store import Actor, Store, decisions, enrolments, people
from advisory.texts import translator
from advisory.ui.application_form import ApplicationForm
from advisory.ui.dialog import Dialog
from advisory.ui.toast import Toast
from advisory.ui.view import View

AUGUST, JANUARY = "2025-08", "2025-01"
TODAY = date(2025, 3, 13)
HOSTILE = '<img src=x onerror="alert(1)">'
TYPED = {
    "municipality": "høje tåstrup kommune",
    "received": "12/3-25",
    "received_time": "kl. 14.30",
    "contact_name": "Ane Skov",
    "contact_role": "Leder",
    "contact_email": "ane@kommune.example",
    "contact_phone": "12 34 56 78",
    "motivation": " Vi vil bruge peers ",
    "goal": "To ansatte peers",
    "prior_experience": "some",
    "commitment": "1",
    "attachments": "https://filer.example/a.pdf\r\n\r\nhttps://filer.example/b.pdf\r\n",
}


def cohort_id(store: Store, code: str) -> int:
    return store.find("cohort", code=code)["id"]


def apply(store: Store, name: str, day: date, code: str = AUGUST, **content: object) -> int:
    home = store.find("municipality", name=name)["id"]
    return enrolments.create(store, cohort_id(store, code), home, received_on=day, **content)


@pytest.fixture
def show(facts: Store) -> Callable[..., SimpleNamespace]:
    """`show(store, lang, **query)`: the form with the dialog and the toast it fills."""

    def made(
        store: Store | None = None, lang: str = "da", hold: str = AUGUST, **query: str
    ) -> SimpleNamespace:
        view = View(store or facts, translator(lang), {"hold": hold, **query})
        dialog, toast = Dialog(view), Toast(view)
        form = ApplicationForm(view, dialog, toast)
        return SimpleNamespace(form=form, dialog=dialog.live, toast=toast.live, view=view)

    return made


def words(html: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", str(html)).replace("\u00a0", " ").split())


def do(page: SimpleNamespace, action: str, **typed: str) -> None:
    page.dialog.actions[action](**typed)


def typed_in(store: Store, **others: str) -> dict[str, str]:
    return {**TYPED, "cohort_id": str(cohort_id(store, AUGUST)), **others}


def problem(page: SimpleNamespace, name: str) -> str:
    """The sentence beside a field, or above the form for an empty name."""
    html = str(page.dialog.render())
    found = re.search(rf'id="application{"-" + name if name else ""}-problem".*?</p>', html, re.S)
    return words(found.group(0).partition(">")[2]) if found else ""


def version(store: Store, case: int) -> str:
    return str(store.get("enrolment", case)["version"])


def application(store: Store, case: int) -> dict[str, object]:
    found = records(frames.applications(store))
    return next(row for row in found if row["enrolment_id"] == case)


# --- a new one --------------------------------------------------------------------------------


def test_a_new_application_holds_everything_that_was_typed(facts, show):
    page = show()
    page.form.new()

    do(page, "create", **typed_in(facts))

    row = records(frames.applications(facts))[0]
    assert {name: row[name] for name in (
        "municipality", "cohort", "received_on", "received_at", "contact", "contact_role",
        "contact_email", "contact_phone", "motivation", "goal", "prior_experience", "commitment",
        "attachments", "lacking", "stage", "reviewed_on",
    )} == {
        "municipality": "Høje-Taastrup",
        "cohort": AUGUST,
        "received_on": date(2025, 3, 12),
        "received_at": datetime(2025, 3, 12, 13, 30, tzinfo=UTC),
        "contact": "Ane Skov",
        "contact_role": "Leder",
        "contact_email": "ane@kommune.example",
        "contact_phone": "12 34 56 78",
        "motivation": "Vi vil bruge peers",
        "goal": "To ansatte peers",
        "prior_experience": "some",
        "commitment": True,
        "attachments": ("https://filer.example/a.pdf", "https://filer.example/b.pdf"),
        "lacking": (),
        "stage": "new",
        "reviewed_on": None,
    }  # fmt: skip
    assert str(page.dialog.render()) == ""


def test_the_municipality_the_day_and_the_cohort_are_enough(facts, show):
    page = show()
    page.form.new()

    do(
        page,
        "create",
        municipality="Odder",
        received="i dag",
        cohort_id=str(cohort_id(facts, AUGUST)),
    )

    row = records(frames.applications(facts))[0]
    assert (row["municipality"], row["received_on"], row["received_at"], row["contact"]) == (
        "Odder", TODAY, None, "",
    )  # fmt: skip
    assert len(row["lacking"]) == 5


@pytest.mark.parametrize(
    ("apply_by", "said"),
    [
        (
            None,
            "Hold august 2025 har ingen offentliggjort frist, så den kan ikke komme for sent. "
            "Ansøgningen fra Odder er gemt kl. ",
        ),
        (
            "2025-03-12",
            "Den kom til tiden, for fristen er 12. marts 2025. "
            "Ansøgningen fra Odder til august 2025 er gemt kl. ",
        ),
        (
            "2025-03-11",
            "Den kom for sent: fristen var 11. marts 2025. Den står efter dem til tiden, og en "
            "plads kræver en begrundelse. Ansøgningen fra Odder til august 2025 er gemt kl. ",
        ),
    ],
)
def test_it_says_at_once_whether_it_came_in_time(facts, show, apply_by, said):
    with facts.write("setting.edit"):
        facts.update("cohort", cohort_id(facts, AUGUST), {"apply_by": apply_by})
    page = show()
    page.form.new()

    do(page, "create", **typed_in(facts, municipality="Odder"))

    toast = str(page.toast.render())
    assert words(toast).startswith(said)
    assert f'href="/optag?hold={AUGUST}&amp;valgt=odder#afgoerelse"' in toast


def test_a_new_application_is_taken_back_as_one(facts, show):
    page = show()
    page.form.new()
    counts = {table: len(facts.rows(table)) for table in ("enrolment", "contact", "person")}
    do(page, "create", **typed_in(facts))
    made = {table: len(facts.rows(table)) for table in counts}

    page.toast.actions["undo"]()

    assert made == {table: n + 1 for table, n in counts.items()}
    assert {table: len(facts.rows(table)) for table in counts} == counts


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"municipality": " "}, "municipality", "Skriv kommunens navn."),
        ({"municipality": "Korsbæk"}, "municipality", "Vi fandt ikke ”Korsbæk”."),
        ({"municipality": "Høje-Tåstrop"}, "municipality", "Mente du Høje-Taastrup?"),
        ({"municipality": "Skive"}, "municipality", "Skive har allerede en ansøgning til hold"),
        ({"municipality": "Rebild"}, "municipality", "Rebild har allerede et forløb på hold"),
        ({"received": ""}, "received", "Skriv en dato, fx 13. juni 2024."),
        ({"received": "31/2-25"}, "received", "findes ikke i kalenderen"),
        ({"received": "14/3-25", "received_time": ""}, "received", "er ikke kommet endnu"),
        ({"received_time": "25.00"}, "time", "kan ikke læses som et klokkeslæt"),
        ({"cohort_id": "JANUARY", "received": "1/1-25"}, "cohort", "Hold januar 2025 begyndte"),
        ({"cohort_id": ""}, "cohort", "Vælg et hold."),
        ({"contact_name": ""}, "contact-name", "Skriv et navn."),
        ({"contact_email": "ane"}, "contact-email", "”ane” er ikke en mailadresse."),
        ({"motivation": "Borger 010190-1234"}, "motivation", "Det ligner et CPR-nummer."),
        ({"contact_phone": "010190-1234"}, "contact-phone", "Det ligner et CPR-nummer."),
        ({"goal": "x" * 5001}, "goal", "Teksten er for lang. Der er plads til 5.000 tegn."),
        ({"prior_experience": "nix"}, "experience", "nix"),
        ({"attachments": "http://filer.example"}, "attachments", "er ikke et link."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_at_its_field_and_everything_typed_stays(
    facts, show, clock, typed, field, sentence
):
    clock.on(date(2024, 9, 1))
    apply(facts, "Rebild", date(2024, 9, 1), JANUARY)
    clock.on(TODAY)
    apply(facts, "Skive", TODAY)
    typed = {k: str(cohort_id(facts, JANUARY)) if v == "JANUARY" else v for k, v in typed.items()}
    page, before = show(), facts.version()
    page.form.new()

    do(page, "create", **typed_in(facts, **typed))

    assert sentence in problem(page, field)
    assert problem(page, field) != ""
    assert len(re.findall(r'class="problem"', str(page.dialog.render()))) == 1
    assert facts.version() == before
    kept = str(page.dialog.render())
    for name, value in typed_in(facts, **typed).items():
        if name in ("contact_role", "received_time", "municipality") and value.strip():
            assert f'value="{value}"' in kept, name


def test_a_name_one_letter_off_is_offered_and_filled_in(facts, show):
    page = show()
    page.form.new()
    do(page, "create", **typed_in(facts, municipality="Høje-Tåstrop"))
    offered = re.findall(r'data-name="([^"]+)">([^<]+)<', str(page.dialog.render()))

    do(page, "take_name", name="Høje-Taastrup", **typed_in(facts, municipality="Høje-Tåstrop"))

    html = str(page.dialog.render())
    assert offered == [("Høje-Taastrup", "Brug Høje-Taastrup")]
    assert 'value="Høje-Taastrup"' in html
    assert 'value="Ane Skov"' in html
    assert "Det er Høje-Taastrup." in words(html)
    assert problem(page, "municipality") == ""
    do(page, "create", **typed_in(facts, municipality="Høje-Taastrup"))
    assert len(frames.applications(facts)) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("helsingør kommune", "Det er Helsingør."),
        ("0217", "Det er Helsingør."),
        ("Helsingrø", "Skriv kommunens navn eller kode."),  # two letters off
        ("Helsingør", "Det er Helsingør."),
        ("Helsinør", "Mente du Helsingør?"),
        ("", "Skriv kommunens navn eller kode."),
    ],
)
def test_while_one_types_it_says_whom_the_name_means(facts, show, name, said):
    page = show()
    page.form.new()

    do(page, "check", municipality=name, received="13/3-25")

    html = str(page.dialog.render())
    shown = re.search(r'municipality-help" aria-live.*?</div>', html, re.S)
    assert words(shown.group(0).partition(">")[2]) == said


def test_the_focus_stands_in_the_first_field_and_is_not_taken_while_one_types(facts, show):
    page = show()
    page.form.new()
    focused = [re.findall(r'id="([^"]+)"[^>]*data-focus', str(page.dialog.render()))]
    do(page, "check", municipality="Odder", received="13/3-25")
    focused.append(re.findall(r'id="([^"]+)"[^>]*data-focus', str(page.dialog.render())))
    do(page, "create", **typed_in(facts, attachments="nix"))
    focused.append(re.findall(r'id="([^"]+)"[^>]*data-focus', str(page.dialog.render())))
    do(page, "create", **typed_in(facts, municipality="nix"))
    focused.append(re.findall(r'id="([^"]+)"[^>]*data-focus', str(page.dialog.render())))

    assert focused == [
        ["application-municipality"], [], ["application-attachments"], ["application-municipality"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("received", "offered"),
    [
        ("13. marts 2025", ["august 2025 · frist ikke oplyst"]),
        ("31/12-24", ["august 2025 · frist ikke oplyst", "januar 2025 · lukket"]),
        ("1/1-25", ["august 2025 · frist ikke oplyst"]),
        ("hvad?", ["august 2025 · frist ikke oplyst"]),
        (
            "1/10-23",
            ["august 2025 · frist ikke oplyst", "februar 2024 · lukket", "januar 2025 · lukket"],
        ),
    ],
)
def test_a_cohort_that_had_begun_is_not_offered_and_open_ones_come_first(
    facts, show, received, offered
):
    page = show()
    page.form.new()

    do(page, "check", municipality="", received=received)

    found = str(page.dialog.render()).partition('name="cohort_id"')[2].partition("</select>")[0]
    assert [words(one) for one in re.findall(r"<option.*?</option>", found)] == offered


def test_the_cohort_shown_and_today_stand_in_a_new_form(show):
    page = show(hold=AUGUST)

    page.form.new()

    html = str(page.dialog.render()).replace("\u00a0", " ")
    assert 'value="13. marts 2025"' in html
    assert re.findall(r'<option value="\d+" selected>([^<]+)<', html) == [
        "august 2025 · frist ikke oplyst"
    ]
    assert show(lang="en").form.new() is None


# --- one that is there ------------------------------------------------------------------------


def test_a_change_is_saved_with_its_review_and_its_contact_and_taken_back_as_one(facts, show):
    case = apply(facts, "Odder", TODAY)
    before = facts.get("enrolment", case)
    page = show()
    page.form.open(id=str(case))

    do(page, "save", version=version(facts, case), reviewed="1", **TYPED)

    row = application(facts, case)
    assert (row["stage"], row["reviewed_on"], row["contact"], row["attachments"][1]) == (
        "assessed", TODAY, "Ane Skov", "https://filer.example/b.pdf",
    )  # fmt: skip
    assert "Ansøgningen fra Odder er gemt" in words(page.toast.render())
    page.toast.actions["undo"]()
    now = facts.get("enrolment", case)
    assert {**now, "version": 0} == {**before, "version": 0}
    assert facts.rows("contact") == []


def test_a_review_is_taken_away_by_its_tick(facts, show, clock):
    case = apply(facts, "Odder", TODAY)
    enrolments.review(facts, case)
    clock.on(TODAY + timedelta(days=3))
    page = show()
    page.form.open(id=str(case))
    do(page, "save", version=version(facts, case), reviewed="1", motivation="Ny tekst")
    kept = application(facts, case)["reviewed_on"]
    page.form.open(id=str(case))

    do(page, "save", version=version(facts, case), motivation="Ny tekst")

    assert (kept, application(facts, case)["reviewed_on"]) == (TODAY, None)


def test_the_form_holds_what_stands_and_text_is_never_markup(facts, show):
    case = apply(facts, "Odder", TODAY, motivation=HOSTILE, commitment=True)
    page = show()

    page.form.open(id=str(case))

    html = str(page.dialog.render())
    assert HOSTILE not in html
    assert "&lt;img src=x" in html
    assert re.findall(r'checkbox" name="(\w+)" value="1"( checked)?', html) == [
        ("reviewed", ""), ("commitment", " checked"),
    ]  # fmt: skip


def test_a_tick_that_was_taken_away_stays_away_when_the_form_is_refused(facts, show):
    case = apply(facts, "Odder", TODAY, commitment=True)
    page = show()
    page.form.open(id=str(case))

    do(page, "save", version=version(facts, case), attachments="nix", reviewed="1")

    html = str(page.dialog.render())
    assert "er ikke et link" in problem(page, "attachments")
    assert re.findall(r'checkbox" name="(\w+)" value="1"( checked)?', html) == [
        ("reviewed", " checked"), ("commitment", ""),
    ]  # fmt: skip
    assert application(facts, case)["commitment"] is True


def test_a_contact_is_shown_with_its_page_and_not_asked_for_again(facts, show):
    contact = enrolments.Applicant("Ane Skov", "Leder", "ane@kommune.example")
    with_one = apply(facts, "Odder", TODAY, contact=contact)
    without = apply(facts, "Rebild", TODAY)
    page = show()

    page.form.edit(enrolment=str(with_one))
    html = str(page.dialog.render())
    page.form.open(id=str(without))

    assert f'<a href="/kommune?k=odder&amp;hold={AUGUST}">' in html
    assert 'name="contact_name"' not in html
    assert 'name="contact_name"' in str(page.dialog.render())


def test_two_who_change_the_same_are_asked_field_by_field(facts, show, clock):
    case = apply(facts, "Odder", TODAY, goal="Fra ansøgningen")
    page = show()
    page.form.open(id=str(case))
    seen = version(facts, case)
    clock.tick(minutes=5)
    enrolments.edit(facts, case, {"goal": "Deres", "commitment": True})

    do(page, "save", version=seen, goal="Mit", motivation="Min")

    asked = str(page.dialog.render())
    assert re.findall(r'<th scope="row">([^<]+)<', asked) == [
        "Motivation", "Mål", "Ledelsens tilsagn",
    ]  # fmt: skip
    assert application(facts, case)["goal"] == "Deres"
    do(page, "resolve", goal="mine", motivation="mine", commitment="theirs")
    row = application(facts, case)
    assert (row["goal"], row["motivation"], row["commitment"]) == ("Mit", "Min", True)
    assert str(page.dialog.render()) == ""


def test_two_who_save_the_same_are_not_asked_and_the_contact_is_not_lost(facts, show):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.open(id=str(case))
    seen = version(facts, case)
    enrolments.edit(facts, case, {"goal": "Det samme"})

    do(page, "save", version=seen, goal="Det samme", contact_name="Ane Skov")

    row = application(facts, case)
    assert (row["goal"], row["contact"], row["contact_role"]) == (
        "Det samme", "Ane Skov", enrolments.APPLICANT,
    )  # fmt: skip
    assert str(page.dialog.render()) == ""


def test_a_contact_that_another_added_meanwhile_is_told_and_what_was_typed_stays(facts, show):
    case = apply(facts, "Odder", TODAY)
    page, other = show(), show()
    for one in (page, other):
        one.form.open(id=str(case))
    seen = version(facts, case)
    do(other, "save", version=seen, contact_name="Bo Krogh")

    do(page, "save", version=seen, contact_name="Ane Skov")

    assert problem(page, "contact-name") == (
        "Ansøgningen fik imens en kontaktperson: Bo Krogh. Ret kontakten på forløbets side."
    )
    assert 'value="Ane Skov"' in str(page.dialog.render())
    assert [row["name"] for row in facts.rows("person")] == ["Bo Krogh"]


# --- priority ---------------------------------------------------------------------------------


def test_a_priority_orders_those_of_the_same_day_and_is_taken_away_again(facts, show):
    cases = {name: apply(facts, name, TODAY) for name in ("Odder", "Rebild")}
    for case in cases.values():
        decisions.decide(facts, case, Status.WAITLISTED, on_date=TODAY)
    page = show()
    page.form.prioritise(id=str(cases["Rebild"]))
    said = words(page.dialog.render())

    do(page, "save_priority", version=version(facts, cases["Rebild"]), priority="1", reason="Klar")

    assert "Modtaget samme dag: Odder." in said
    assert frames.waiting(facts, AUGUST)["municipality"].tolist() == ["Rebild", "Odder"]
    assert "Prioriteten for Rebild er gemt" in words(page.toast.render())
    page.form.prioritise(id=str(cases["Rebild"]))
    do(page, "save_priority", version=version(facts, cases["Rebild"]), priority="", reason="Klar")
    row = application(facts, cases["Rebild"])
    assert (row["priority"], row["priority_reason"], row["queue"]) == (None, "", 2)


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"priority": "1", "reason": " "}, "reason", "Skriv en kort begrundelse."),
        ({"priority": "0", "reason": "Klar"}, "priority", "0 kan ikke bruges her. Skriv et tal"),
        ({"priority": "først", "reason": "Klar"}, "priority", "”først” er ikke et helt tal."),
        ({"priority": "٣", "reason": "Klar"}, "priority", "”٣” er ikke et helt tal."),
        ({"priority": "1" * 5000, "reason": "Klar"}, "priority", "er ikke et helt tal."),
    ],
)  # fmt: skip
def test_a_priority_that_cannot_be_used_is_said_at_its_field(facts, show, typed, field, sentence):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.prioritise(id=str(case))
    alone = words(page.dialog.render())

    do(page, "save_priority", version=version(facts, case), **typed)

    assert "Ingen andre ansøgninger til holdet er modtaget den dag" in alone
    assert sentence in problem(page, field)
    assert f'value="{typed["reason"]}"' in str(page.dialog.render())
    assert application(facts, case)["priority"] is None


def test_two_priorities_at_once_are_a_choice(facts, show):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.prioritise(id=str(case))
    seen = version(facts, case)
    enrolments.prioritise(facts, case, 2, "Deres grund")

    do(page, "save_priority", version=seen, priority="1", reason="Min grund")
    asked = re.findall(r'<th scope="row">([^<]+)<', str(page.dialog.render()))
    do(page, "resolve", priority="mine", priority_reason="mine")

    row = application(facts, case)
    assert asked == ["Prioritet", "Begrundelse for prioritet"]
    assert (row["priority"], row["priority_reason"]) == (1, "Min grund")


# --- another cohort ---------------------------------------------------------------------------


@pytest.fixture
def later(facts: Store) -> int:
    """A cohort after the last one."""
    august = facts.find("cohort", code=AUGUST)
    own = {name: august[name] for name in ("initiative_id", "months", "source")}
    with facts.write("setting.edit"):
        return facts.insert("cohort", {**own, "code": "2026-01", "starts_on": "2026-01-01"})


def test_an_application_is_moved_with_its_date_and_a_reason(facts, show, later):
    case = apply(facts, "Odder", date(2025, 3, 1))
    page = show()
    page.form.move(id=str(case))
    html = str(page.dialog.render())
    seen = re.search(r'name="seen" value="(\d+)"', html).group(1)

    do(page, "save_move", seen=seen, cohort_id=str(later), reason="Ikke klar før")

    row = application(facts, case)
    assert (row["cohort"], row["moved_from"], row["received_on"]) == (
        "2026-01", AUGUST, date(2025, 3, 1),
    )  # fmt: skip
    assert re.findall(r"<option[^>]*>([^<]+)<", html) == ["januar\u00a02026 · frist ikke oplyst"]
    toast = str(page.toast.render())
    assert "Odder er flyttet til januar 2026" in words(toast)
    assert 'href="/optag?hold=2026-01&amp;valgt=odder#afgoerelse"' in toast
    page.toast.actions["undo"]()
    assert application(facts, case)["cohort"] == AUGUST


def test_a_move_without_a_reason_or_a_cohort_is_refused_at_its_field(facts, show, later):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.move(id=str(case))
    seen = str(application(facts, case)["seen"])

    do(page, "save_move", seen=seen, cohort_id=str(later), reason=" ")
    reason = problem(page, "reason")
    do(page, "save_move", seen=seen, cohort_id="", reason="Ikke klar før")

    assert reason == "Skriv en kort begrundelse. Den bliver gemt i historikken."
    assert problem(page, "cohort") == "Vælg et hold."
    assert 'value="Ikke klar før"' in str(page.dialog.render())
    assert application(facts, case)["cohort"] == AUGUST


def test_a_move_of_what_another_has_decided_meanwhile_is_refused(facts, show, later, clock):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.move(id=str(case))
    seen = str(application(facts, case)["seen"])
    clock.tick(minutes=5)
    decisions.decide(facts, case, Status.WAITLISTED, on_date=TODAY)

    do(page, "save_move", seen=seen, cohort_id=str(later), reason="Ikke klar før")

    assert "har afgjort Odder" in problem(page, "")
    assert application(facts, case)["cohort"] == AUGUST


def test_there_is_nowhere_to_move_to_and_what_is_over_cannot_move(facts, show, later):
    case = apply(facts, "Odder", TODAY)
    page = show()
    page.form.open(id=str(case))
    open_one = 'data-do="move"' in str(page.dialog.render())
    decisions.decide(facts, case, Status.DECLINED, on_date=TODAY, reason="Nej")
    over = 'data-do="move"' in str(page.dialog.render())
    with facts.write("setting.edit"):
        facts.delete("cohort", later)
    page.form.move(id=str(case))

    assert (open_one, over) == (True, False)
    assert "Alle andre hold er begyndt" in words(page.dialog.render())
    assert "<form" not in str(page.dialog.render())


# --- who may ----------------------------------------------------------------------------------


def test_who_may_not_gets_no_form_however_it_is_asked_for(facts, show):
    case = apply(facts, "Odder", TODAY)
    facts.actor = Actor("ida@styrelsen.example", "Ida Holm", "consultant")
    page = show()

    for opened in (page.form.new, page.form.prioritise, page.form.move):
        with pytest.raises(Forbidden):
            opened(id=str(case))

    assert str(page.dialog.render()) == ""
    assert people.PURPOSE not in str(page.dialog.render())
    facts.actor = Actor("lene@styrelsen.example", "Lene", "office")
    for opened in (page.form.new, page.form.prioritise, page.form.move):
        opened(id=str(case))
        assert "dialog-head" in str(page.dialog.render())
