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
        self._blamed: str | None = None

    @contextmanager
    def attempt(self, text: Text, typed: Mapping[str, str]) -> Iterator[None]:
        """Try to save what was typed: it is kept with a sentence when refused, cleared when done.

        A `Conflict` goes on to the page, which shows both versions.
        """
        self.typed, self.errors, self._blamed = dict(typed), {}, None
        try:
            yield
        except Conflict:
            raise
        except AdvisoryError as error:
            field = self._blamed or self._fields.get(error.key, WHOLE_FORM)
            self.errors[field] = text.error(error)
        else:
            self.typed = {}

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """While one field is read: what it is refused for is said beside it."""
        try:
            yield
        except AdvisoryError:
            self._blamed = name
            raise

    @property
    def ok(self) -> bool:
        """Whether the last attempt was saved."""
        return not self.errors

    def value(self, name: str, otherwise: str = "") -> str:
        """What was typed in a field and not saved, else `otherwise`."""
        return self.typed.get(name, otherwise)
