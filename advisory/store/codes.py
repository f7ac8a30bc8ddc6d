"""The lists of choices, kept as records so that the words can be corrected."""

from ..domain.errors import Refused
from .records import Records


def refuse_unknown(store: Records, list_name: str, code: str) -> None:
    """Refuse a code that is not on the list (`note_kind`, `audience`, ...) with `code_unknown`."""
    if not store.find("code_item", list=list_name, code=code):
        raise Refused("code_unknown", code=code)
