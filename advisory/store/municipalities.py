"""The municipality that somebody wrote, found among the records."""

from ..domain import municipalities as rules
from .records import Records

_kept: dict[tuple, tuple[rules.Known, ...]] = {}


def known(store: Records) -> tuple[rules.Known, ...]:
    """The municipalities with everything they may be called; read again when one has changed."""
    mark = store.db.execute("SELECT count(*), sum(version) FROM municipality").fetchone()
    key = (str(store.path), store.as_of, *mark)
    if key not in _kept:
        _kept.clear()
        _kept[key] = _read(store)
    return _kept[key]


def _read(store: Records) -> tuple[rules.Known, ...]:
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
