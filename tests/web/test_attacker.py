"""A scripted attacker with a leadership login gets nothing more than the role, through any door.

Every byte that they receive is searched for what they must never read. Each attack that a plain
Panel server lets through (basic auth, `authorize_callback`, unsigned sessions) is first shown to
succeed there. `-s` prints the table of all attacks with both outcomes.
"""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bokeh.util.token import generate_jwt_token, generate_session_id

from advisory import frames
from advisory.domain import roles
from advisory.reports import REPORTS
from advisory.store import (
    Store,
    credentials,
    demo,
    feeds,
    journal,
    open_store,
    people,
    sessions,
    signups,
    users,
)
from advisory.ui import shell
from advisory.web import downloads, server
from advisory.web.signing import derived, key_beside

from .attacker import ATTACKS, FORM, Attack, Attacker, attack, guess_password, on
from .bokeh_client import Loop
from .conftest import NOW, Site, free_port
from .events import Parts, parts, sent_with

LEADER, VICTIM = "peter@styrelsen.example", "jonas@styrelsen.example"
WORD = "kanariefugl"  # what the attacker may guess; the canaries hold more than that
NOTE, TASK, NAME = f"{WORD} note 7f3a9c", f"{WORD} opgave 51be02", "Kanariefugl Ottosen 8d4e"
EMAIL, GUEST, GUESTS = "kanariefugl.c2d7@horsens.example", "Gæst Fugl 90aa", "fugl.90aa@x.example"
CANARIES = tuple(one.encode() for one in (NOTE, TASK, NAME, EMAIL, GUEST, GUESTS))
HOSTILE = ("1", "-1", "99999999999999999999", f"{WORD}' OR 1=1 --")
MADE = re.compile(rb'"token": ?"[^"]+"|\bp?\d{4,}\b|[0-9a-f-]{36}|"id": "\w+"|value="\d+"')
PLAIN = """
import sys
import panel as pn

def case():
    return pn.pane.Str(sys.argv[2])

def believing():
    said = {**pn.state.headers, **pn.state.cookies}
    asked = [one.decode() for one in pn.state.session_args.get("role", [])]
    told = (said.get("X-Remote-User"), said.get("role"), *asked)
    knows = "jonas" in (pn.state.user, *told)
    return pn.pane.Str(sys.argv[2] if knows else "nobody")

pn.config.authorize_callback = lambda user, path: user["user"] == "jonas" or path != "/kommune"
pn.serve(
    {"": lambda: pn.pane.Str("own"), "kommune": case, "hvem": believing},
    port=int(sys.argv[1]), show=False, basic_auth={"peter": "peter", "jonas": "jonas"},
    cookie_secret="a secret of the server", index=None,
)
"""


# --- the two sites ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def outcomes() -> Iterator[dict[str, dict[str, str]]]:
    """Attack -> what came of it on each site; printed as a table at the end."""
    found: dict[str, dict[str, str]] = {}
    yield found
    print("\n| Attack | Plain Panel | Ours |\n|---|---|---|")
    for name, of in found.items():
        print(f"| {name} | {of.get('plain', '-')} | {of.get('ours', '-')} |")


def importable(folder: Path, environment: dict[str, str]) -> tuple[Path, dict[str, str]]:
    """A module that leaves a file when it is imported: the file, and where Python finds it."""
    mark = folder / "imported"
    source = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\n"
    (folder / "imported_by_name.py").write_text(source, encoding="utf-8")
    return mark, {**environment, "PYTHONPATH": f"{folder}:{environment['PYTHONPATH']}"}


@pytest.fixture(scope="module")
def plain(
    tmp_path_factory: pytest.TempPathFactory, subprocess_env: dict[str, str], loop: Loop
) -> Iterator[Callable[[], Attacker]]:
    """A plain Panel server, and `plain()` for somebody with little access to it."""
    folder = tmp_path_factory.mktemp("plain")
    mark, environment = importable(folder, subprocess_env)
    port = free_port()
    with (folder / "log").open("wb") as log:
        asked = [sys.executable, "-c", PLAIN, str(port), NOTE]
        process = subprocess.Popen(asked, env=environment, stdout=log, stderr=log)

    def attacker() -> Attacker:
        made = Attacker(port, loop, "", "", "/", "/kommune", "/hvem", CANARIES, mark)
        made.cookie, made.victim = _sign_in(made, "peter"), _sign_in(made, "jonas")
        return made

    for _ in range(600):
        try:
            attacker()
            break
        except OSError:
            time.sleep(0.1)
    yield attacker
    process.kill()
    process.wait()


