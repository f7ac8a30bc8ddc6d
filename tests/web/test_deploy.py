"""What must hold before the site is put before others: all of it green, and each broken alone."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import panel as pn
import pytest

from advisory.cli.upkeep import line
from advisory.domain.errors import Refused
from advisory.settings import read
from advisory.store import backup, checks, credentials, demo, open_store, seed, users
from advisory.texts import load, translator
from advisory.web import auth, deploy, identity, logs, oidc
from advisory.web.deploy import as_it_is, every, file_system, require_safe
from advisory.web.server import serve
from advisory.web.signing import KEY_BYTES, key_beside, key_path

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MOUNTS = "/dev/vda1 / ext4 rw 0 0\nnas:/home /home nfs4 rw 0 0\n"
OF_THE_FILE = frozenset(
    {"sqlite", "schema", "integrity", "foreign_keys", "history", "facts", "pragmas", "disk"}
    | {"backup", "chain", "definitions", "former"}
)
DANISH = translator("da")


@pytest.fixture(scope="module")
def made(tmp_path_factory, data_dir):
    """A database with the facts and one administrator who has a password."""
    path = tmp_path_factory.mktemp("made") / "peers.db"
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        seed.load_facts(store, data_dir)
        admin = users.add(store, "lene@styrelsen.example", "Lene K", "LK", "administrator")
        credentials.set_password(store, admin, "hestevogn i regnvejr")
    return path


@pytest.fixture
def live(made, tmp_path):
    """A store of one's own on a copy of it, in a folder as it should be."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    path = folder / "peers.db"
    shutil.copyfile(made, path)
    path.chmod(0o600)
    key_beside(path)
    with open_store(path, demo.SYSTEM, clock=lambda: NOW) as store:
        for beside in folder.iterdir():
            beside.chmod(0o600)
        yield store


@pytest.fixture
def good(live):
    """An installation in which nothing is wrong."""
    settings = read(
        {
            "ADVISORY_DB": str(live.path),
            "ADVISORY_PUBLIC_URL": "https://kurser.styrelsen.example",
            "ADVISORY_HOSTS": "tilmelding.styrelsen.example",
            "ADVISORY_MAIL_HOST": "mail.styrelsen.example",
            "ADVISORY_OIDC_ISSUER": "https://login.styrelsen.example",
        }
    )
    found = as_it_is(settings, "127.0.0.1", 5006)
    return replace(found, environ={"PATH": "/bin"}, mounts=MOUNTS, zones="2026b", user=1000)


def failing(store, one):
    return [check.key for check in every(store, one) if not check.ok]


def said(store, one):
    """What is said in Danish of each check that fails."""
    found = [check for check in every(store, one) if not check.ok]
    return {check.key: line(DANISH, check)["detail"] for check in found}


def test_a_good_installation_passes_every_check(live, good):
    found = list(every(live, good))

    assert [check.key for check in found if not check.ok] == []
    assert len(found) >= 30
    assert len({check.key for check in found}) == len(found)


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_check_says_in_both_languages_what_it_found_and_knows_how_to_mend_it(
    live, good, language
):
    text = translator(language)

    for check in every(live, good):
        told = line(text, check)
        assert (told["ok"], told["mend"], told["detail"][-1]) == (True, None, ".")
        assert text(f"cli.mend.{check.key}", paths="x")


@pytest.mark.parametrize("language", ["da", "en"])
def test_what_is_so_and_what_is_not_are_sentences_apart(language):
    texts = load(language)
    tables = {
        name: {key.removeprefix(f"cli.{name}."): said for key, said in texts.items()
               if key.startswith(f"cli.{name}.")}
        for name in ("check", "unmet", "mend")
    }  # fmt: skip

    assert set(tables["check"]) == set(tables["unmet"]) == set(tables["mend"])
    assert [key for key, said in tables["check"].items() if tables["unmet"][key] == said] == []


