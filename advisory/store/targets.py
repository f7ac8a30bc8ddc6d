"""How many of each audience a development workshop aims at.

The targets are the initiative's own and not part of the agreement, so the office may change them.
"""

from collections.abc import Mapping

from ..domain.activities import MOST_PEOPLE
from ..domain.errors import NotFound, Refused
from . import Row, Store, codes

OURS = "rettet i Peerforløb"


def set_target(
    store: Store, audience: str, low: int, high: int, *, version: int | None = None
) -> Row:
    """Aim at `low` to `high` heads of one audience, and return the target as it now is.

    Of several initiatives it is the first one's. Refuses with `code_unknown`,
    `number_out_of_range`, `target_upside_down`, and `not_found` where there is no initiative.
    """
    with store.write("target.edit"):
        codes.refuse_unknown(store, "audience", audience)
        for number in (low, high):
            if not 0 <= number <= MOST_PEOPLE:
                raise Refused("number_out_of_range", number=number, lowest=0, highest=MOST_PEOPLE)
        if high < low:
            raise Refused("target_upside_down", low=low, high=high)
        bounds = {"low": low, "high": high}
        found = store.rows("audience_target", "audience = ?", [audience], order="id")
        if not found:
            fact = {"initiative_id": _initiative(store), "audience": audience, "source": OURS}
            return store.get("audience_target", store.insert("audience_target", fact | bounds))
        target = store.refuse_stale("audience_target", found[0]["id"], bounds, version)
        if all(target[name] == value for name, value in bounds.items()):
            return target
        return store.update("audience_target", target["id"], bounds | {"source": OURS})


def set_targets(
    store: Store,
    targets: Mapping[str, tuple[int, int]],
    versions: Mapping[str, int] | None = None,
) -> None:
    """Set several targets, (low, high) by audience, as one operation: all of them or none.

    `versions` are those the person was looking at. Refuses as `set_target`.
    """
    with store.write("target.edit"):
        for audience, (low, high) in targets.items():
            set_target(store, audience, low, high, version=(versions or {}).get(audience))


def _initiative(store: Store) -> int:
    found = store.rows("initiative", order="id")
    if not found:
        raise NotFound("not_found", table="initiative", row_id=1)
    return found[0]["id"]
