"""How a command prints: plain words on a terminal, in columns where there are several."""

from collections.abc import Sequence
from typing import Any

import click

from .. import reports

NO_BREAK = "\u00a0"


def say(text: str, *, err: bool = False) -> None:
    """Print words. A no-break space becomes a blank, so that what is seen can be searched for.

    Other characters that are not for print are left out: a note must not steer a terminal.
    """
    text = text.replace(NO_BREAK, " ")
    click.echo("".join(one for one in text if one.isprintable() or one == "\n"), err=err)


def say_json(found: Any) -> None:
    """Print `found` as JSON, which escapes what could steer a terminal itself."""
    click.echo(reports.as_json(found))


def sentence(text: str) -> str:
    """`text` on one line, whatever a person typed into it."""
    return " ".join(text.replace(NO_BREAK, " ").split())


def aligned(rows: Sequence[Sequence[str]], indent: str = "  ") -> str:
    """Rows of cells as lines with aligned columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    return "\n".join(
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
        for row in rows
    )