def _sign_in(attacker: Attacker, name: str) -> str:
    body = urlencode({"username": name, "password": name})
    headers = attacker.ask("POST", "/login", body, Cookie="", **FORM)[1]
    return "; ".join(one.partition(";")[0] for one in headers.get_all("Set-Cookie") or ())


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, demo_path: Path, subprocess_env: dict[str, str]
) -> Iterator[Site]:
    """Our own site, with canaries where people's data are."""
    folder = tmp_path_factory.mktemp("ours")
    shutil.copyfile(demo_path, folder / "demo.db")
    environment = importable(folder, subprocess_env)[1]
    made = Site(folder / "demo.db", free_port(), environment, folder / "log")
    with open_store(made.db, demo.SYSTEM, clock=lambda: NOW) as store:
        plant(store)
    made.start()
    yield made
    made.stop()


def plant(store: Store) -> None:
    """Canaries in a note, a task, a contact, and a sign-up."""
    case_id = case_of(store)
    journal.add_note(store, case_id, NOTE, kind="guidance", noted_on=date(2025, 3, 12))
    journal.add_task(store, case_id, TASK, due_on=date(2025, 3, 20))
    people.add_contact(store, case_id, NAME, "Peer", valid_from=date(2025, 3, 1), email=EMAIL)
    coming = frames.meetings(store).query("status == 'open'")["activity_id"].iloc[0]
    signups.sign_up(store, int(coming), name=GUEST, email=GUESTS)


def case_of(store: Store) -> int:
    return int(frames.enrolments(store).query("status == 'active'")["enrolment_id"].iloc[0])


@pytest.fixture(scope="module")
def addresses(site: Site) -> dict[str, str]:
    """The pages, those of one thing with its name."""
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        cases = frames.enrolments(store)
        case = cases[cases["enrolment_id"] == case_of(store)].iloc[0]
        held = frames.activities(store).query("kind == 'workshop' and state == 'held'")
    found = {path: path for path in server.PAGES}
    found["/kommune"] = f"/kommune?k={case['slug']}&hold={case['cohort']}"
    found["/aktivitet"] = f"/aktivitet?id={held['activity_id'].iloc[0]}"
    return found


@pytest.fixture
def ours(site: Site, addresses: dict[str, str], loop: Loop) -> Iterator[Callable[..., Attacker]]:
    """`ours()` is the leader on our site, in a session of their own."""
    made: list[Attacker] = []

    def attacker(login: str = LEADER) -> Attacker:
        site.cookies.pop(login, None)
        secret, mark = addresses["/kommune"], site.db.with_name("imported")
        who = (site.cookie(login), site.cookie(VICTIM))
        made.append(Attacker(site.port, loop, *who, "/", secret, secret, CANARIES, mark, site))
        return made[-1]

    yield attacker
    for one in made:
        one.close()


# --- what only our site has -------------------------------------------------------------------


def walk(attacker: Attacker, addresses: dict[str, str]) -> None:
    """Every page, list and letter that there is, as anybody signed in may ask for them."""
    for address, query in product(addresses.values(), ("", "lang=en", "date=2024-12-12")):
        attacker.get(address + ("&" if "?" in address else "?") + query)
    for name, kind in product(downloads.LISTS, ("csv", "xlsx")):
        attacker.get(f"/eksport/{name}.{kind}")


@attack("lists as files: every list, guessed names, past and future dates, filters")
def lists(attacker: Attacker) -> bool:
    got_in = False
    queries = ("", "date=2024-12-12", "date=2025-09-01", "hold=2025-08&lang=en", "moede=1", "x=1")
    for name, query in product(downloads.LISTS, queries):
        allowed = roles.allowed(REPORTS[downloads.LISTS[name][0]].action, "leadership")
        status = attacker.get(f"/eksport/{name}.csv?{query}")[0]
        got_in |= status == 200 and not allowed
    for name in (
        "noter",
        "personer",
        "historik",
        "brugere",
        "app_user",
        "note",
        "opgaver",
        "cases",
    ):
        got_in |= attacker.get(f"/eksport/{name}.csv")[0] == 200
    return got_in


@attack("delivery sheets and letters by number")
def numbered(attacker: Attacker) -> bool:
    paths = [f"/ark/{number}.xlsx" for number in (*range(1, 12), 999999999)]
    kinds = ("admitted", "rejected", "waiting", "offered", "declined")
    paths += [f"/brev/{number}/{kind}.eml" for number in range(1, 12) for kind in kinds]
    paths += [f"{path}?date=2024-12-12&lang=en" for path in paths]
    return any(attacker.get(path)[0] == 200 for path in paths)


@attack("files handed in; an operation taken back by an upload")
def uploads(attacker: Attacker) -> bool:
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        before, operation = store.version(), store.rows("history")[-1]["operation"]
    got_in = False
    for name, query in product(
        ("fremmoede?moede=1", "ark?udbyder=1", "antal?aktivitet=1", "ansoegninger?hold=2025-08"),
        ("", "&proev=1", f"&fortryd={operation}", "&navn=../../x.csv"),
    ):
        for body in ("", "Navn;E-mail\r\nAne;ane@x.example\r\n"):
            path = f"/modtag/{name}{query}"
            kind = {"Content_Type": "application/octet-stream"}
            got_in |= attacker.ask("POST", path, body.encode(), **kind)[0] == 200
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        return got_in or store.version() != before


