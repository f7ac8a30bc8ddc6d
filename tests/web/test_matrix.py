"""Who may do what through which door: every role, page and action of the registries.

Nothing is listed twice: pages are those of the server, roles and actions those of `roles`, verbs
are the functions of the store that write, routes those of the running application, events what the
parts of each page answer to. What is in none of the tables here fails its test.
"""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import advisory
from advisory import frames
from advisory import store as store_package
from advisory.domain import roles
from advisory.domain.errors import Forbidden
from advisory.reports import REPORTS
from advisory.settings import read
from advisory.store import Actor, Store, deliveries, demo, feeds, open_store, sessions, users
from advisory.texts import translator
from advisory.ui import shell
from advisory.web import downloads, server

from .apart import apart
from .bokeh_client import Loop, Wire, token_in
from .conftest import NOW, Site
from .events import parts, sent_with

LOGINS = {
    "consultant": "jonas@styrelsen.example",
    "office": "lene@styrelsen.example",
    "leadership": "peter@styrelsen.example",
    "partner": "mette@kp.example",
    "administrator": "nadia@styrelsen.example",
}
TEXT = translator("da")
CELLS = [(role, path) for role in roles.GIVEN for path in server.PAGES]
BINARY = {"Content_Type": "application/octet-stream"}
FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}


def may(role: str, path: str) -> bool:
    return roles.allowed(shell.ACCESS[path.strip("/")], role)


# --- the site ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What addresses need: a case, an activity that was held, a partner and its sheet."""

    pages: dict[str, str]
    provider: int
    sheet: int
    case: int


@pytest.fixture(scope="module")
def site(make_site: Callable[[], Site]) -> Site:
    """A server of this module's own."""
    return make_site()


@pytest.fixture(scope="module")
def known(site: Site) -> Facts:
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        note = store.rows("note")[-1]
        case = store.get("enrolment", note["enrolment_id"])
        slug = store.get("municipality", case["municipality_id"])["slug"]
        held = frames.activities(store).query("kind == 'workshop' and state == 'held'")
        provider = store.find("organisation", name="Københavns Professionshøjskole")
        sheet = deliveries.make_sheet(store, provider["id"])
    pages = {path: path for path in server.PAGES}
    pages |= {"/kommune": f"/kommune?k={slug}"}
    pages |= {"/aktivitet": f"/aktivitet?id={held['activity_id'].iloc[0]}"}
    return Facts(pages, provider["id"], sheet, case["id"])


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def knock(site: Site, loop: Loop) -> Iterator[Callable[..., Wire]]:
    """`knock(path, token, cookie)` tries to open the websocket of a page."""
    opened: list[Wire] = []

    def try_it(path: str, token: str, cookie: str, **headers: str) -> Wire:
        url = f"ws://127.0.0.1:{site.port}{path.rstrip('/')}/ws"
        opened.append(Wire.knock(loop, url, token, Cookie=cookie, **headers))
        return opened[-1]

    yield try_it
    for wire in opened:
        wire.close()


@pytest.fixture
def token(site: Site, known: Facts) -> Callable[[str, str], str]:
    """`token("/om", cookie)` is the signed token in a page as it is answered to somebody."""
    return lambda path, cookie: token_in(site.get(known.pages[path], Cookie=cookie)[2].decode())


# --- door 1 and 2: the page and its own websocket ---------------------------------------------


@pytest.mark.parametrize(("role", "path"), CELLS)
def test_a_page_and_its_own_websocket_answer_whom_the_table_lets_in(site, known, knock, role, path):
    cookie = site.cookie(LOGINS[role])

    status, _, content = site.get(known.pages[path], Cookie=cookie)
    own = token_in(content.decode())
    wire = knock(path, own, cookie)

    if may(role, path):
        assert (status, wire.is_open, len(wire.pull()["roots"])) == (200, True, 1)
        assert wire.say("nowhere", "nothing").get("n") == 1
    else:
        assert (status, own, wire.status) == (403, "", 403)
        assert 'data-do="' not in content.decode()


