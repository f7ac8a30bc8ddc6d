"""The command as its users start it: a process of its own, settings from the environment."""

import json
import os
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

COMMAND = [sys.executable, "-m", "advisory.cli"]


@pytest.fixture
def start(subprocess_env, tmp_path):
    """`start("facts", ADVISORY_DB=...)` gives the finished process."""
    clean = {name: value for name, value in subprocess_env.items() if "ADVISORY_" not in name}

    def finished(*args, **environment):
        return subprocess.run(
            [*COMMAND, *args], env=clean | environment, cwd=tmp_path, timeout=60,
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

    return finished


def test_the_environment_names_database_language_and_user(start, db):
    environment = {"ADVISORY_DB": str(db), "ADVISORY_LANGUAGE": "en"}

    facts = start("facts", "--json", **environment)
    note = start("note", "Atlantis", "x", **environment, ADVISORY_USER="nobody@styrelsen.example")

    assert facts.returncode == 0
    assert json.loads(facts.stdout)["capacity"] == 20
    assert note.returncode == 1
    assert note.stderr.startswith("The user nobody@styrelsen.example")
    assert note.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "environment",
    [{"ADVISORY_PORT": "http"}, {"ADVISORY_LANGUAGE": "sv"}, {"ADVISORY_DATA_DIR": "/nowhere"}],
    ids=lambda one: next(iter(one)),
)
def test_an_environment_that_cannot_be_read_is_one_sentence(start, environment):
    result = start("facts", **environment)

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_a_process_that_meets_nonsense_leaves_one_sentence(start, tmp_path):
    (tmp_path / "peers.db").write_bytes(b"SQLite format 3\0" + os.urandom(9000))

    result = start("overview", ADVISORY_DB=str(tmp_path / "peers.db"))

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1


def test_help_lists_every_command(start):
    result = start("--help")

    assert result.returncode == 0
    assert {"facts", "serve", "restore"} <= {
        line.split()[0] for line in result.stdout.splitlines() if line.strip()
    }


def test_no_command_but_serve_imports_the_server(subprocess_env):
    code = "import sys, advisory.cli; sys.exit('panel' in sys.modules or 'tornado' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], env=subprocess_env, check=False).returncode
        == 0
    )


def test_output_cut_short_by_the_next_command_is_no_error(start, db, subprocess_env):
    whole = subprocess.Popen(
        [*COMMAND, "--db", str(db), "case", "Aalborg", "--json"], env=subprocess_env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    whole.stdout.close()
    error = whole.stderr.read()
    whole.wait(60)

    assert b"Traceback" not in error


def test_serve_answers_until_it_is_stopped(db, subprocess_env):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*COMMAND, "--db", str(db), "serve", "--port", str(port), "--today", "2025-03-13"],
        env=subprocess_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    try:
        assert server.stdout.readline() == (
            f"Peerforløb kører på http://127.0.0.1:{port}. Stop med Ctrl-C.\n"
        )
        with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
            assert answer.status == 200
        second = subprocess.run(
            [*COMMAND, "--db", str(db), "serve", "--port", str(port)], env=subprocess_env,
            capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        assert second.returncode == 1
        assert second.stderr == (
            f"Der kan ikke lyttes på 127.0.0.1 port {port}. Vælg en anden --port.\n"
        )
    finally:
        server.send_signal(signal.SIGTERM)
        _, error = server.communicate(timeout=30)
    assert (server.returncode, "Traceback" in error) == (0, False)
