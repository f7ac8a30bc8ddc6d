"""What can be set from outside: one frozen `Settings`, read from the environment once.

Every field is set by the variable `ADVISORY_` + its name in capitals, such as `ADVISORY_DB`.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from email.utils import getaddresses
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_data_path

from .domain.roles import GIVEN

LANGUAGES = ("da", "en")
TLS = ("none", "starttls", "tls")

_PACKAGE = Path(__file__).resolve().parent
_ADDRESS = re.compile(r"[!-~]+@[A-Za-z0-9.-]+")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True)
class Settings:
    """One value for everything that differs between two installations.

    `db` is the database file. `user` is the login that the command line and notebooks act as;
    None means nobody is signed in. `data_dir` and `apps_dir` hold what the package ships beside its
    code.

    Mails are handed to `mail_host`, with `mail_user` if it asks who we are, and come from
    `mail_from`, an address with or without a name. An installation that is not `mail_production`
    writes only to the addresses and domains, in lower case, of `mail_allow`. `public_url` is where
    the links in mails lead, without a slash at the end.

    The site answers to the name in `public_url`, to those in `hosts` and to this machine's own.
    Where it listens outside this machine, only `proxies` may ask, and they are believed when they
    say who for.

    People sign in with their account at the provider `oidc_issuer` as well, when it is set: it
    knows us as `oidc_client_id`, its claim `oidc_login_claim` is their login, and its claim
    `oidc_group_claim` gives them the role of the first pair of group and role in `oidc_roles`.
    Without pairs the roles stand as they are, and only who is a user already comes in.
    """

    db: Path
    language: str
    user: str | None
    address: str
    port: int
    data_dir: Path
    apps_dir: Path
    mail_host: str | None
    mail_port: int
    mail_user: str | None
    mail_password_file: Path | None
    mail_tls: str
    mail_from: str | None
    mail_allow: tuple[str, ...]
    mail_production: bool
    public_url: str
    hosts: tuple[str, ...]
    proxies: tuple[str, ...]
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret_file: Path | None
    oidc_login_claim: str
    oidc_group_claim: str
    oidc_roles: tuple[tuple[str, str], ...]


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


def _tls(text: str) -> str:
    if text not in TLS:
        raise ValueError(f"write one of {', '.join(TLS)}")
    return text


def _sender(text: str) -> str:
    found = getaddresses([text])
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0][1]) or not text.isprintable():
        raise ValueError("write one address, such as Kurser <kurser@styrelsen.example>")
    return text


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(one.strip().lower().lstrip("@") for one in text.split(",") if one.strip())


def _yes(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("write yes or no")
    return text == "yes"


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write an address such as https://tilmelding.example")
    return text.rstrip("/")


def _issuer(text: str) -> str:
    """As it is written, since the provider must call itself exactly the same."""
    parts = urlsplit(text)
    own = parts.scheme == "http" and _is_loopback(parts.hostname or "")
    plain = parts.netloc and not (parts.query or parts.fragment or parts.username)
    if not plain or not (own or parts.scheme == "https"):
        raise ValueError("write an https address such as https://login.styrelsen.example")
    return text


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    pairs = [one.rpartition("=") for one in text.split(",") if one.strip()]
    found = tuple((group.strip(), role.strip()) for group, _, role in pairs)
    if not all(group and role in GIVEN for group, role in found):
        raise ValueError(f"write group=role with commas between; a role is {', '.join(GIVEN)}")
    return found


def _hosts(text: str) -> tuple[str, ...]:
    found = tuple(one.strip().lower() for one in text.split(",") if one.strip())
    if not all(_HOST.fullmatch(name) for name in found):
        raise ValueError("write names such as kurser.styrelsen.example, with commas, without ports")
    return found


def _proxies(text: str) -> tuple[str, ...]:
    return tuple(str(ipaddress.ip_address(one.strip())) for one in text.split(",") if one.strip())


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
    "mail_host": (lambda: None, str),
    "mail_port": (lambda: 587, _port),
    "mail_user": (lambda: None, str),
    "mail_password_file": (lambda: None, _path),
    "mail_tls": (lambda: "starttls", _tls),
    "mail_from": (lambda: None, _sender),
    "mail_allow": (tuple, _addresses),
    "mail_production": (lambda: False, _yes),
    "public_url": (lambda: "http://127.0.0.1:5006", _url),
    "hosts": (tuple, _hosts),
    "proxies": (tuple, _proxies),
    "oidc_issuer": (lambda: None, _issuer),
    "oidc_client_id": (lambda: None, str),
    "oidc_client_secret_file": (lambda: None, _path),
    "oidc_login_claim": (lambda: "email", str),
    "oidc_group_claim": (lambda: "groups", str),
    "oidc_roles": (tuple, _roles),
}