@pytest.mark.parametrize("path", server.PAGES)
def test_nobody_is_led_to_the_sign_in_and_gets_no_websocket(site, known, knock, token, path):
    own = token(path, site.cookie(LOGINS["office"]))

    status, headers, content = site.get(known.pages[path], Cookie="")

    assert (status, content) == (302, b"")
    assert headers["Location"].removeprefix(".").startswith("/log-ind?next=")
    assert knock(path, own, "").status == 403
    assert knock(path, own, site.cookie(LOGINS["office"])).is_open  # control


# --- doors 3 to 6: the websocket with a token that is not this page's, person's or session's --


@pytest.mark.parametrize(("role", "path"), CELLS)
def test_a_websocket_is_closed_to_the_token_of_another_page(site, knock, token, role, path):
    cookie = site.cookie(LOGINS[role])
    other = next(one for one in server.PAGES if one != path and may(role, one))

    assert knock(path, token(other, cookie), cookie).status == 403
    if may(role, path):
        assert knock(path, token(path, cookie), cookie).is_open  # control
    else:
        assert knock(other, token(other, cookie), cookie).is_open  # control: the token is one


@pytest.mark.parametrize(("role", "path"), CELLS)
def test_a_websocket_is_closed_to_the_token_of_another_person(site, knock, token, role, path):
    whose = next(one for one in LOGINS if one != role and may(one, path))
    theirs, mine = site.cookie(LOGINS[whose]), site.cookie(LOGINS[role])
    stolen = token(path, theirs)

    assert knock(path, stolen, mine).status == 403
    assert knock(path, stolen, theirs).is_open  # control


@pytest.mark.parametrize("named", ["bokeh-token", "bokeh-session-id", "Bokeh-Session-Id"])
@pytest.mark.parametrize("path", server.PAGES)
def test_a_page_made_for_another_is_not_answered_by_its_name(site, known, token, path, named):
    stolen = token(path, site.cookie(LOGINS["office"]))
    mine = {"Cookie": site.cookie(LOGINS["leadership"])}
    address = known.pages[path] + ("&" if "?" in known.pages[path] else "?")
    if named == "Bokeh-Session-Id":
        status = site.get(address, Bokeh_Session_Id=stolen, **mine)[0]
    else:
        status = site.get(f"{address}{named}={stolen}", **mine)[0]
        sent = site.ask("GET", address, f"{named}={stolen}", **mine, **FORM)
        assert sent[0] == 403

    assert status == 403


@pytest.fixture
def newcomer(site: Site) -> Iterator[Callable[[str], tuple[int, str]]]:
    """`newcomer("office")` adds a user and gives their id and login; they are closed afterwards."""
    made: list[int] = []

    def add(role: str) -> tuple[int, str]:
        login = f"{role}{len(site.cookies)}@matrix.example"
        with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
            made.append(users.add(store, login, "Ny Bruger", "NB", role))
        return made[-1], login

    yield add
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        for user_id in made:
            users.close(store, user_id)


def _lowered(store: Store, user_id: int) -> None:
    role = store.get("app_user", user_id)["role"]
    users.set_role(store, user_id, "partner" if role != "partner" else "leadership")


