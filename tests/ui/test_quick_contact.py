"""Registrér kontakt: one line from any page, what it writes, says, keeps and hides."""

from contextlib import nullcontext
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from bokeh.document import Document

from advisory.domain.enrolments import Status
from advisory.domain.errors import Forbidden, Refused
from advisory.settings import shipped
from advisory.store import decisions, enrolments, journal, open_store, users
from advisory.texts import translator
from advisory.ui import shell
from advisory.ui.quick_contact import QuickContact
from advisory.ui.view import View
from advisory.web import server

TODAY = date(2025, 3, 13)
HOSTILE = '<script>window.__xss=1</script>"><img src=x onerror=alert(1)>'


class Read(HTMLParser):
    """The form as a browser has it: elements, fields by name, options, problems by their id."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.values: dict[str, str] = {}
        self.options: list[tuple[str, str]] = []
        self.groups: list[str] = []
        self.problems: dict[str, str] = {}
        self.described: dict[str, str] = {}
        self.does: list[str] = []
        self.status = ""
        self._open: list[tuple[str, dict]] = []
        self.feed(html.replace("\u00a0", " "))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.elements.add(tag)
        if tag == "input":
            self.values[given["name"]] = given["value"]
        if tag in ("input", "select") and "aria-invalid" in given:
            self.described[given["name"]] = given["aria-describedby"]
        if tag == "optgroup":
            self.groups.append(given["label"])
        if tag == "select":
            self._select = given["name"]
        if tag == "option":
            self.options.append((given["value"], ""))
            if "selected" in given:
                self.values[self._select] = given["value"]
        if "data-do" in given:
            self.does.append(given["data-do"])
        if tag not in ("input", "img"):
            self._open.append((tag, given))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if not self._open:
            return
        if self._open[-1][0] == "option":
            value, text = self.options[-1]
            self.options[-1] = (value, text + data)
        for _, outer in self._open:
            if outer.get("class") == "problem":
                self.problems[outer["id"]] = self.problems.get(outer["id"], "") + data.strip()
            if outer.get("role") == "status":
                self.status = f"{self.status} {data}".strip()


@pytest.fixture
def cases(facts) -> dict[str, int]:
    """Faxe is Ane's, Struer nobody's, Skive Bo's; Samsø has only applied."""
    made = {}
    for login, name in (("ane", "Ane"), ("bo", "Bo")):
        users.add(facts, f"{login}@x.example", name, name[0], "consultant")
    for name, consultant in (("Faxe", "Ane"), ("Struer", None), ("Skive", "Bo"), ("Samsø", "Ane")):
        home, cohort = facts.find("municipality", name=name), facts.find("cohort", code="2024-02")
        made[name] = enrolments.create(
            facts,
            cohort["id"],
            home["id"],
            received_on=date(2023, 9, 1),
            consultant_id=facts.find("app_user", name=consultant)["id"] if consultant else None,
        )
        if name != "Samsø":
            day = date(2023, 10, 1)
            decisions.decide(facts, made[name], Status.ADMITTED, on_date=day, reason="sent")
    return made


@pytest.fixture
def mine(facts, cases, clock):
    """The store as Ane has it open."""
    with open_store(facts.path, clock=clock) as store:
        store.actor = users.actor_for(store, "ane@x.example")
        yield store


@pytest.fixture
def quick(mine):
    def made(language: str = "da", **query: str):
        return QuickContact(View(mine, translator(language), query)).live

    return made


def shown(live) -> Read:
    return Read(str(live.render()))


def typed(cases, **others: str) -> dict[str, str]:
    return {
        "enrolment_id": str(cases["Struer"]),
        "kind": "phone",
        "noted_on": "12/3",
        "minutes": " 45 ",
        "text": "Talte om roller",
        "next_step": "Send skabelon",
        "next_step_by": "20/3-25",
    } | others


