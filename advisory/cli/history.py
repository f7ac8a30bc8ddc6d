"""What changed in a case, and whether anybody has changed the history itself."""

from pathlib import Path
from typing import Any

import click

from .. import frames
from ..domain.errors import Refused
from ..reports import records
from ..store import chain, heads
from ..store.chain import Finding
from ..store.heads import Head
from ..texts import Text
from . import words
from .output import say, say_json
from .session import Session, case_id, json_option, pass_session


class History(click.Group):
    """A group in which a municipality stands for the command `of`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {*self.commands, *ctx.help_option_names}
        return super().parse_args(ctx, args if args and args[0] in own else ["of", *args])


@click.group(cls=History)
def history() -> None:
    """Show what changed in a case, or whether anybody has changed the history itself.

    A municipality's name is enough for the first.

    \b
    Example:
        advisory history Aalborg --limit 5
        advisory history verify
    """


@history.command()
@click.argument("municipality")
@click.option("--limit", type=click.IntRange(min=1), default=20, help="How many, newest first.")
@json_option
@pass_session
def of(session: Session, municipality: str, limit: int, as_json: bool) -> None:
    """Show what changed in the case of MUNICIPALITY: when, who, what, from, to.

    JSON: a list of history_id, at, actor, action, operation, table, row_id, subject, change,
    field, before, after.

    \b
    Example:
        advisory history Aalborg --limit 5
    """
    with session.reader() as store:
        store.require("page.case")
        enrolment_id, _ = case_id(store, municipality)
        found = records(frames.history(store, enrolment_id))
        if as_json:
            say_json(found[:limit])
            return
        lines = list(words.Changes(store, session.text).lines(found))
    say("\n".join(lines[:limit]) or session.text("cli.no_history"))


@history.command()
@click.option("--head", "typed", metavar="ID:LINK", multiple=True, help="One kept elsewhere.")
@click.option(
    "--heads", "file", type=click.Path(path_type=Path), help="A file of them kept elsewhere."
)
@json_option
@click.pass_context
def verify(ctx: click.Context, typed: tuple[str, ...], file: Path | None, as_json: bool) -> None:
    """Follow the history from its first row; leave with 1 if anybody has changed it.

    It is held against the heads beside the database and those given. Somebody who can write the
    file, and knows how it is made, is found only by a head from before that they could not
    reach: keep what `advisory history head` says on another machine.

    JSON: ok, rows, link (of the last row), heads (how many), findings (a list of kind and what
    the sentence about it says).

    \b
    Example:
        advisory history verify --heads /mnt/other/advisory.db.heads
    """
    session: Session = ctx.obj
    known = [_head(one) for one in typed]
    with session.reader() as store:
        if file:
            found, unreadable = heads.read(file)
            if unreadable:
                raise Refused("head_unreadable", text=f"{file}:{unreadable[0]}")
            known += found
        result = chain.verify(store, known)
    if as_json:
        say_json(_as_json(result))
    else:
        say("\n".join(_lines(session, result)))
    ctx.exit(1 if result.found else 0)


@history.command("head")
@click.option("--keep", is_flag=True, help="Also add it to the file beside the database.")
@pass_session
def head_(session: Session, keep: bool) -> None:
    """Show where the history ends now, to be kept where nobody can change it.

    \b
    Example:
        advisory history head --keep
    """
    with session.reader() as store:
        if keep:
            kept = heads.keep_head(store)
            key = "kept" if kept else "kept_before"
            say(session.text(f"cli.history.{key}", path=str(heads.beside(store.path))))
        say(str(heads.head(store)))


def _head(typed: str) -> Head:
    """The head a person typed; refuses with `head_unreadable`."""
    found = heads.parse(typed)
    if found is None:
        raise Refused("head_unreadable", text=typed)
    return found


def _as_json(result: chain.Findings) -> dict[str, Any]:
    return {
        "ok": not result.found,
        "rows": result.head.id,
        "link": result.head.link,
        "heads": result.heads,
        "findings": [{"kind": one.kind} | one.values for one in result.found],
    }


def _lines(session: Session, result: chain.Findings) -> list[str]:
    text = session.text
    if not result.found:
        held = text.count("cli.history.heads", result.heads)
        return [text.count("cli.history.sound", result.head.id, heads=held)]
    first = text.count("cli.history.broken", len(result.found))
    advice = text("cli.history.mend", path=str(heads.beside(session.db)))
    return [first, *(_line(text, one) for one in result.found), advice]


def _line(text: Text, found: Finding) -> str:
    values = dict(found.values)
    if "at" in values:
        values["at"] = text.instant(values["at"])
    return text(f"cli.finding.{found.kind}", **values)


COMMANDS = (history,)