ENDS: dict[str, Callable[[Store, int], object]] = {
    "another role": _lowered,
    "closed": users.close,
    "signed out": sessions.end_all,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("role", roles.GIVEN)
def test_an_open_page_and_its_token_end_with_the_session(site, newcomer, knock, token, role, end):
    user_id, login = newcomer(role)
    cookie = site.cookie(login)
    own = token("/om", cookie)
    wire = knock("/om", own, cookie)
    before = wire.say("nowhere", "nothing")

    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        ENDS[end](store, user_id)

    first, second = wire.say("nowhere", "nothing"), wire.say("nowhere", "nothing")
    assert before == {"n": 1, "alert": "", "regions": {}, "id": before["id"]}
    assert (first, second) == tuple({"left": True, "id": one["id"]} for one in (first, second))
    assert knock("/om", own, cookie).status == 403
    assert site.get("/om", Cookie=cookie)[0] == 302


@pytest.mark.parametrize("role", roles.GIVEN)
def test_a_token_opens_nothing_in_another_session_of_the_same_person(
    site, newcomer, knock, token, role
):
    user_id, login = newcomer(role)
    first = site.cookie(login)
    site.cookies.pop(login)
    second = site.cookie(login)
    own = token("/om", first)

    assert knock("/om", own, second).status == 403
    assert knock("/om", own, first).is_open  # control
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        sessions.end_all(store, user_id)
    assert knock("/om", own, first).status == 403
    assert knock("/om", own, second).status == 403


# --- events: what the parts of each page answer to --------------------------------------------


@pytest.mark.parametrize("path", server.PAGES)
def test_every_event_of_a_page_is_answered_within_the_role_or_by_nothing(
    site, known, knock, token, path
):
    """All that any role's page answers to is sent by every role to its own page.

    What the page of a role has not got answers nothing; what is written is what the role may do.
    """
    readers = ("leadership", "partner", "administrator")  # first: the others change what is there
    here = [role for role in dict.fromkeys((*readers, *roles.GIVEN)) if may(role, path)]
    own = {role: parts(site.db, LOGINS[role], known.pages[path]) for role in here}
    every = {
        (region, do): sent_with(action)
        for role in here
        for region, actions in own[role].items()
        for do, action in actions.items()
    }
    answered, wrote = 0, set()

    for role in here:
        cookie = site.cookie(LOGINS[role])
        wire = knock(path, token(path, cookie), cookie)
        with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
            before = store.version()
        for (region, do), values in every.items():
            answer = wire.say(region, do, **values)
            nothing = {"alert": "", "regions": {}}
            assert answer.get("n"), (role, region, do)
            if do not in own[role].get(region, {}):
                assert {name: answer[name] for name in nothing} == nothing, (role, region, do)
                assert set(answer) == {"n", "id", *nothing}, (role, region, do)
            else:
                answered += bool(answer["alert"] or answer["regions"])
        with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
            rows = store.rows("history", "id > ? AND role = ?", [before, role])
        wrote |= {row["action"] for row in rows}
        denied = {row["action"] for row in rows if not roles.allowed(row["action"], role)}
        assert denied == set(), (role, denied)

    assert answered or not every
    assert wrote or path != "/kommune"  # control: there are events that write


# --- direct: the table itself, and every verb of the store ------------------------------------


def modules() -> list[ModuleType]:
    """The modules of the store, without those that make the invented data."""
    found = pkgutil.iter_modules(store_package.__path__)
    names = [one.name for one in found if one.name.partition("_")[0] != "demo"]
    return [importlib.import_module(f"advisory.store.{name}") for name in names]


def calls(tree: ast.AST, method: str) -> dict[str, list[ast.expr]]:
    """Function (or Class.method) -> what it gives to each `something.<method>(...)` in it."""
    found: dict[str, list[ast.expr]] = {}

    def look(node: ast.AST, inside: tuple[str, ...]) -> None:
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            called = child.func if isinstance(child, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == method:
                found.setdefault(".".join(inside), []).extend(child.args[:1])
            look(child, (*inside, child.name) if named else inside)

    look(tree, ())
    return found


def actions_of(module: ModuleType, asked: ast.expr) -> set[str]:
    """The actions that the argument of a `write` can be."""
    match asked:
        case ast.Constant():
            return {asked.value}
        case ast.IfExp():
            return actions_of(module, asked.body) | actions_of(module, asked.orelse)
        case _:
            return {eval(ast.unparse(asked), vars(module))}


@dataclass(frozen=True)
class Verb:
    """A function of the store that writes, and what it writes as."""

    name: str
    function: Callable[..., Any]
    actions: frozenset[str]


def verbs(found: list[ModuleType]) -> Iterator[Verb]:
    for module in found:
        for name, asked in calls(ast.parse(inspect.getsource(module)), "write").items():
            if hasattr(module, name.partition(".")[0]):
                actions = frozenset().union(*(actions_of(module, one) for one in asked))
                title = f"{module.__name__.rpartition('.')[2]}.{name}"
                yield Verb(title, getattr(module, name.partition(".")[0]), actions)


VERBS = list(verbs(modules()))
PLAIN_VALUES = {  # what a verb needs to know before it can say what it would do
    "replan.apply": {"asked": SimpleNamespace(what="case", enrolments=None)},
}
ELSEWHERE = {  # decisions of several verbs, each of which is a verb of the store
    "advisory.cli.starting:init": {"facts.load"},
    "advisory.ui.activity_form:ActivityForm._change": {"activity.edit"},
    "advisory.ui.activity_steps:ActivitySteps._hold.save": {"activity.edit"},
    "advisory.ui.application_form:ApplicationForm._write": {"application.edit"},
    "advisory.ui.places_form:PlacesForm._change": {"places.edit"},
}
NO_ROLE = {  # who signs in has none yet; a reading is noted of whoever reads
    "credentials.begin_try",
    "credentials.forget_tries",
    "reads.note_reading",
    "sessions.start",
    "sessions.touch",
    "sessions._end",
}


class Untouched:
    """Given for whatever a verb wants: a verb that looks at it before the role is not a verb."""

    def _used(self, *args: object) -> Any:
        raise LookupError("looked at")

    __getattr__ = __iter__ = __bool__ = __eq__ = __lt__ = __len__ = __getitem__ = _used  # type: ignore[assignment]
    __hash__ = object.__hash__


def attempt(verb: Verb, store: Store) -> Exception | None:
    """What a verb says when it knows nothing but who asks."""
    given = PLAIN_VALUES.get(verb.name, {})
    wanted = list(inspect.signature(verb.function).parameters.values())[1:]
    values = {
        one.name: given.get(one.name, Untouched())
        for one in wanted
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    }
    try:
        verb.function(store, **values)
    except Exception as error:
        return error
    return None


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Store]]:
    """An empty database, opened by every role."""
    path = tmp_path_factory.mktemp("verbs") / "empty.db"
    opened = {}
    for role in ("system", *roles.ROLES):
        opened[role] = open_store(path, Actor(role, role, role), clock=lambda: NOW)
    yield opened
    for store in opened.values():
        store.close()


