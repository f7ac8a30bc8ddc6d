"""The real command, on real files."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from advisory import settings
from advisory.cli import cli


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment of the tests says does not reach the command."""
    nothing = settings.read({})
    monkeypatch.setattr("advisory.cli.settings", lambda: nothing)


@pytest.fixture
def db(demo_path: Path, tmp_path: Path) -> Path:
    """A copy of the invented data as of 13 March 2025, for one test."""
    path = tmp_path / "own.db"
    shutil.copyfile(demo_path, path)
    return path


@pytest.fixture
def run() -> Callable[..., Result]:
    """`run(db, "case", "Aalborg")` gives the finished command; its output is kept apart."""

    def finished(db: Path | str, *args: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["--db", str(db), *args], input=stdin)

    return finished


@pytest.fixture
def answer(run: Callable[..., Result]) -> Callable[..., Any]:
    """The JSON of a command that succeeds without a word on stderr."""

    def parsed(db: Path, *args: str) -> Any:
        result = run(db, *args, "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return parsed