# --- each check, broken alone -----------------------------------------------------------------


def setting(**changes):
    return lambda store, one: replace(one, settings=replace(one.settings, **changes))


def machine(**changes):
    return lambda store, one: replace(one, **changes)


def mode(of, number):
    def broken(store, one):
        of(store.path).chmod(number)
        return one

    return broken


def key(content):
    def broken(store, one):
        key_path(store.path).write_bytes(content)
        return one

    return broken


def no_administrator(store, one):
    with store.write("user.edit"):
        (admin,) = store.rows("app_user", "role = 'administrator'")
        store.update("app_user", admin["id"], {"role": "office"})
    return one


def another_user(store, one):
    users.add(store, "jens@styrelsen.example", "Jens", "JE", "consultant")
    without_provider = replace(one.settings, oidc_issuer=None)
    return replace(one, settings=without_provider)


BROKEN = {
    "administrator": no_administrator,
    "sign_in": another_user,
    "file_system": machine(mounts="nas:/peers / cifs rw 0 0\n"),
    "file_mode": mode(lambda db: db, 0o640),
    "folder_mode": mode(lambda db: db.parent, 0o750),
    "key_file": key(b"x" * 32),
    "not_root": machine(user=0),
    "public_https": setting(public_url="http://kurser.styrelsen.example"),
    "socket_origin": machine(origins=("*",)),
    "listens": machine(address="0.0.0.0"),
    "environment": machine(environ={"BOKEH_ALLOW_WS_ORIGIN": "*"}),
    "bokeh": machine(versions={"bokeh": "3.8.1", "tornado": "6.6"}),
    "tornado": machine(versions={"bokeh": "3.8.2", "tornado": "6.5.9"}),
    "time_zones": machine(zones="2024a"),
    "oidc_https": setting(oidc_issuer="http://127.0.0.1:9400"),
    "mail_tls": setting(mail_tls="none"),
}


SAID = {
    "administrator": "Ingen administrator har adgang.",
    "sign_in": "Brugere har adgang, men kan ikke logge ind. Antal: 1.",
    "file_system": "Databasen ligger på et netværksdrev (cifs).",
    "file_mode": "Andre konti på maskinen har adgang til peers.db, peers.db-wal.",
    "folder_mode": "Andre konti på maskinen har adgang til databasens mappe (0750).",
    "key_file": "Nøglen til sider og formularer kan gættes, eller andre konti kan læse den.",
    "not_root": "Programmet kører som root.",
    "public_https":
        "Adressen, andre bruger, er ikke krypteret: http://kurser.styrelsen.example.",
    "socket_origin": "Alle navne under en stjerne må holde forbindelse til serveren: *.",
    "listens": "Serveren lytter på 0.0.0.0, så andre maskiner kan nå den uden om en proxy.",
    "environment": "Variabler i miljøet ændrer serveren: BOKEH_ALLOW_WS_ORIGIN.",
    "bokeh": "Bokeh 3.8.1 er for gammel. Der skal mindst 3.8.2 til.",
    "tornado": "Tornado 6.5.9 er for gammel. Der skal mindst 6.6 til.",
    "time_zones": "Tidszonerne er fra udgave 2024a, som er for gammel eller ukendt.",
    "oidc_https": "Kontoudbyderen nås uden https: http://127.0.0.1:9400.",
    "mail_tls": "Mailserveren mail.styrelsen.example nås uden kryptering.",
}  # fmt: skip


@pytest.mark.parametrize("check", BROKEN)
def test_what_is_broken_is_found_and_told_as_it_is_and_nothing_else_with_it(live, good, check):
    broken = BROKEN[check](live, good)

    assert said(live, broken) == {check: SAID[check]}


def test_every_check_beyond_the_file_is_broken_by_a_test(live, good):
    apart = {"no_demo", "outbox", "public_host", "secret_files"}

    keys = {check.key for check in deploy.beyond_the_file(live, good)}

    assert keys == set(BROKEN) | apart
    assert {check.key for check in checks.checks(live)} == OF_THE_FILE