def test_at_first_it_asks_with_today_and_guidance_and_ones_own_municipalities_first(quick, cases):
    found = shown(quick())

    assert found.options[: len(cases)] == [
        ("", "Vælg kommune"),
        (str(cases["Faxe"]), "Faxe"),
        (str(cases["Skive"]), "Skive"),
        (str(cases["Struer"]), "Struer"),
    ]
    assert found.groups == ["Mine kommuner", "Andre kommuner"]
    assert found.values == {
        "kind": "guidance",
        "noted_on": "13. marts 2025",
        "minutes": "",
        "text": "",
        "next_step": "",
        "next_step_by": "",
    }
    assert (found.does, found.status, found.problems) == (["register"], "", {})
    assert "note" not in [value for value, _ in found.options]


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ({"k": "struer", "hold": "2024-02"}, "Struer"),
        ({"k": "struer"}, "Struer"),
        ({"k": "struer", "hold": "2025-01"}, None),
        ({"k": "samsoe"}, None),
        ({"k": HOSTILE}, None),
        ({}, None),
    ],
)
def test_on_the_page_of_a_case_that_one_is_chosen(quick, cases, query, chosen):
    found = shown(quick(**query))

    assert found.values.get("enrolment_id") == (str(cases[chosen]) if chosen else None)
    assert "script" not in found.elements


def test_a_municipality_with_two_programmes_says_which(facts, cases, quick):
    cohort = facts.find("cohort", code="2025-01")
    home = facts.find("municipality", name="Faxe")
    with facts.write("facts.load"):  # within one initiative it takes part once
        other = {**facts.get("initiative", 1), "code": "other"}
        del other["id"]
        own = {"initiative_id": facts.insert("initiative", other)}
        facts.update("cohort", cohort["id"], own)
    again = enrolments.create(facts, cohort["id"], home["id"], received_on=date(2024, 9, 1))
    decisions.decide(facts, again, Status.ADMITTED, on_date=date(2024, 10, 1), reason="x")

    words = dict(shown(quick()).options)

    assert words[str(cases["Faxe"])] == "Faxe · februar 2024"
    assert words[str(again)] == "Faxe · januar 2025"
    assert words[str(cases["Struer"])] == "Struer"


def test_what_is_registered_is_a_note_and_a_task_and_is_said(mine, cases, quick):
    live = quick()

    live.actions["register"](**typed(cases))

    me = mine.find("app_user", name="Ane")["id"]
    (note,), (task,) = mine.rows("note"), mine.rows("task")
    assert note == {
        "id": note["id"],
        "version": 1,
        "enrolment_id": cases["Struer"],
        "kind": "phone",
        "noted_on": "2025-03-12",
        "text": "Talte om roller",
        "author_id": me,
        "minutes": 45,
    }
    assert task == {
        "id": task["id"],
        "version": 1,
        "enrolment_id": cases["Struer"],
        "title": "Send skabelon",
        "due_on": "2025-03-20",
        "assignee_id": me,
        "done_on": None,
        "note_id": note["id"],
    }
    found = shown(live)
    assert " ".join(found.status.split()) == "Kontakten med Struer 12. mar. er gemt. Fortryd"
    assert found.does == ["take_back", "register"]
    assert (found.values["text"], found.values["minutes"], found.values.get("enrolment_id")) == (
        "",
        "",
        None,
    )


def test_an_empty_date_is_today_and_no_minutes_are_not_known(mine, cases, quick):
    live = quick()

    live.actions["register"](enrolment_id=str(cases["Faxe"]), text="Ringede")

    (note,) = mine.rows("note")
    assert (note["noted_on"], note["minutes"], note["kind"]) == ("2025-03-13", None, "guidance")
    assert mine.rows("task") == []


