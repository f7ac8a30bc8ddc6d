"""The cells of the head counts: what stands in them, what was typed, what that means."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .. import frames
from ..domain import activities as rules
from ..domain.errors import AdvisoryError, Refused
from ..store.activities import Cell
from .view import View

Key = tuple[int, str]  # enrolment, audience
Cells = dict[Key, Cell | None]

PLANNED, ATTENDED = "planned", "attended"  # the two numbers of a cell; one at a time is typed
KINDS = (PLANNED, ATTENDED)
NOT_INVITED = ("–", "-", "—", "−")
NOT_COUNTED = "?"


@dataclass
class Typed:
    """Numbers that were typed and are not saved, by the name of their field, with what is wrong."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def name_of(kind: str, key: Key) -> str:
    """The name of the field of one number: `attended_12_staff`."""
    return f"{kind}_{key[0]}_{key[1]}"


def keys(view: View, activity_id: int) -> Iterator[Key]:
    """Every cell of an activity, municipality by municipality."""
    audiences = [code for code, _ in view.codes("audience")]
    for enrolment_id in frames.served(view.store, activity_id)["enrolment_id"].tolist():
        for audience in audiences:
            yield enrolment_id, audience


def standing(view: View, activity_id: int) -> Cells:
    """The cells as they are recorded; None where the audience is not invited."""
    found: Cells = dict.fromkeys(keys(view, activity_id))
    rows = frames.headcounts(view.store, activity_id)
    numbers = (rows[name].astype(object).where(rows[name].notna(), None) for name in KINDS)
    for enrolment_id, audience, planned, attended in zip(
        rows["enrolment_id"].tolist(), rows["audience"], *numbers
    ):
        found[enrolment_id, audience] = (planned, attended)
    return found


def shown(kind: str, cell: Cell | None) -> str:
    """What stands in the field of one number of a cell."""
    if cell is None:
        return NOT_INVITED[0] if kind == PLANNED else ""
    number = cell[KINDS.index(kind)]
    return "" if number is None else str(number)


def as_json(cells: Cells) -> str:
    """The cells as text that travels with the form, to be compared with when it is saved."""
    return json.dumps([[*key, cell] for key, cell in cells.items()], separators=(",", ":"))


def from_json(text: str) -> Cells:
    """What `as_json` wrote. Refuses with `headcount_changed` what it did not write."""
    try:
        return {
            (enrolment_id, audience): None if cell is None else (cell[0], cell[1])
            for enrolment_id, audience, cell in json.loads(text)
        }
    except (ValueError, TypeError, IndexError) as error:
        raise Refused("headcount_changed") from error


def meant(view: View, typed: Typed, seen: Cells) -> Cells:
    """The cells that were typed in, as they shall be; what cannot be is said in `typed.errors`."""
    cells: Cells = {}
    for key, before in seen.items():
        names = {kind: name_of(kind, key) for kind in KINDS}
        if not typed.values.keys() & set(names.values()):
            continue
        written = {
            kind: typed.values.get(name, shown(kind, before)) for kind, name in names.items()
        }
        try:
            cells[key] = _cell(written, before)
        except AdvisoryError as error:
            own = [kind for kind in KINDS if names[kind] in typed.values]
            wrong = next((kind for kind in own if not is_number(written[kind])), own[0])
            typed.errors[names[wrong]] = view.text.error(error)
    return cells


def _cell(written: Mapping[str, str], before: Cell | None) -> Cell | None:
    """A cell from its two fields. A number of those who came makes an audience invited."""
    attended = number(written[ATTENDED])
    if written[PLANNED] in NOT_INVITED:
        if attended is None:
            return None
        if before is not None:
            raise Refused("headcount_exists")
        return None, attended
    return number(written[PLANNED]), attended


def number(written: str) -> int | None:
    """A field as a number of people; empty and `?` are not known.

    Refuses with `number_unreadable` and `headcount_out_of_range`.
    """
    if written in ("", NOT_COUNTED):
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= 9):
        raise Refused("number_unreadable", text=written)
    rules.refuse_number(int(written))
    return int(written)


def is_number(written: str) -> bool:
    """Whether a field can be read as a number of people, or as not known or not invited."""
    try:
        number("" if written in NOT_INVITED else written)
    except AdvisoryError:
        return False
    return True