@pytest.mark.parametrize(
    "content", [b"", b"short", bytes(32), b"secret" * 6, b"0123456789abcde" * 3]
)
def test_a_key_that_nobody_drew_is_no_key(live, good, content):
    key(content)(live, good)

    assert failing(live, good) == ["key_file"]


def test_a_key_that_others_can_read_is_found_and_one_not_yet_made_is_not(live, good):
    key_path(live.path).chmod(0o604)
    assert failing(live, good) == ["key_file"]

    key_path(live.path).unlink()
    assert failing(live, good) == []


@pytest.mark.parametrize(
    "one", ["environment", "BOKEH_SIGN_SESSIONS", "PANEL_OAUTH_KEY", "BOKEH_PY_LOG_LEVEL"]
)
def test_no_variable_of_bokeh_or_panel_gets_past(live, good, one):
    found = replace(good, environ={one: "x"})

    assert failing(live, found) == ([] if one == "environment" else ["environment"])


def test_no_star_among_those_who_may_keep_a_connection(live, good):
    settings = replace(good.settings, public_url="https://*.styrelsen.example")
    origins = as_it_is(settings, "127.0.0.1", 5006).origins

    assert failing(live, replace(good, settings=settings, origins=origins)) == ["socket_origin"]


def test_an_address_is_told_once():
    at_home = as_it_is(read({"ADVISORY_DB": "x.db"}), "127.0.0.1", 5006)

    assert at_home.origins == ("127.0.0.1:5006", "localhost:5006")


def test_a_name_that_only_this_machine_knows_is_no_name_for_others(live, good):
    settings = replace(good.settings, public_url="https://localhost")
    one = as_it_is(settings, "127.0.0.1", 5006)
    one = replace(good, settings=settings, origins=one.origins)

    assert said(live, one) == {"public_host": "Navnet localhost virker kun på maskinen selv."}


def test_a_secret_that_others_can_read_is_found(live, good, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("hemmelig")
    secret.chmod(0o644)

    for name in ("mail_password_file", "oidc_client_secret_file"):
        settings = replace(good.settings, **{name: secret})
        assert said(live, replace(good, settings=settings)) == {
            "secret_files": f"Andre konti på maskinen har adgang til hemmelighederne i {secret}."
        }
    secret.chmod(0o600)
    assert failing(live, replace(good, settings=settings)) == []


def test_a_copy_that_others_can_read_is_found(live, good):
    copy = checks.copy_path(live.path, NOW)
    backup.copy_to(live.db, copy)
    copy.chmod(0o644)

    assert failing(live, good) == ["file_mode"]


def test_a_demo_is_never_for_others(demo_store):
    settings = read({"ADVISORY_DB": str(demo_store.path)})

    found = said(demo_store, as_it_is(settings, "127.0.0.1", 5006))

    assert found["no_demo"] == "Databasen er en demo."


@pytest.mark.parametrize(
    ("hours", "waited"), [(1, None), (3, "3 timer"), (47, "47 timer"), (71, "2 dage")]
)
def test_mails_that_do_not_go_are_found(demo_path, tmp_path, hours, waited):
    path = tmp_path / "mails.db"
    shutil.copyfile(demo_path, path)
    with open_store(path, demo.SYSTEM) as store:
        due = store.db.execute("SELECT min(due_at) FROM message WHERE state = 'due'").fetchone()[0]
    now = datetime.fromisoformat(due) + timedelta(hours=hours)

    with open_store(path, clock=lambda: now) as store:
        settings = read({"ADVISORY_DB": str(path)})
        found = said(store, as_it_is(settings, "127.0.0.1", 5006)).get("outbox")

    beginning = "Den ældste mail, der skulle være sendt, har ventet i"
    assert found == (waited and f"{beginning} {waited}.")


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib/peers", "ext4"),
        ("/home/peers", "nfs4"),
        ("/homestead", "ext4"),
        ("/mnt/a b/peers", "cifs"),
        ("/over/peers", "xfs"),
    ],
)
def test_the_file_system_is_that_of_the_nearest_mount(tmp_path, folder, kind):
    mounts = MOUNTS + "//nas/a /mnt/a\\040b cifs rw 0 0\nx /over nfs rw 0 0\ny /over xfs rw 0 0\n"

    assert file_system(type(tmp_path)(folder), mounts) == kind


