"""What speaks for and against a time, in words."""

from collections.abc import Mapping

from .. import frames
from ..domain.finder import Reason
from ..domain.scheduling import Snag
from .view import View


def sentence(view: View, one: Snag | Reason) -> str:
    """A snag or a reason as a sentence; the cases it concerns are named."""
    values = dict(one.values)
    if "enrolment_ids" in values:
        values["who"] = _names(view, values.pop("enrolment_ids"))
    return view.text(f"snag.{one.key}", **values)


def blocked(view: View, days: Mapping[str, int]) -> str:
    """How many days are not offered, by what blocks them: `40 weekend, 3 helligdage`."""
    most_first = sorted(days.items(), key=lambda one: -one[1])
    return ", ".join(view.text(f"snag_days.{key}", n=n) for key, n in most_first)


def _names(view: View, enrolment_ids: object) -> str:
    cases = frames.enrolments(view.store).set_index("enrolment_id")["municipality"]
    ids = enrolment_ids if isinstance(enrolment_ids, tuple) else ()
    return ", ".join(cases.get(one, "") for one in ids)
