"""How many of each audience a development workshop aims at.

The targets are the initiative's own and not part of the agreement, so the office may change them.
"""

from collections.abc import Mapping

from ..domain.activities import MOST_PEOPLE
from ..domain.errors import Conflict, NotFound, Refused
from . import Row, Store, codes

OURS = "rettet i Peerforløb"

Bounds = tuple[int | None, int | None]  # the lowest and the highest that is aimed at
NOTHING: Bounds = (None, None)


def set_target(
    store: Store, audience: str, low: int, high: int, *, seen: Bounds | None = None
) -> Row | None:
    """Aim at `low` to `high` heads of one audience; return the target as it now is, if any.

    Of several initiatives it is the first one's. `seen` is the target as the person saw it,
    `NOTHING` where there was none: what is still that is left as it stands, and one that somebody
    else has changed since is a `Conflict`; its `id` is 0 where there is none any more. Refuses
    with `code_unknown`, `number_out_of_range`, `target_upside_down`, and `not_found` where there
    is no initiative.
    """
    with store.write("target.edit"):
        codes.refuse_unknown(store, "audience", audience)
        for number in (low, high):
            if not 0 <= number <= MOST_PEOPLE:
                raise Refused("number_out_of_range", number=number, lowest=0, highest=MOST_PEOPLE)
        if high < low:
            raise Refused("target_upside_down", low=low, high=high)
        found = next(iter(store.rows("audience_target", "audience = ?", [audience])), None)
        stands = (found["low"], found["high"]) if found else NOTHING
        if (low, high) in (stands, seen):
            return found
        changes = {"low": low, "high": high, "source": OURS}
        if seen not in (None, stands):
            current = found or {"id": 0, "audience": audience, "low": None, "high": None}
            raise Conflict("conflict", "audience_target", current["id"], current, changes)
        if found:
            return store.update("audience_target", found["id"], changes)
        fact = {"initiative_id": _initiative(store), "audience": audience}
        return store.get("audience_target", store.insert("audience_target", fact | changes))


def set_targets(
    store: Store,
    targets: Mapping[str, tuple[int, int]],
    *,
    seen: Mapping[str, Bounds] | None = None,
) -> None:
    """Set several targets, (low, high) by audience, as one operation: all of them or none.

    An audience that is not in `seen` had no target. Refuses as `set_target`.
    """
    with store.write("target.edit"):
        for audience, (low, high) in targets.items():
            was = None if seen is None else seen.get(audience, NOTHING)
            set_target(store, audience, low, high, seen=was)


def _initiative(store: Store) -> int:
    found = store.rows("initiative", order="id")
    if not found:
        raise NotFound("not_found", table="initiative", row_id=1)
    return found[0]["id"]
