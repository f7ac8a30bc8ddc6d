"""`advisory mail`: sending, seeing why, and saying what became of a mail."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from advisory.cli import cli
from advisory.store import open_store, users, utc_now

from .conftest import NOW
from .post import DROP


@pytest.fixture
def run(facts, own, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`run("mail", "list")` on the test's own database, in Danish, as Jonas."""
    users.add(facts, "jonas@styrelsen.example", "Jonas", "JO", "consultant")
    monkeypatch.setattr("advisory.cli.mail.settings", lambda: own)
    for module in ("mail", "session"):
        monkeypatch.setattr(
            f"advisory.cli.{module}.open_store",
            lambda *args, **more: open_store(*args, **more, clock=lambda: NOW),
        )
    user = ["--db", str(facts.path), "--user", "jonas@styrelsen.example"]
    return lambda *args: CliRunner().invoke(cli, [*user, *args])


def test_sending_says_how_many_went(run, make_meeting, sign_up, post):
    meeting = make_meeting()
    for who in ("anne", "bo", "cleo", "dan"):
        sign_up(meeting, who, email=f"{who}@{'privat' if who == 'dan' else 'kommune'}.example")
    post.script = [("rcpt", "550 no such user"), ("end", DROP)]

    first, second = run("mail", "send"), run("mail", "send", "--json")

    assert (first.exit_code, first.stdout.splitlines()) == (
        0,
        [
            "1 sendt, 0 udskudt, 1 ikke leveret, 1 uvisse.",
            "1 venter, fordi adressen ikke er på listen over dem, en prøveinstallation må skrive"
            " til.",
        ],
    )
    assert json.loads(second.stdout) == {
        "sent": 0,
        "failed": 0,
        "deferred": 0,
        "uncertain": 0,
        "left": 0,
        "held": 1,
        "stopped": None,
    }


def test_a_server_that_is_away_is_told_in_one_sentence_and_the_exit_code(
    run, make_meeting, sign_up, post
):
    sign_up(make_meeting(), "anne")
    post.script = [("connect", "421 busy")]

    result = run("mail", "send")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Mailserveren svarer ikke (421 busy). Ingen mails er gået tabt. Prøv igen senere."
    ]


def test_the_list_says_why_somebody_did_not_get_a_mail(run, make_meeting, sign_up, post):
    meeting = make_meeting()
    sign_up(meeting, "anne")
    post.script = [("rcpt", "550 no such user")]
    run("mail", "send")

    shown = run("mail", "list", "--activity", str(meeting), "--state", "failed")
    told = json.loads(run("mail", "list", "--state", "failed", "--json").stdout)

    assert " ".join(shown.stdout.split()) == (
        "1 Anne Kvittering 13. mar. 2025 kl. 10.00 Ikke leveret"
        " Modtagerens mailserver afviste mailen. 550 no such user"
    )
    assert [(row["name"], row["kind"], row["reason"]) for row in told] == [
        ("Anne", "confirmation", "refused")
    ]
    assert run("mail", "list", "--state", "sending").stdout == "Ingen mails at vise.\n"
    assert run("mail", "list", "--activity", "99").exit_code == 1


def test_a_person_resolves_an_uncertain_mail_and_lets_a_failed_one_go_again(
    run, facts, make_meeting, sign_up, post
):
    meeting = make_meeting()
    for who in ("anne", "bo", "cleo"):
        sign_up(meeting, who)
    post.script = [("rcpt", "550 no"), ("end", DROP), ("end", DROP)]
    run("mail", "send")
    first, second, third = (row["id"] for row in facts.rows("message", "kind = 'confirmation'"))

    results = [
        run("mail", "resolve", str(second), "--arrived"),
        run("mail", "resolve", str(third), "--again"),
        run("mail", "resolve", str(first), "--again"),
        run("mail", "resolve", str(second), "--again"),
        run("mail", "resolve", str(second)),
    ]

    assert [result.exit_code for result in results] == [0, 0, 0, 1, 2]
    assert [result.stdout for result in results[:3]] == [
        f"Mail {second} er noteret som kommet frem.\n",
        f"Mail {third} bliver sendt igen ved næste afsendelse.\n",
        f"Mail {first} bliver sendt igen ved næste afsendelse.\n",
    ]
    states = [row["state"] for row in facts.rows("message", "kind = 'confirmation'")]
    assert states == ["due", "sent", "due"]


def test_demo_data_send_nothing(run, facts, post):
    with facts.write("setting.edit"):
        facts.insert("setting", {"key": "demo", "value": "2025-03-13", "source": "x"})

    result = run("mail", "send")

    assert (result.exit_code, result.stderr) == (1, "Der sendes ikke mails fra demodata.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_watch_sends_what_comes_and_ends_between_two_mails_when_it_is_asked_to(
    facts, post, make_meeting, sign_up, subprocess_env
):
    facts._clock = utc_now  # the process has the time of the day
    sign_up(make_meeting(utc_now().date() + timedelta(days=30)), "anne")
    env = subprocess_env | {
        "ADVISORY_MAIL_HOST": "127.0.0.1",
        "ADVISORY_MAIL_PORT": str(post.port),
        "ADVISORY_MAIL_TLS": "none",
        "ADVISORY_MAIL_FROM": "moeder@styrelsen.example",
        "ADVISORY_MAIL_ALLOW": "kommune.example",
    }
    command = [sys.executable, "-m", "advisory.cli", "--db", str(facts.path)]
    watch = subprocess.Popen(
        [*command, "mail", "send", "--watch", "60"], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        said = watch.stdout.readline()
        time.sleep(0.2)
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(timeout=20) == 0
    finally:
        watch.kill()
        watch.stdout.close()

    assert said == "1 sendt, 0 udskudt, 0 ikke leveret, 0 uvisse.\n"
    assert len(post.delivered) == 1


def test_every_command_about_mails_ends_its_help_with_an_example(run):
    for args in (["mail"], ["mail", "send"], ["mail", "list"], ["mail", "resolve"]):
        text = run(*args, "--help").stdout
        assert "Example:\n" in text
        assert "advisory mail" in text.split("Example:")[1]