@pytest.mark.parametrize("action", roles.ACTIONS)
def test_require_and_write_let_in_exactly_whom_the_table_does(stores, action):
    let_in: dict[str, set[str]] = {"require": set(), "write": set()}
    said: dict[tuple[str, str], dict[str, str]] = {}
    for role, store in stores.items():
        for name, who in let_in.items():
            try:
                with getattr(store, name)(action) or store.trusted():
                    who.add(role)
            except Forbidden as error:
                said[name, role] = error.values

    assert all(one == {"action": action, "role": role} for (_, role), one in said.items())
    assert let_in["require"] == let_in["write"] == set(roles.ACTIONS[action])


def test_what_no_table_names_may_be_done_by_no_role(stores):
    for store in stores.values():
        for action in ("note.eat", "", "page.minds", "NOTE.ADD", "note.add "):
            with pytest.raises(Forbidden):
                store.require(action)
            with pytest.raises(Forbidden), store.write(action):
                pass


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_a_verb_asks_for_the_role_before_anything_else(stores, verb):
    assert verb.actions <= set(roles.ACTIONS)
    for role in roles.ROLES:
        said = attempt(verb, stores[role])
        refused = isinstance(said, Forbidden) and said.values.get("action") in verb.actions
        if not any(roles.allowed(action, role) for action in verb.actions):
            assert refused, (role, said)
        elif all(roles.allowed(action, role) for action in verb.actions):
            assert not refused, (role, said)  # the positive control


def test_every_function_that_writes_is_a_verb_or_stands_in_a_table():
    named = {verb.name for verb in VERBS}
    inside = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules()
        for name in calls(ast.parse(inspect.getsource(module)), "write")
    }
    without = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in modules()
        for name in calls(ast.parse(inspect.getsource(module)), "unrecorded")
    }

    assert inside == named
    assert len(named) > 80
    assert without == NO_ROLE
    assert outside(Path(advisory.__file__).parent) == ELSEWHERE


