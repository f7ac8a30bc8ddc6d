"""The `advisory` command: parse, call one verb or one frame, print one answer."""

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ..domain.errors import AdvisoryError, Refused
from ..settings import LANGUAGES, settings
from ..store import READER, Store, utc_now
from ..store.checks import checks
from ..store.connection import DatabaseError, connect, explained
from ..texts import Text, translator
from . import (
    applications,
    attendance,
    exporting,
    history,
    intake,
    ledger,
    mail,
    meetings,
    places,
    reading,
    replan,
    starting,
    upkeep,
    users,
    writing,
)
from .output import say, sentence
from .session import Session

REFUSED, USAGE = 1, 2


class Stop(click.ClickException):
    """The end of a command that was refused: one sentence, in the language of the session."""


class Advisory(click.Group):
    """The group of commands, which turns every error into one line on stderr and an exit code."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run a command and leave with 0 done, 1 refused or 2 not understood."""
        args = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        try:
            code = super().main(args, *rest, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            say(error.format_message(), err=True)
            sys.exit(USAGE)
        except click.UsageError as error:
            say(sentence(_usage(error)), err=True)
            sys.exit(USAGE)
        except click.Abort:
            say(_text(None)("cli.stopped"), err=True)
            sys.exit(REFUSED)
        except click.ClickException as error:
            say(sentence(error.format_message()), err=True)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; one that is not text in UTF-8 would end in a file or a record."""
        if any(not _is_text(one) for one in args):
            raise click.UsageError("", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it refuses with becomes a sentence."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            session = ctx.obj
            if not isinstance(session, Session) or session.debug:
                raise
            raise Stop(_sentence(session, error)) from error


def _sentence(session: Session, error: Exception) -> str:
    """What to tell about an error: the refusal, else the damage behind it, else the defect."""
    if isinstance(error, AdvisoryError):
        return session.text.error(error)
    if isinstance(error, DatabaseError) and (refusal := explained(error, session.db)):
        return session.text.error(refusal)
    if (detail := _damage(session.db)) is not None:
        return session.text.error(
            Refused("database_unreadable", path=str(session.db), detail=detail)
        )
    return session.text("cli.defect", kind=type(error).__name__)


def _damage(db: Path) -> str | None:
    """What is wrong with the database file, when that may be why a command failed."""
    try:
        with closing(connect(db, read_only=True)) as opened:
            store = Store(opened, db, READER, utc_now, read_only=True)
            found = [check for check in checks(store) if not check.ok]
    except AdvisoryError as error:
        return error.key
    broken = [check for check in found if check.key in ("integrity", "foreign_keys", "history")]
    return ", ".join(check.key for check in broken) or None


def _usage(error: click.UsageError) -> str:
    """What is wrong with the way a command was written, in words."""
    text = _text(error.ctx)
    path = error.ctx.command_path if error.ctx else "advisory"
    values = {"help": f"{path} --help", "detail": error.message.rstrip(".") + "."}
    parameter = getattr(error, "param", None)
    name = parameter.get_error_hint(error.ctx) if parameter and error.ctx else ""
    if not error.message and not parameter:
        return text("cli.usage.not_text")
    if isinstance(error, click.MissingParameter):
        return text("cli.usage.missing", name=name, **values)
    if isinstance(error, click.NoSuchOption):
        return text("cli.usage.no_option", name=error.option_name, **values)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return text("cli.usage.no_command", name=error.command_name, **values)
    if isinstance(error, click.BadParameter):
        return text("cli.usage.bad", name=name, **values)
    return text("cli.usage.unreadable", **values)


def _text(ctx: click.Context | None) -> Text:
    """The words of the language asked for, as far as the command was understood."""
    language = ctx.find_root().params.get("lang") if ctx else None
    return translator(language or settings().language)


def _is_text(typed: str) -> bool:
    try:
        typed.encode()
    except UnicodeEncodeError:
        return False
    return True


@click.group("advisory", cls=Advisory, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--db", type=click.Path(path_type=Path), help="The database file. [ADVISORY_DB]")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), is_eager=True, help="Language. [ADVISORY_LANGUAGE]"
)
@click.option("--user", metavar="EMAIL", help="Who you are, to write. [ADVISORY_USER]")
@click.option("--debug", is_flag=True, help="Show where the program failed.")
@click.pass_context
def cli(
    ctx: click.Context, db: Path | None, lang: str | None, user: str | None, debug: bool
) -> None:
    """Plan and follow up the municipalities' programmes.

    Leaves with 0 when done, 1 when refused (one sentence on stderr says why) and 2 when the
    command was not understood.

    \b
    Example:
        advisory --db demo.db demo --date 2025-03-13
        advisory --db demo.db overview --as-of 13/3-25
    """
    found = settings()
    ctx.obj = Session(
        db=db.expanduser() if db else found.db,
        text=translator(lang or found.language),
        user=user or found.user,
        debug=debug,
    )


for module in (
    starting,
    reading,
    history,
    meetings,
    attendance,
    applications,
    intake,
    places,
    ledger,
    writing,
    replan,
    upkeep,
    exporting,
    mail,
    users,
):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """The command, also when what the environment says cannot be read."""
    try:
        settings()
        translator(settings().language)
    except (ValueError, OSError) as error:
        say(sentence(str(error)), err=True)
        sys.exit(USAGE)
    cli(prog_name="advisory")
