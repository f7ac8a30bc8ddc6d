"""The errors a rule or a verb can end with: a key and values; the words live in `data/texts`."""

from collections.abc import Mapping
from typing import Any


class AdvisoryError(Exception):
    """Something the user can be told in one sentence, found by `key` and filled with `values`."""

    def __init__(self, key: str, **values: Any) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return " ".join([self.key, *(f"{name}={value}" for name, value in self.values.items())])


class Refused(AdvisoryError):
    """A rule says no."""


class NotFound(AdvisoryError):
    """There is no such row."""


class Forbidden(AdvisoryError):
    """The role may not do this."""


class Conflict(AdvisoryError):
    """Somebody changed the row in the meantime; keeps what stands and what was typed.

    `current` is the row as it stands, `changes` what the user wanted to write, `base` the row the
    user started from (None when it is not known). None of the three is part of the text, so that
    nothing a person typed reaches a log.
    """

    def __init__(
        self,
        key: str,
        table: str,
        row_id: int,
        current: Mapping[str, Any],
        changes: Mapping[str, Any],
        base: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(key, **values)
        self.table = table
        self.row_id = row_id
        self.current = dict(current)
        self.changes = dict(changes)
        self.base = None if base is None else dict(base)