def outside(root: Path) -> dict[str, set[str]]:
    """Functions outside the store that begin a decision of their own, and as what."""
    found = {}
    for file in sorted(root.rglob("*.py")):
        if file.parent.name == "store":
            continue
        for name, asked in calls(ast.parse(file.read_text(encoding="utf-8")), "write").items():
            words = {one.value for one in asked if isinstance(one, ast.Constant)}
            said = {word for word in words if "." in str(word)}
            if said:
                dotted = ".".join(file.relative_to(root.parent).with_suffix("").parts)
                found[f"{dotted}:{name}"] = said
    return found


def test_control_a_verb_that_asks_too_late_or_as_nobody_is_found(stores):
    source = "def late(store, who):\n    who.name\n    with store.write('note.add'): pass\n"
    source += "def eats(store, who):\n    with store.write('note.eat'): pass\n"
    module = ModuleType("advisory.store.late")
    exec(source, vars(module))
    found = {
        name: Verb(f"late.{name}", vars(module)[name], actions_of(module, asked[0]))
        for name, asked in calls(ast.parse(source), "write").items()
    }

    assert isinstance(attempt(found["late"], stores["public"]), LookupError)
    assert not found["eats"].actions <= set(roles.ACTIONS)


# --- plain handlers, downloads, calendars -----------------------------------------------------

READS = {**{f"/eksport/{name}": REPORTS[of].action for name, (of, _) in downloads.LISTS.items()}}
UPLOADS = {
    "/modtag/fremmoede?moede=1": ("attendance.import",),
    "/modtag/ark?udbyder={provider}": ("sheet.receive",),
    "/modtag/antal?aktivitet=1": ("attendance.import", "headcount.edit"),
    "/modtag/ansoegninger?hold=2025-08": ("application.import",),
}


@pytest.mark.parametrize("role", [*roles.GIVEN, ""])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("name", READS)
def test_a_list_is_a_file_for_whom_its_report_allows(site, name, kind, role):
    cookie = site.cookie(LOGINS[role]) if role else ""

    status, headers, content = site.get(f"{name}.{kind}", Cookie=cookie)

    if not role:
        assert (status, headers["Location"][:9]) == (302, "/log-ind?")
    elif roles.allowed(READS[name], role):
        assert (status, "attachment" in headers["Content-Disposition"]) == (200, True)
    else:
        refusal = TEXT.error(Forbidden("forbidden", action=READS[name], role=role))
        assert (status, content.decode()) == (403, refusal)


@pytest.mark.parametrize("role", [*roles.GIVEN, ""])
def test_sheets_and_letters_are_for_whom_the_table_allows(site, known, role):
    cookie = site.cookie(LOGINS[role]) if role else ""
    sheet = site.get(f"/ark/{known.sheet}.xlsx", Cookie=cookie)
    letter = site.get(f"/brev/{known.case}/admitted.eml", Cookie=cookie)

    if not role:
        assert (sheet[0], letter[0]) == (302, 302)
        return
    assert sheet[0] == (200 if roles.allowed("page.deliveries", role) else 403)
    assert letter[0] == (200 if roles.allowed("page.intake", role) else 403)


def test_the_sheet_of_another_partner_is_not_there(site, known):
    assert site.get(f"/ark/{known.sheet}.xlsx", Cookie=site.cookie("karim@peer.example"))[0] == 404


@pytest.mark.parametrize("role", [*roles.GIVEN, ""])
@pytest.mark.parametrize("address", UPLOADS)
def test_a_file_is_read_for_whom_the_table_allows(site, known, address, role):
    cookie = site.cookie(LOGINS[role]) if role else ""
    whole = address.format(provider=known.provider)

    status, _, html = site.ask("POST", f"{whole}&proev=1", "", Cookie=cookie, **BINARY)

    allowed = all(roles.allowed(action, role) for action in UPLOADS[address])
    refusal = str(TEXT.error(Forbidden("forbidden", action=UPLOADS[address][0], role=role or "x")))
    assert status == (400 if role else 401)
    assert (refusal in html.decode()) == (bool(role) and not allowed)


