"""user: who may use the product, changed by the administrator; the password is nowhere."""

import json
import logging
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from advisory.cli.users import user_
from advisory.domain import sessions as rules
from advisory.settings import shipped
from advisory.store import credentials, demo, open_store, seed, sessions, users

LENE, PER, MAJA = "lene@styrelsen.example", "per@styrelsen.example", "maja@kp.example"
PARTNER = "Peer-Partnerskabet"
SECRET = "gulerod trompet havnefoged 47"
GENERATED = re.compile(r"[a-km-np-z2-9]{4}(-[a-km-np-z2-9]{4}){4}")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The public facts, an administrator and one user of the office; made once."""
    path = tmp_path_factory.mktemp("users") / "peers.db"
    with open_store(path, demo.SYSTEM) as store:
        seed.load_facts(store, shipped("data"))
        users.add(store, LENE, "Lene Kjærgaard", "LK", "administrator")
        users.add(store, PER, "Per Vest", "PV", "office")
    return path


@pytest.fixture
def db(made, tmp_path):
    """A copy of them for one test."""
    path = tmp_path / "own.db"
    shutil.copyfile(made, path)
    return path


@pytest.fixture
def as_lene(run, db):
    """`as_lene("user", "list")` is the finished command of the administrator."""

    def finished(*args, stdin=None):
        return run(db, "--user", LENE, *args, stdin=stdin)

    return finished


def said(result) -> str:
    """What a command that succeeded printed."""
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def refused(result, code=1) -> str:
    """The one sentence a command ended with."""
    assert isinstance(result.exception, SystemExit), repr(result.exception)
    assert (result.exit_code, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    return line


def known(db) -> list[tuple]:
    with open_store(db, read_only=True) as store:
        return [
            (row["login"], row["name"], row["initials"], row["role"], row["active"])
            for row in store.rows("app_user")
        ]


def signed_in(db, login) -> str:
    """The cookie of a session that a user begins."""
    with open_store(db, demo.SYSTEM) as store:
        return sessions.start(store, store.find("app_user", login=login)["id"], "password")


def goes_on(db, cookie) -> bool:
    with open_store(db, read_only=True) as store:
        return sessions.by_cookie(store, cookie) is not None


def fits(db, login, password) -> bool:
    with open_store(db, read_only=True) as store:
        user = store.find("app_user", login=login)
        return credentials.is_right(credentials.hash_of(store, user["id"]), password)


# --- what the administrator does ---------------------------------------------------------------


def test_a_person_gets_access(as_lene, db):
    out = said(as_lene("user", "add", "ida@styrelsen.example", "--name", "Ida Bro Holm Skov",
                       "--role", "consultant"))  # fmt: skip

    assert out == "Ida Bro Holm Skov (ida@styrelsen.example) har adgang som Konsulent.\n"
    assert known(db)[-1] == (
        "ida@styrelsen.example", "Ida Bro Holm Skov", "IBH", "consultant", 1,
    )  # fmt: skip
    with open_store(db, read_only=True) as store:
        last = store.rows("history")[-1]
        assert (last["actor"], last["role"], last["action"]) == (
            "Lene Kjærgaard", "administrator", "user.edit",
        )  # fmt: skip


def test_a_partner_belongs_to_an_organisation(as_lene, db):
    said(as_lene("user", "add", MAJA, "--name", "Maja Friis", "--role", "partner",
                 "--partner", PARTNER.lower(), "--initials", "MAF"))  # fmt: skip

    assert known(db)[-1] == (MAJA, "Maja Friis", "MAF", "partner", 1)
    with open_store(db, read_only=True) as store:
        user = store.find("app_user", login=MAJA)
        assert store.get("organisation", user["organisation_id"])["name"] == PARTNER


def test_a_user_becomes_a_partner_s_and_no_partner_s_again(as_lene, db):
    def own() -> tuple[str, bool]:
        with open_store(db, read_only=True) as store:
            user = store.find("app_user", login=PER)
            return user["role"], user["organisation_id"] is not None

    said(as_lene("user", "role", PER, "partner", "--partner", PARTNER))
    assert own() == ("partner", True)
    said(as_lene("user", "role", PER, "office"))
    assert own() == ("office", False)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("disable", PER), "Per Vest (per@styrelsen.example) har ikke længere adgang."),
        (
            ("role", PER, "leadership"),
            "Per Vest (per@styrelsen.example) har nu rollen Ledelse.",
        ),
        (("sign-out", PER), "2 åbne logins for per@styrelsen.example er afsluttet."),
        (
            ("password", PER),
            "Per Vest (per@styrelsen.example) har fået en ny adgangskode."
            " Åbne logins er afsluttet.",
        ),
    ],
)
def test_what_changes_a_user_ends_their_sessions_and_nobody_elses(as_lene, db, args, sentence):
    own, phone, other = (signed_in(db, login) for login in (PER, PER, LENE))

    out = said_last(as_lene("user", *args, stdin=f"{SECRET}\n{SECRET}\n"))

    assert out == sentence
    assert [goes_on(db, cookie) for cookie in (own, phone, other)] == [False, False, True]


def said_last(result) -> str:
    """The last line of a command that succeeded; the questions come before it."""
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


def test_a_closed_user_is_let_in_again_without_the_old_session(as_lene, db):
    cookie = signed_in(db, PER)
    said(as_lene("user", "disable", PER))
    assert known(db)[-1][-1] == 0

    out = said(as_lene("user", "enable", PER.upper()))

    assert out == "Per Vest (per@styrelsen.example) har adgang igen som Programkontor.\n"
    assert known(db)[-1] == (PER, "Per Vest", "PV", "office", 1)
    assert not goes_on(db, cookie)


def test_the_list_says_who_how_and_when(as_lene, db):
    with open_store(db, demo.SYSTEM) as store:
        credentials.set_password(store, store.find("app_user", login=PER)["id"], SECRET)
        store.db.execute("UPDATE app_user SET subject = 'x y' WHERE login = ?", [LENE])
    ended, going = signed_in(db, PER), signed_in(db, PER)
    with open_store(db, demo.SYSTEM) as store:
        sessions.end(store, sessions.by_cookie(store, ended).id)
        last = sessions.by_cookie(store, going).ends_at - rules.IDLE

    lene, per = json.loads(said(as_lene("user", "list", "--json")))
    head, *lines = [re.split(r" {2,}", one) for one in said(as_lene("user", "list")).splitlines()]

    assert lene == {
        "login": LENE, "name": "Lene Kjærgaard", "role": "administrator", "open": True,
        "password": False, "account": True, "last_signed_in": None, "sessions": 0,
    }  # fmt: skip
    assert per == {
        "login": PER, "name": "Per Vest", "role": "office", "open": True, "password": True,
        "account": False, "last_signed_in": last.isoformat(), "sessions": 1,
    }  # fmt: skip
    assert head == [
        "bruger", "navn", "rolle", "adgang", "logger ind med", "senest logget ind", "åbne logins",
    ]  # fmt: skip
    assert lines[0] == [LENE, "Lene Kjærgaard", "Administrator", "åben", "konto", "–", "0"]
    assert lines[1][:5] == [PER, "Per Vest", "Programkontor", "åben", "adgangskode"]
    assert lines[1][5] != "–"
    assert lines[1][6] == "1"


def test_a_session_that_was_left_is_not_counted_as_open(as_lene, db):
    cookie = signed_in(db, PER)
    with open_store(db, demo.SYSTEM) as store:
        store.db.execute("UPDATE session SET started_at = '2020-01-01T08:00:00+00:00'")
        store.db.execute("UPDATE session SET seen_at = '2020-01-01T08:00:00+00:00'")

    _, per = json.loads(said(as_lene("user", "list", "--json")))

    assert not goes_on(db, cookie)
    assert (per["sessions"], per["last_signed_in"]) == (0, "2020-01-01T08:00:00+00:00")


def bind(db, login):
    with open_store(db, demo.SYSTEM) as store:
        store.db.execute("UPDATE app_user SET subject = 'x y' WHERE login = ?", [login])


def test_a_work_account_is_forgotten_and_its_sessions_end(as_lene, db):
    bind(db, PER)
    own, other = signed_in(db, PER), signed_in(db, LENE)

    out = said(as_lene("user", "unbind", PER.upper()))

    assert out == (
        "Per Vest (per@styrelsen.example) er løst fra sin arbejdskonto. Åbne logins er afsluttet."
        " Den næste konto, der logger ind som per@styrelsen.example, bliver bundet.\n"
    )
    with open_store(db, read_only=True) as store:
        last = store.rows("history")[-1]
        assert store.find("app_user", login=PER)["subject"] is None
    assert (last["actor"], last["action"]) == ("Lene Kjærgaard", "user.edit")
    assert [goes_on(db, cookie) for cookie in (own, other)] == [False, True]
    assert refused(as_lene("user", "unbind", PER)).startswith("Per Vest (per@styrelsen.example) er")


def test_the_help_says_who_one_is_in_every_example():
    texts = [user_.help, *(one.help for one in user_.commands.values())]
    examples = [
        line.strip()
        for one in texts
        for line in one.partition("Example:")[2].splitlines()
        if line.strip().startswith("advisory ")
    ]

    assert len(examples) == len(texts) + 1
    assert {one.split(" user ")[0] for one in examples} == {
        "advisory --user astrid@styrelsen.example"
    }


# --- what is refused, and changes nothing ------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "start"),
    [
        (("role", "nobody@x.example", "office"), "Der er ingen bruger, der hedder nobody@x"),
        (("disable", "nobody@x.example"), "Der er ingen bruger"),
        (("enable", "nobody@x.example"), "Der er ingen bruger"),
        (("sign-out", "nobody@x.example"), "Der er ingen bruger"),
        (("password", "nobody@x.example", "--generate"), "Der er ingen bruger"),
        (("unbind", "nobody@x.example"), "Der er ingen bruger"),
        (("unbind", PER), "Per Vest (per@styrelsen.example) er ikke bundet til en arbejdskonto"),
        (
            ("role", PER, "king"),
            "Rollen ”king” findes ikke. Vælg en af consultant, office, leadership, partner,"
            " administrator.",
        ),
        (("role", PER, "public"), "Rollen ”public” findes ikke."),
        (("role", PER, "system"), "Det giver din rolle ikke adgang til."),
        (("role", PER, "partner"), "Skriv, hvilken partner brugeren hører til"),
        (("role", LENE, "office"), "Der skal altid være en administrator."),
        (("disable", LENE), "Der skal altid være en administrator."),
        (("password", PER, SECRET), "En adgangskode må ikke stå i kommandoen"),
        (("password", PER, "--generate", SECRET), "En adgangskode må ikke stå i kommandoen"),
    ],
    ids=lambda value: " ".join(value)[:50],
)
def test_what_cannot_be_is_refused_in_one_sentence(as_lene, db, args, start):
    cookie, before = signed_in(db, PER), known(db)

    sentence = refused(as_lene("user", *args))

    assert sentence.startswith(start)
    assert SECRET not in sentence
    assert known(db) == before
    assert goes_on(db, cookie)
    assert not fits(db, PER, SECRET)


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"role": "king"}, "Rollen ”king” findes ikke."),
        ({"role": "system"}, "Det giver din rolle ikke adgang til."),
        ({"role": "partner"}, "Skriv, hvilken partner brugeren hører til"),
        ({"role": "partner", "partner": "Nix"}, "Der er ingen partner, der hedder Nix. Vælg"),
        ({"partner": PARTNER}, f"{PARTNER} er ikke en partner, som en bruger kan høre til."),
        ({"email": PER}, "Der er allerede en bruger med navnet per@styrelsen.example."),
        ({"email": PER.upper()}, "Der er allerede en bruger med navnet PER@STYRELSEN.EXAMPLE."),
        ({"email": "per"}, "”per”"),
        ({"email": " "}, "Skriv"),
        ({"name": " "}, "Skriv et navn"),
        ({"name": "010190-1234"}, "Det ligner et CPR-nummer"),
    ],
    ids=repr,
)
def test_a_person_who_cannot_be_added_is_not(as_lene, db, changes, start):
    before = known(db)
    said_of = {"email": "ida@styrelsen.example", "name": "Ida Bro", "role": "office"} | changes
    email = said_of.pop("email")
    options = [part for name, value in said_of.items() for part in (f"--{name}", value)]

    sentence = refused(as_lene("user", "add", email, *options))

    assert sentence.startswith(start)
    assert known(db) == before


COMMANDS = [
    ("add", "ida@styrelsen.example", "--name", "Ida Bro", "--role", "office"),
    ("disable", PER),
    ("enable", PER),
    ("role", PER, "consultant"),
    ("password", PER, "--generate"),
    ("sign-out", PER),
    ("unbind", PER),
    ("list",),
    ("list", "--json"),
]


def test_there_is_no_command_that_these_tests_leave_out():
    assert {args[0] for args in COMMANDS} == set(user_.commands)
    assert [one.name for one in user_.commands.values() if "Example:" not in one.help] == []


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_only_an_administrator_who_says_so_may(run, db, args):
    cookie, before = signed_in(db, PER), known(db)

    nobody = refused(run(db, "user", *args))
    office = refused(run(db, "--user", PER, "user", *args))
    stranger = refused(run(db, "--user", "x@y.example", "user", *args))

    assert nobody == "Skriv, hvem du er, med --user MAIL eller ADVISORY_USER."
    assert office.startswith("Det giver din rolle ikke adgang til.")
    assert stranger.startswith("Brugeren x@y.example findes ikke")
    assert known(db) == before
    assert goes_on(db, cookie)


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_a_database_without_an_administrator_says_how_to_make_one(run, facts, args):
    sentence = refused(run(facts.path, "--user", PER, "user", *args))

    assert sentence == (
        "Databasen har ingen administrator. Lav en med advisory init --admin NAVN --email MAIL."
    )


# --- passwords ---------------------------------------------------------------------------------


def test_a_password_is_asked_for_twice_and_then_fits(as_lene, db):
    result = as_lene("user", "password", PER, stdin=f"{SECRET}\n{SECRET}\n")

    assert result.exit_code == 0
    assert fits(db, PER, SECRET)
    assert not fits(db, LENE, SECRET)


@pytest.mark.parametrize(
    ("typed", "start"),
    [
        (f"{SECRET}\n{SECRET}x\n", "De to nye adgangskoder er ikke ens."),
        ("kort\nkort\n", "Adgangskoden skal have mindst 12 tegn."),
        ("\n\n", "Adgangskoden skal have mindst 12 tegn."),
        ("password1234\npassword1234\n", "Adgangskoden er kendt eller let at gætte."),
        (f"{SECRET}\n", "Afbrudt. Intet er ændret."),
        ("", "Afbrudt. Intet er ændret."),
    ],
    ids=repr,
)
def test_a_password_that_will_not_do_leaves_the_old_one(as_lene, db, typed, start):
    old = "sildesalat under fuldmåne 8"
    as_lene("user", "password", PER, stdin=f"{old}\n{old}\n")
    cookie = signed_in(db, PER)

    result = as_lene("user", "password", PER, stdin=typed)

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith(start)
    assert fits(db, PER, old)
    assert goes_on(db, cookie)


def test_a_generated_password_is_shown_once_and_another_each_time(as_lene, db):
    outs = [said(as_lene("user", "password", PER, "--generate")) for _ in range(2)]

    shown = [GENERATED.search(out)[0] for out in outs]
    assert outs[1].count(shown[1]) == 1
    assert shown[0] != shown[1]
    assert (fits(db, PER, shown[0]), fits(db, PER, shown[1])) == (False, True)


def test_a_password_is_in_no_history_no_file_no_output_and_no_log(as_lene, db, caplog):
    caplog.set_level(logging.DEBUG)
    typed = as_lene("user", "password", PER, stdin=f"{SECRET}\n{SECRET}\n")
    made = GENERATED.search(said(as_lene("user", "password", LENE, "--generate")))[0]

    files = b"".join(path.read_bytes() for path in db.parent.iterdir())
    with open_store(db, read_only=True) as store:
        hashed = credentials.hash_of(store, store.find("app_user", login=PER)["id"])
        written = repr(store.rows("history"))
    assert SECRET not in typed.stdout + typed.stderr
    assert not any(one.encode() in files for one in (SECRET, made))
    assert hashed.encode() in files  # control: what is kept would have been found
    assert hashed not in written
    assert not any(one in caplog.text for one in (SECRET, made, hashed))
    assert written.count("'user.password'") == 2


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_a_password_typed_at_a_terminal_is_not_echoed_and_not_an_argument(db, subprocess_env):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "advisory.cli", "--db", db, "--user", LENE, "user", "password", PER],
        env=subprocess_env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    try:
        seen = read_until(ours, "Adgangskode til")
        arguments = psutil.Process(process.pid).cmdline()
        os.write(ours, f"{SECRET}\n".encode())
        seen += read_until(ours, "igen")
        os.write(ours, f"{SECRET}\n".encode())
        seen += read_until(ours, "afsluttet.")
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
        process.wait(30)

    assert arguments[-3:] == ["user", "password", PER]
    assert SECRET not in " ".join(arguments) + seen
    assert fits(db, PER, SECRET)


def read_until(terminal: int, words: str) -> str:
    """What a terminal shows until it shows `words`."""
    seen, until = b"", time.monotonic() + 30
    while words not in seen.decode(errors="replace"):
        assert time.monotonic() < until, seen
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 1000)
    return seen.decode(errors="replace")
