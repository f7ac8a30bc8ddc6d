"""The municipality that somebody wrote, found among the records."""

from ..domain import municipalities as rules
from .records import Records


def known(store: Records) -> tuple[rules.Known, ...]:
    """The municipalities with everything they may be called."""
    return tuple(
        rules.Known(
            row["id"],
            (row["name"], row["official_name"], *filter(None, row["aliases"].split("|"))),
        )
        for row in store.rows("municipality")
    )


def match(store: Records, text: str) -> rules.Match:
    """What `text`, a whole cell, names; see `domain.municipalities.match`."""
    return rules.match(text, known(store))