def test_a_calendar_is_for_whom_has_its_address(site):
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        leader = users.by_login(store, LOGINS["leadership"])
        store.actor = users.actor_for(store, leader["login"])
        mine = feeds.make(store, leader["id"])
    other = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    cookie = site.cookie(LOGINS["leadership"])

    assert site.get(f"/kalender/{mine}.ics", Cookie="")[0] == 200
    assert site.get(f"/kalender/{other}.ics", Cookie="")[0] == 404
    assert site.get(f"/kalender/{other}.ics", Cookie=cookie)[0] == 404


# --- the routes of the application ------------------------------------------------------------

ENTRY, INSIDE, PUBLIC, ASSET, NOTHING = "entry", "signed in", "public", "asset", "nothing"
ROUTES = {  # pattern -> kind, method, an address it answers
    r"/favicon.ico$": (ASSET, "GET", "/favicon.ico"),
    r"/filer/([0-9a-f]+)/([\w.-]+)$": (ASSET, "GET", "/filer/0/app.css"),
    r"/static/(?!extensions/)(.*)$": (ASSET, "GET", "/static/js/bokeh.min.js"),
    r"/static/extensions/(.*)$": (ASSET, "GET", "/static/extensions/panel/panel.min.js"),
    r"/static/(.*)$": (ASSET, "GET", "/static/js/bokeh.min.js"),
    r"/components/.*$": (NOTHING, "GET", "/components/os/a/b/c"),
    r"/components/(.*)$": (NOTHING, "GET", "/components/os/a/b/c"),
    r"/eksport/(\w+)\.(xlsx|csv)$": (INSIDE, "GET", "/eksport/kommuner.csv"),
    r"/ark/([0-9]{1,9})\.xlsx$": (INSIDE, "GET", "/ark/1.xlsx"),
    r"/brev/([0-9]{1,9})/([a-z]+)\.eml$": (INSIDE, "GET", "/brev/1/admitted.eml"),
    r"/modtag/fremmoede$": (INSIDE, "POST", "/modtag/fremmoede"),
    r"/modtag/ark$": (INSIDE, "POST", "/modtag/ark"),
    r"/modtag/antal$": (INSIDE, "POST", "/modtag/antal"),
    r"/modtag/ansoegninger$": (INSIDE, "POST", "/modtag/ansoegninger"),
    r"/session$": (INSIDE, "GET", "/session"),
    r"/adgangskode$": (INSIDE, "GET", "/adgangskode"),
    r"/log-ind$": (ENTRY, "GET", "/log-ind"),
    r"/log-ind/demo$": (ENTRY, "POST", "/log-ind/demo"),
    r"/log-ind/konto$": (ENTRY, "GET", "/log-ind/konto"),
    r"/log-ind/konto/svar$": (ENTRY, "GET", "/log-ind/konto/svar"),
    r"/log-ud$": (ENTRY, "POST", "/log-ud"),
    r"/sundhed$": (PUBLIC, "GET", "/sundhed"),
    r"/tilmelding/?$": (PUBLIC, "GET", "/tilmelding"),
    r"/tilmelding/(\d{1,18})$": (PUBLIC, "GET", "/tilmelding/1"),
    r"/tilmelding/(\d{1,18})/kvittering$": (PUBLIC, "GET", "/tilmelding/1/kvittering"),
    r"/tilmelding/(\d{1,18})\.ics$": (PUBLIC, "GET", "/tilmelding/1.ics"),
    r"/tilmelding/.*$": (PUBLIC, "GET", "/tilmelding/x/y"),
    r"/m/([\w-]{1,100})$": (PUBLIC, "GET", "/m/nobody"),
    r"/m/([\w-]{1,100})\.ics$": (PUBLIC, "GET", "/m/nobody.ics"),
    r"/m/([\w-]{1,100})/oplysninger$": (PUBLIC, "POST", "/m/nobody/oplysninger"),
    r"/m/([\w-]{1,100})/afbud$": (PUBLIC, "POST", "/m/nobody/afbud"),
    r"/m/([\w-]{1,100})/skift$": (PUBLIC, "POST", "/m/nobody/skift"),
    r"/m/([\w-]{1,100})/(ja|nej)$": (PUBLIC, "GET", "/m/nobody/ja"),
    r"/m/.*$": (PUBLIC, "GET", "/m/x/y/z"),
    r"/kalender/([\w-]{1,100})\.ics$": (PUBLIC, "GET", "/kalender/nobody.ics"),
    r"/kalender(?:/.*)?$": (PUBLIC, "GET", "/kalender"),
}
OF_A_PAGE = ("/?$", "/ws$", "/metadata$", "/autoload.js$", "/static/(.*)$")
LET_IN = {ENTRY: (200, 303, 403, 404), PUBLIC: (200, 303, 404), ASSET: (200, 404), NOTHING: (404,)}


