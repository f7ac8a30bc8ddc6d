"""Commands about who may use the product, and how they sign in.

`user add`, `role`, `disable`, `enable`, `password`, `sign-out`, `unbind` and `list`.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import click

from ..domain import roles
from ..domain import sessions as rules
from ..domain.errors import NotFound, Refused
from ..store import Row, Store, credentials, open_store, people, sessions, users
from ..store.instants import instant
from ..texts import UNKNOWN, Text
from .output import aligned, say, say_json
from .session import Session, json_option, pass_session

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another
GROUPS, GROUP = 5, 4  # 99 bits
COLUMNS = ("login", "name", "role_header", "access", "way", "last", "sessions")


@click.group("user")
def user_() -> None:
    """Give people access and take it away; for the administrator.

    Say who you are with --user, or once and for all with ADVISORY_USER.

    \b
    Example:
        advisory --user astrid@styrelsen.example user add lene@styrelsen.example \\
            --name "Lene Kjærgaard" --role office
        advisory --user astrid@styrelsen.example user password lene@styrelsen.example
    """


@user_.command()
@click.argument("email")
@click.option("--name", required=True, help="As others see it.")
@click.option("--role", required=True, metavar="ROLE", help=f"One of {', '.join(roles.GIVEN)}.")
@click.option("--partner", metavar="NAME", help="Which partner; for that role only.")
@click.option("--initials", help="Up to three letters; the first of the names if not given.")
@pass_session
def add(
    session: Session, email: str, name: str, role: str, partner: str | None, initials: str | None
) -> None:
    """Give the person with the address EMAIL access; without a password yet.

    \b
    Example:
        advisory --user astrid@styrelsen.example user add lene@styrelsen.example \\
            --name "Lene Kjærgaard" --role office
    """
    with _administrator(session) as store:
        login = people.address(email)
        if _found(store, login):
            raise Refused("login_taken", login=login)
        if not name.strip():
            raise Refused("name_needed")
        if role == "partner" and not partner:
            raise Refused("partner_needed")
        organisation_id = _partner(store, partner) if partner else None
        users.add(
            store, login, name.strip(), initials or initials_of(name), role,
            organisation_id=organisation_id,
        )  # fmt: skip
        say(session.text("cli.user_added", name=name.strip(), login=login, role=role))


@user_.command()
@click.argument("email")
@pass_session
def disable(session: Session, email: str) -> None:
    """Take the access of EMAIL away at once; what they wrote stays.

    \b
    Example:
        advisory --user astrid@styrelsen.example user disable lene@styrelsen.example
    """
    with _administrator(session) as store:
        _tell(session.text, "closed", users.close(store, _user(store, email)["id"]))


@user_.command()
@click.argument("email")
@pass_session
def enable(session: Session, email: str) -> None:
    """Give EMAIL the access back that was taken away.

    \b
    Example:
        advisory --user astrid@styrelsen.example user enable lene@styrelsen.example
    """
    with _administrator(session) as store:
        _tell(session.text, "opened", users.open_again(store, _user(store, email)["id"]))


@user_.command("role")
@click.argument("email")
@click.argument("role")
@click.option("--partner", metavar="NAME", help="Which partner; for that role only.")
@pass_session
def role_(session: Session, email: str, role: str, partner: str | None) -> None:
    """Give EMAIL another role; they sign in again with it.

    \b
    Example:
        advisory --user astrid@styrelsen.example user role lene@styrelsen.example consultant
    """
    with _administrator(session) as store:
        user = _user(store, email)
        if role == "partner" and not partner:
            raise Refused("partner_needed")
        own = _partner(store, partner) if partner else None
        changed = users.set_role(store, user["id"], role, organisation_id=own)
        _tell(session.text, "role", changed)


@user_.command(context_settings={"allow_extra_args": True})
@click.argument("email")
@click.option("--generate", is_flag=True, help="Make one and show it, once.")
@click.pass_context
def password(ctx: click.Context, email: str, generate: bool) -> None:
    """Give EMAIL a new password, typed twice and not shown; they are signed out everywhere.

    \b
    Example:
        advisory --user astrid@styrelsen.example user password lene@styrelsen.example
    """
    session: Session = ctx.obj
    if ctx.args:  # others on the machine see the arguments of a process, and shells keep them
        raise Refused("password_in_command")
    with _administrator(session) as store:
        user = _user(store, email)
        new = generated() if generate else typed_twice(session.text, user["login"])
        credentials.set_password(store, user["id"], new)
        _tell(session.text, "password", user)
        if generate:
            say(session.text("cli.user.generated", login=user["login"], password=new))


@user_.command("sign-out")
@click.argument("email")
@pass_session
def sign_out(session: Session, email: str) -> None:
    """End every session of EMAIL; they may sign in again.

    \b
    Example:
        advisory --user astrid@styrelsen.example user sign-out lene@styrelsen.example
    """
    with _administrator(session) as store:
        user = _user(store, email)
        ended = sessions.end_all(store, user["id"])
        say(session.text.count("cli.user.signed_out", ended, login=user["login"]))


@user_.command()
@click.argument("login")
@pass_session
def unbind(session: Session, login: str) -> None:
    """Forget the work account of LOGIN; the next one that signs in as LOGIN is theirs.

    For an account that has been made anew where it is kept. Open sessions end.

    \b
    Example:
        advisory --user astrid@styrelsen.example user unbind lene@styrelsen.example
    """
    with _administrator(session) as store:
        _tell(session.text, "unbound", users.unbind(store, _user(store, login)["id"]))


@user_.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Who has access, how they sign in, and when they last did; forgotten after a month.

    JSON: login, name, role, open, password, account, last_signed_in (null: never, or longer ago
    than that) and sessions (how many go on).

    \b
    Example:
        advisory --user astrid@styrelsen.example user list
    """
    with _administrator(session) as store:
        found = [_listed(store, user) for user in store.rows("app_user", order="login")]
    if as_json:
        say_json(found)
    else:
        head = [session.text(f"cli.user.{name}") for name in COLUMNS]
        say(aligned([head, *(_line(session.text, one) for one in found)], indent=""))