@pytest.mark.parametrize(
    ("values", "field", "id_", "sentence"),
    [
        ({"enrolment_id": ""}, "enrolment_id", "quick-case", "Vælg mindst én kommune."),
        ({"enrolment_id": "x"}, "enrolment_id", "quick-case", "Vælg mindst én kommune."),
        ({"text": " "}, "text", "quick-text", "Skriv"),
        ({"text": "Om 010190-1234"}, "text", "quick-text", "CPR"),
        ({"text": "x" * 10_001}, "text", "quick-text", "10.000"),
        ({"next_step": "Om 010190-1234"}, "next_step", "quick-next", "CPR"),
        ({"next_step": ""}, "next_step", "quick-next", "Skriv, hvad næste skridt er"),
        ({"noted_on": "i overmorgen"}, "noted_on", "quick-on", "”i overmorgen”"),
        ({"noted_on": "31/2-25"}, "noted_on", "quick-on", "kalenderen"),
        ({"noted_on": "14/3-25"}, "noted_on", "quick-on", "14. marts 2025"),
        ({"next_step_by": "snart"}, "next_step_by", "quick-by", "”snart”"),
        ({"minutes": "en time"}, "minutes", "quick-minutes", "”en time” er ikke et helt tal"),
        ({"minutes": "45,5"}, "minutes", "quick-minutes", "”45,5” er ikke et helt tal"),
        ({"minutes": "-5"}, "minutes", "quick-minutes", "”-5” er ikke et helt tal"),
        ({"minutes": "0"}, "minutes", "quick-minutes", "Skriv et tal fra 1 til 1.440"),
        ({"minutes": "1441"}, "minutes", "quick-minutes", "Skriv et tal fra 1 til 1.440"),
    ],
)
def test_what_cannot_be_used_is_said_beside_its_field_and_nothing_typed_is_lost(
    mine, cases, quick, values, field, id_, sentence
):
    live, before = quick(), mine.version()
    written = typed(cases, **values)

    live.actions["register"](**written)

    found = shown(live)
    assert list(found.problems) == [f"{id_}-problem"]
    assert sentence.replace(".", "") in found.problems[f"{id_}-problem"].replace(".", "")
    assert found.described == {field: f"{id_}-problem"}
    left = {name: value for name, value in written.items() if value not in ("x", "")}
    assert {name: found.values.get(name) for name in left} == left
    assert (found.status, mine.version()) == ("", before)


def test_an_unknown_kind_is_said_above_the_form(mine, cases, quick):
    live, before = quick(), mine.version()

    live.actions["register"](**typed(cases, kind="gossip"))

    assert list(shown(live).problems) == ["quick-problem"]
    assert mine.version() == before


def test_a_mended_form_is_saved_and_its_problem_gone(mine, cases, quick):
    live = quick()
    live.actions["register"](**typed(cases, minutes="en time"))
    live.actions["register"](**typed(cases))

    found = shown(live)
    assert (found.problems, len(mine.rows("note"))) == ({}, 1)
    assert "Struer" in found.status


def test_it_is_taken_back_as_one_and_only_once(mine, cases, quick):
    live = quick()
    live.actions["register"](**typed(cases))

    live.actions["take_back"]()
    live.actions["take_back"]()

    found = shown(live)
    assert (mine.rows("note"), mine.rows("task")) == ([], [])
    assert (found.does, found.status) == (["register"], translator("da")("toast.undone"))


def test_what_somebody_has_built_on_since_is_not_taken_back(mine, facts, cases, quick):
    live = quick()
    live.actions["register"](**typed(cases))
    journal.finish_task(facts, facts.rows("task")[0]["id"], TODAY)

    live.actions["take_back"]()

    assert len(mine.rows("note")) == 1
    found = shown(live)
    assert found.status
    assert found.status != translator("da")("toast.undone")
    assert found.does == ["register"]


def test_what_is_typed_is_shown_as_typed_and_is_never_markup(cases, quick):
    usual = shown(quick())
    live = quick()
    names = ("text", "next_step", "minutes", "noted_on", "next_step_by")

    live.actions["register"](**typed(cases, **dict.fromkeys(names, HOSTILE)))

    found = shown(live)
    assert {name: found.values[name] for name in names} == dict.fromkeys(names, HOSTILE)
    assert found.elements - usual.elements <= {"svg", "path", "circle"}