@pytest.fixture(scope="module")
def routes(demo_path: Path) -> list[str]:
    """The patterns of the application that `serve` makes."""

    async def made() -> list[str]:
        made = server.serve(read({"ADVISORY_DB": str(demo_path)}), port=0, start=False)
        rules = made._tornado.wildcard_router.rules
        made.unlisten()
        return [rule.matcher.regex.pattern for rule in rules]

    return apart(made())


def unclassified(patterns: list[str], pages: list[str]) -> set[str]:
    """The patterns that stand in no table here."""
    of_pages = {f"{page.rstrip('/')}{end}" for page in pages for end in OF_A_PAGE}
    return set(patterns) - of_pages - set(ROUTES)


def test_every_route_of_the_application_is_classified(routes):
    assert unclassified(routes, list(server.PAGES)) == set()
    away = set(ROUTES) - set(routes)
    assert away == {r"/log-ind/konto$", r"/log-ind/konto/svar$"}  # where an account is set up
    ends = {f"{page.rstrip('/')}/?$" for page in server.PAGES}
    assert ends <= set(routes)


def test_control_a_new_route_page_or_action_is_found(routes):
    pages = list(server.PAGES)

    assert unclassified([*routes, "/admin$"], pages) == {"/admin$"}
    assert unclassified(routes, pages[:-1]) == {f"/om{end}" for end in OF_A_PAGE}
    assert without_verdict({**server.PAGES, "/penge": "money"}, shell.ACCESS) == {"/penge"}
    assert without_verdict(server.PAGES, {**shell.ACCESS, "om": "page.nothing"}) == {"/om"}


def without_verdict(pages: dict[str, str], access: dict[str, str]) -> set[str]:
    """The pages that nobody has said who may open."""
    return {page for page in pages if access.get(page.strip("/")) not in roles.ACTIONS}


def test_every_page_and_no_more_has_an_action_that_the_table_of_roles_knows():
    assert without_verdict(server.PAGES, shell.ACCESS) == set()
    assert {f"/{slug}" for slug in shell.ACCESS} == set(server.PAGES)
    assert {entry.slug for entry in shell.MENU} <= set(shell.ACCESS)
    assert set(roles.GIVEN) == set(LOGINS)


@pytest.mark.parametrize("pattern", ROUTES)
def test_nobody_gets_past_the_door_of_a_route_that_is_for_people_signed_in(site, pattern):
    kind, method, address = ROUTES[pattern]
    body = "" if method == "POST" else None

    status, headers, _ = site.ask(method, address, body, Cookie="", **FORM)

    if kind == INSIDE:
        assert status in (302, 303, 401)
        assert status == 401 or "/log-ind" in headers["Location"]
        mine = site.ask(method, address, body, Cookie=site.cookie(LOGINS["office"]), **FORM)
        assert mine[0] not in (302, 303, 401)  # control
    else:
        assert status in LET_IN[kind]


@pytest.mark.parametrize("path", server.PAGES)
def test_what_bokeh_adds_to_a_page_tells_nothing(site, path):
    start, cookie = path.rstrip("/"), site.cookie(LOGINS["leadership"])

    metadata = site.get(f"{start}/metadata", Cookie=cookie)
    assert (metadata[0], metadata[2].decode()) == (200, f'{{"url": "{path}", "data": {{}}}}')
    assert site.get(f"{start}/metadata", Cookie="")[0] == 302
    assert site.get(f"{start}/autoload.js?bokeh-autoload-element=x", Cookie=cookie)[0] == 404
    assert site.get(f"{start}/autoload.js?bokeh-autoload-element=x", Cookie="")[0] in (302, 404)
