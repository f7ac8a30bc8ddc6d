"""What can be set from outside: one frozen `Settings`, read from the environment once.

Every field is set by the variable `ADVISORY_` + its name in capitals, such as `ADVISORY_DB`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

LANGUAGES = ("da", "en")

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Settings:
    """One value for everything that differs between two installations.

    `db` is the database file. `user` is the login that the command line and notebooks act as;
    None means nobody is signed in. `data_dir` and `apps_dir` hold what the package ships beside its
    code.
    """

    db: Path
    language: str
    user: str | None
    address: str
    port: int
    data_dir: Path
    apps_dir: Path


@cache
def settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return read(os.environ)


def read(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`, with the default where a variable is missing or empty.

    A value that cannot be read raises ValueError with the variable's name and what to write.
    """
    values = {}
    for field in fields(Settings):
        text = environ.get(variable(field.name), "").strip()
        default, parse = _SOURCES[field.name]
        try:
            values[field.name] = parse(text) if text else default()
        except ValueError as error:
            raise ValueError(f"{variable(field.name)}={text!r}: {error}") from error
    return Settings(**values)


def variable(name: str) -> str:
    """The environment variable that sets the field `name`."""
    return f"ADVISORY_{name.upper()}"


def shipped(name: str) -> Path:
    """The folder `name` that comes with the package.

    A wheel carries it inside the package; a checkout has it beside. The package is asked first,
    since beside an installed package stand folders of other packages.
    """
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"write one of {', '.join(LANGUAGES)}")
    return text


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError("write a port between 0 and 65535")
    return int(text)


_SOURCES: dict[str, tuple[Callable[[], Any], Callable[[str], Any]]] = {
    "db": (lambda: user_data_path("advisory", appauthor=False) / "advisory.db", _path),
    "language": (lambda: "da", _language),
    "user": (lambda: None, str),
    "address": (lambda: "127.0.0.1", str),
    "port": (lambda: 5006, _port),
    "data_dir": (lambda: shipped("data"), _path),
    "apps_dir": (lambda: shipped("apps"), _path),
}