@attack("the calendar of another; one's own holds no names")
def calendars(attacker: Attacker) -> bool:
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        for login in (LEADER, VICTIM):
            user = users.by_login(store, login)
            store.actor = users.actor_for(store, login)
            token = feeds.make(store, user["id"])
            store.actor = demo.SYSTEM
            if login == LEADER:
                mine = token
    attacker.get(f"/kalender/{mine}.ics", Cookie="")
    guesses = (token[:-1], token[::-1], token.lower(), mine + token[:4], "1", "jonas", "%2e%2e")
    return any(attacker.get(f"/kalender/{one}.ics")[0] == 200 for one in guesses)


@attack("events of every page over the websockets of one's own pages")
def events(attacker: Attacker) -> bool:
    """All that any page answers to anybody, each with numbers and names that are not theirs."""
    db, mine = attacker.site.db, OPEN_TO_LEADERS
    with open_store(db, demo.SYSTEM, clock=lambda: NOW) as store:
        before = store.version()
    every: Parts = {}
    for address in attacker.addresses.values():
        for region, actions in parts(db, "lene@styrelsen.example", address).items():
            every.setdefault(region, {}).update(actions)
    for path in mine:
        own = parts(db, LEADER, attacker.addresses[path])
        with on(attacker, attacker.addresses[path]) as wire:
            for region, actions in every.items():
                for do, action in actions.items():
                    # What is not there answers the same on every page (test_matrix): once will do.
                    elsewhere = HOSTILE[:1] if path == "/" else ()
                    some = HOSTILE if do in own.get(region, {}) else elsewhere
                    for value in some:
                        wire.say(region, do, **sent_with(action, value))
            for region, do in product(("", "journal", "__init__", *own), ("retry", "__class__")):
                wire.say(region, do, **{"self": "1", "__class__": "1"})
            wire.say("journal", "all", number=-1)
            wire.say("journal", "all", number=10**30)
    with open_store(db, demo.SYSTEM, clock=lambda: NOW) as store:
        written = store.rows("history", "id > ? AND role = 'leadership'", [before])
    return bool({row["action"] for row in written} - {"feed.edit"})


@attack("search, quick contact and refusals asked for what they know")
def asking(attacker: Attacker) -> bool:
    for path in ("/", "/kommuner"):
        with on(attacker, path) as wire:
            for word in (WORD, WORD[:3], "horsens.example", "Fugl", "%", "_", "*", "Peer"):
                wire.say("search", "suggest", tekst=word)
                wire.say("quick_contact", "suggest", tekst=word)
    for path in ("/kommune?k=", "/aktivitet?id=", "/infomoeder?moede=", "/historik?sag="):
        for value in ("1", "-1", "nix", WORD, "9" * 30, "1'--"):
            attacker.get(path + value)
            attacker.get(f"/kommuner?tekst={value}&date=2025-03-13")
    return False


@attack("a token that has expired, or is for a session that has ended")
def expired(attacker: Attacker) -> bool:
    """Only who has the server's key can make one: it shows that the door looks at the time."""
    key = derived(key_beside(attacker.site.db), "pages").encode()
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        signed = sessions.by_cookie(store, attacker.cookie.partition("=")[2])
        said = {"uid": signed.login, "sid": signed.id, "page": "/"}

        def made(seconds: int) -> str:
            session = generate_session_id(key, True)
            more = {**said, "headers": {}, "cookies": {}, "arguments": {}}
            return generate_jwt_token(session, key, True, more, expiration=seconds)

        old = attacker.knock("/", made(-10)).is_open
        assert attacker.knock("/", made(300)).is_open, "the control: the key is the right one"
        sessions.end(store, signed.id)
    return old or attacker.knock("/", made(300)).is_open


@attack("a page left open after signing out")
def signed_out(attacker: Attacker) -> bool:
    token = attacker.token("/")
    with on(attacker, "/") as wire:
        wire.say("search", "suggest", tekst="hors")
        own = {**FORM, "Sec_Fetch_Site": "same-origin"}
        attacker.ask("POST", "/log-ud", "", **own)
        answer = wire.say("search", "suggest", tekst="hors")
        late = wire.say("search", "suggest", tekst="hors")
    again = attacker.knock("/", token).is_open or attacker.get("/")[0] == 200
    return again or {*answer, *late} != {"left", "id"}