@contextmanager
def _administrator(session: Session) -> Iterator[Store]:
    """The database for writing, as the administrator that --user names; also on demo data.

    Refuses with `no_administrator`, `user_needed`, `user_unknown`, `forbidden`, and as
    `Session.writer`.
    """
    session.require_database()
    with open_store(session.db) as store:
        if not store.find("app_user", role="administrator", active=1):
            raise Refused("no_administrator")
        if not session.user:
            raise Refused("user_needed")
        store.actor = users.actor_for(store, session.user)
        store.require(users.EDIT)
        yield store


def _user(store: Store, email: str) -> Row:
    """The user with this login. Refuses with `login_unknown`."""
    user = _found(store, email)
    if user is None:
        raise NotFound("login_unknown", login=email)
    return user


def _found(store: Store, email: str) -> Row | None:
    """The user with this login, in capitals or not; None if there is none."""
    wanted = email.strip().casefold()
    same = [user for user in store.rows("app_user") if user["login"].casefold() == wanted]
    return same[0] if same else None


def _partner(store: Store, typed: str) -> int:
    """The partner of this name. Refuses with `partner_not_found`, which names them all."""
    known = store.rows("organisation", "kind = ?", ["partner"], order="name")
    for one in known:
        if one["name"].casefold() == typed.strip().casefold():
            return one["id"]
    names = ", ".join(one["name"] for one in known) or UNKNOWN
    raise NotFound("partner_not_found", name=typed, names=names)


def _tell(text: Text, what: str, user: Row) -> None:
    values = {name: user[name] for name in ("name", "login", "role")}
    say(text(f"cli.user.{what}", **values))


def _listed(store: Store, user: Row) -> dict[str, Any]:
    began = store.rows("session", "user_id = ?", [user["id"]])
    return {
        **{name: user[name] for name in ("login", "name", "role")},
        "open": bool(user["active"]),
        "password": user["password_at"] is not None,
        "account": user["subject"] is not None,
        "last_signed_in": max((instant(one["started_at"]) for one in began), default=None),
        "sessions": sum(_goes_on(one, store.now()) for one in began),
    }


def _goes_on(one: Row, now: datetime) -> bool:
    times = (instant(one["started_at"]), instant(one["seen_at"]))
    return one["ended_at"] is None and not rules.is_over(*times, now)


def _line(text: Text, one: dict[str, Any]) -> list[str]:
    ways = [text(f"cli.user.by_{way}") for way in ("password", "account") if one[way]]
    return [
        *(one["login"], one["name"], text(f"role.{one['role']}")),
        text("cli.user.open" if one["open"] else "cli.user.shut"),
        ", ".join(ways) or text("cli.user.no_way"),
        text.instant(one["last_signed_in"]),
        str(one["sessions"]),
    ]


def initials_of(name: str) -> str:
    """The first letters of the first three names."""
    return "".join(word[0] for word in name.split())[:3].upper()


def generated() -> str:
    """A password that nobody has to remember: `k7wf-9mtx-…`."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def typed_twice(text: Text, login: str) -> str:
    """A password as it is typed, unseen. Refuses with `password_differs`."""
    first, again = (
        click.prompt(
            text(key, login=login), default="", show_default=False, hide_input=True, err=True
        )
        for key in ("cli.user.ask", "cli.user.ask_again")
    )
    if first != again:
        raise Refused("password_differs")
    return first


COMMANDS = (user_,)