def test_in_english_it_is_english(cases, quick):
    live = quick("en")

    live.actions["register"](**typed(cases, text=""))

    assert shown(live).groups == ["My municipalities", "Other municipalities"]
    assert "Skriv" not in str(live.render())


def test_one_who_is_no_user_follows_nobody_and_writes_as_nobody(facts, cases):
    live = QuickContact(View(facts, translator("da"), {})).live

    live.actions["register"](**typed(cases))

    assert shown(live).groups == ["Andre kommuner"]
    assert facts.rows("note")[0]["author_id"] is None


@pytest.mark.parametrize("name", ["facts", "store"])
def test_without_any_case_there_is_nobody_to_choose(request, name):
    store = request.getfixturevalue(name)

    found = shown(QuickContact(View(store, translator("da"), {})).live)

    assert found.groups == []


# --- who has it -----------------------------------------------------------------------------------


@pytest.fixture
def page(facts, cases):
    """`page("leadership", date="2024-12-12")` is the HTML of the overview for that role."""
    made = []

    def show(role: str, **query: str) -> str:
        if facts.find("app_user", login=f"{role}@x.example") is None:
            users.add(facts, f"{role}@x.example", role.title(), role[:2].upper(), role)
        site = shell.Site(
            db=facts.path,
            clock=lambda: datetime(2025, 3, 13, 9, tzinfo=UTC),
            language="da",
            subscribe=lambda _listener: lambda: None,
            assets=lambda asset: f"/filer/0/{asset}",
            version="0",
        )
        document = Document()
        made.append(document)
        about = server.load(shipped("apps") / "about.py").page
        shell.show(document, about, "om", site, f"{role}@x.example", query)
        drawn = SimpleNamespace(roots=[object()], token="token")
        return document.template.render(
            document.template_variables, docs=[drawn], title=document.title
        )

    yield show
    for document in made:
        for end in document.session_destroyed_callbacks:
            end(None)


@pytest.mark.parametrize(
    ("role", "query", "there"),
    [
        ("consultant", {}, True),
        ("office", {}, True),
        ("consultant", {"date": "2024-12-12"}, False),
        ("consultant", {"date": "2025-09-01"}, False),
        ("leadership", {}, False),
        ("partner", {}, False),
    ],
)
def test_only_who_may_register_today_has_it_on_their_pages(page, role, query, there):
    html = page(role, **query)

    assert ('data-region="quick"' in html, 'data-do="register"' in html) == (there, there)


@pytest.mark.parametrize("role", ["leadership", "partner"])
def test_who_may_not_register_cannot_by_asking_for_it(cases, as_role, role):
    store = as_role(role)
    before = store.version()
    live = QuickContact(View(store, translator("da"), {})).live

    with pytest.raises(Forbidden) if role == "partner" else nullcontext():  # knows no cases
        live.actions["register"](**typed(cases))
        assert shown(live).problems.keys() == {"quick-problem"}
    with pytest.raises(Forbidden):
        journal.register_contact(store, cases["Faxe"], "x", noted_on=TODAY)
    assert store.version() == before


def test_nothing_is_registered_on_another_date_by_asking_for_it(mine, cases):
    live = QuickContact(View(mine.at(date(2025, 3, 12)), translator("da"), {})).live
    before = mine.version()

    live.actions["register"](**typed(cases, noted_on="12/3-25"))

    assert mine.version() == before
    assert list(shown(live).problems) == ["quick-problem"]
    with pytest.raises(Refused, match="read_only_date"):
        journal.register_contact(
            mine.at(date(2025, 3, 12)), cases["Faxe"], "x", noted_on=date(2025, 3, 12)
        )
