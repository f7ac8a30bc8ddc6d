"""What was typed in a form, and the sentence beside each field that could not be used."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..domain.errors import AdvisoryError, Conflict
from ..texts import Text

WHOLE_FORM = ""


class Form:
    """The state of one form between two views of it.

    `fields` says which field an error belongs to; any other error is said above the form.
    """

    def __init__(self, fields: Mapping[str, str] | None = None):
        self._fields = fields or {}
        self.typed: dict[str, str] = {}
        self.errors: dict[str, str] = {}

    @contextmanager
    def attempt(self, text: Text, typed: Mapping[str, str]) -> Iterator[None]:
        """Try to save what was typed: it is kept with a sentence when refused, cleared when done.

        A `Conflict` goes on to the page, which shows both versions.
        """
        self.typed, self.errors = dict(typed), {}
        try:
            yield
        except Conflict:
            raise
        except AdvisoryError as error:
            self.errors[self._fields.get(error.key, WHOLE_FORM)] = text.error(error)
        else:
            self.typed = {}

    @property
    def ok(self) -> bool:
        """Whether the last attempt was saved."""
        return not self.errors

    def value(self, name: str, otherwise: str = "") -> str:
        """What was typed in a field and not saved, else `otherwise`."""
        return self.typed.get(name, otherwise)