# --- what our own code tells the server, which no installation can change ----------------------


def test_the_server_is_told_to_be_careful(demo_path, tmp_path):
    path = tmp_path / "demo.db"
    shutil.copyfile(demo_path, path)

    made = serve(read({"ADVISORY_DB": str(path)}), port=0, start=False)

    made.unlisten()
    app = made._tornado
    assert app._sign_sessions is True
    assert len(app.secret_key) >= KEY_BYTES
    assert 0 < app._session_token_expiration <= 600
    assert (app._include_cookies, app._include_headers) == ([], [])
    assert app.settings["websocket_max_message_size"] <= 2**20
    assert app.settings["cross_origin_protection"] is True
    assert app.settings["log_function"] is logs.request
    assert not any(app.settings.get(name) for name in ("autoreload", "debug", "admin", "dev"))
    assert not any("*" in one for one in app.websocket_origins)
    assert (pn.config.session_history, pn.config.profiler) == (0, None)
    assert not any((pn.config.reuse_sessions, pn.config.autoreload, pn.config.admin))


def test_every_cookie_is_locked_to_the_site():
    assert all(one.startswith("__Host-") for one in (identity.COOKIE, auth.DEVICE, oidc.COOKIE))


# --- starting ---------------------------------------------------------------------------------


def test_on_this_machine_it_may_start_however_it_is(demo_store):
    require_safe(read({"ADVISORY_DB": str(demo_store.path)}), demo_store, "127.0.0.1", 5006)


def test_where_others_can_reach_it_a_demo_does_not_start(demo_store):
    with pytest.raises(Refused, match="demo_not_local"):
        require_safe(read({"ADVISORY_DB": str(demo_store.path)}), demo_store, "0.0.0.0", 5006)


def test_where_others_can_reach_it_nothing_starts_while_a_check_fails(live, good, monkeypatch):
    behind = replace(good.settings, proxies=("10.0.0.2",))
    monkeypatch.setattr(
        deploy, "as_it_is", lambda *args: replace(good, settings=args[0], address=args[1])
    )

    with pytest.raises(Refused) as refused:
        require_safe(good.settings, live, "10.0.0.1", 5006)
    require_safe(behind, live, "10.0.0.1", 5006)

    assert refused.value.key == "deploy_unsafe"
    assert refused.value.values == {"address": "10.0.0.1", "failing": "listens"}


# --- the command ------------------------------------------------------------------------------


def test_doctor_tells_each_check_and_leaves_with_one_while_any_fails(run_doctor, live):
    code, found = run_doctor(live.path, BOKEH_RESOURCES="cdn")

    bad = {line["check"]: line for line in found if not line["ok"]}
    assert code == 1
    assert len(found) >= 30
    assert {"environment", "public_https"} <= set(bad)
    assert bad["environment"]["detail"].endswith("BOKEH_RESOURCES.")
    assert all(line["mend"] for line in bad.values())


@pytest.fixture
def run_doctor(subprocess_env):
    """`run_doctor(db, NAME=value)`: the exit code and the lines of the real command."""

    def run(db, **environ):
        done = subprocess.run(
            [sys.executable, "-m", "advisory.cli", "doctor", "--deploy", "--json"],
            env={**subprocess_env, **environ, "ADVISORY_DB": str(db)},
            capture_output=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    return run