@attack("a page left open by one whose role was lowered meanwhile")
def lowered(attacker: Attacker) -> bool:
    """They saw the notes until then; what is written after that does not reach them."""
    login = f"ny{time.time_ns()}@styrelsen.example"
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        user_id = users.add(store, login, "Ny Ledende", "NL", "consultant")
        attacker.cookie = attacker.site.cookie(login)
        with on(attacker, attacker.secret) as wire:
            wire.say("journal", "all")
            written = {"kind": "guidance", "noted_on": date(2025, 3, 12)}
            journal.add_note(store, case_of(store), "fugl før 31aa", **written)
            before = str(wire.listen(4))
            users.set_role(store, user_id, "leadership")
            journal.add_note(store, case_of(store), "fugl efter 77cd", **written)
            after = str([*wire.listen(4), wire.say("journal", "all"), wire.say("plan", "all")])
        attacker.get(attacker.secret)
    assert "fugl før 31aa" in before, "the control: news reach an open page"
    attacker.canaries = (b"fugl efter 77cd",)
    return "fugl efter 77cd" in after


@attack("1,000 guesses at another's password from 1,000 places")
def passwords(attacker: Attacker) -> bool:
    with open_store(attacker.site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        victim = users.by_login(store, VICTIM)
        credentials.set_password(store, victim["id"], "syv-grønne-havregryn-på-tur")
    attacker.site.cookies.pop(VICTIM, None)
    heard = guess_password(attacker, 1000)
    assert heard > 0, "the control: the first ones are heard"
    return heard > 10


OPEN_TO_LEADERS = [
    path for path in server.PAGES if roles.allowed(shell.ACCESS[path.strip("/")], "leadership")
]


# --- the tests --------------------------------------------------------------------------------

SUCCEED = [one for one in ATTACKS if one.plain]


@pytest.mark.parametrize("which", SUCCEED, ids=lambda one: one.name)
def test_on_a_plain_panel_server_the_attack_succeeds(plain, outcomes, which: Attack):
    attacker = plain()

    got_in = which.run(attacker) or attacker.has_read()

    attacker.close()
    outcomes.setdefault(which.name, {})["plain"] = "gets in" if got_in else "closed"
    assert got_in


@pytest.mark.parametrize("which", ATTACKS, ids=lambda one: one.name)
def test_on_our_site_the_attack_gets_nothing(ours, outcomes, addresses, which: Attack):
    attacker = ours()
    attacker.addresses = addresses

    got_in = which.run(attacker) or attacker.has_read()

    outcomes.setdefault(which.name, {})["ours"] = "gets in" if got_in else "closed"
    assert attacker.received  # control: something was asked
    assert not got_in


def test_what_the_attacker_looks_for_is_there_for_one_who_may_read_it(ours, addresses):
    victim, leader = ours(VICTIM), ours()

    walk(victim, addresses)
    walk(leader, addresses)

    seen = b"\n".join(victim.received)
    assert [one for one in CANARIES if one not in seen] == []
    assert not leader.has_read()


def test_how_few_came_to_one_activity_changes_nothing_that_leaders_see(site, ours, addresses):
    """Two small numbers trade places within a month: the sums stay, and so does every page."""
    leader, consultant = ours(), ours(VICTIM)
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        pair = store.db.execute(SMALL).fetchone()

    before = views(leader, addresses, pair[4:])
    as_consultant = views(consultant, addresses, pair[4:])
    opened = open_store(site.db, demo.SYSTEM, clock=lambda: NOW)
    with opened as store, store.write("headcount.edit"):
        store.update("headcount", pair[0], {"attended": pair[3]})
        store.update("headcount", pair[1], {"attended": pair[2]})

    assert views(leader, addresses, pair[4:]) == before
    assert views(consultant, addresses, pair[4:]) != as_consultant  # control


SMALL = """
SELECT x.id, y.id, x.attended, y.attended, x.activity_id, y.activity_id
FROM headcount x JOIN headcount y ON x.enrolment_id = y.enrolment_id AND x.audience = y.audience
JOIN activity a ON a.id = x.activity_id JOIN activity b ON b.id = y.activity_id
WHERE x.id < y.id AND a.kind = b.kind AND substr(a.starts_at, 1, 7) = substr(b.starts_at, 1, 7)
AND x.attended BETWEEN 1 AND 4 AND y.attended BETWEEN 1 AND 4 AND x.attended <> y.attended
"""


def views(
    attacker: Attacker, addresses: dict[str, str], activities: tuple[int, int]
) -> list[bytes]:
    """What the pages and lists that leaders may open look like, without what is made anew."""
    asked = [addresses[path] for path in OPEN_TO_LEADERS]
    asked += [f"/aktivitet?id={one}" for one in activities]
    asked += [f"/eksport/{name}.csv" for name in downloads.LISTS]
    return [MADE.sub(b"", attacker.get(address)[2]) for address in asked]
