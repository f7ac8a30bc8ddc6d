"""What changes the number of places, or gives one up, other than the way of a case."""

from dataclasses import replace

from ..domain import capacity
from ..domain.errors import Refused
from ..domain.scenario import MOST
from . import Row, Store, enrolments, places
from .instants import stamp


def free(store: Store, enrolment_id: int, reason: str) -> None:
    """Give up the place of a municipality that withdrew after its start.

    Refuses with `reason_needed` and, when it holds none that way, `nothing_to_free`.
    """
    with store.write("places.edit"):
        check_free(store, enrolment_id)
        cohort = store.get("cohort", store.get("enrolment", enrolment_id)["cohort_id"])
        record(store, "freed", cohort, reason, enrolment_id=enrolment_id)


def check_free(store: Store, enrolment_id: int) -> capacity.Case:
    """The case as it would be without its place. Refuses with `nothing_to_free`."""
    cohort = store.get("cohort", store.get("enrolment", enrolment_id)["cohort_id"])
    case = places.cases(store, cohort["initiative_id"])[enrolment_id]
    if not capacity.can_free(case, store.today()):
        raise Refused("nothing_to_free")
    return replace(case, freed_on=store.today())


def set_capacity(store: Store, initiative_id: int, number: int, reason: str) -> None:
    """Change how many places an initiative has in all.

    Refuses with `reason_needed`, `number_out_of_range`, `capacity_below_held` (held, capacity) and,
    when its cohorts have been given more, `places_over_capacity` (capacity).
    """
    with store.write("places.edit"):
        initiative = store.get("initiative", initiative_id)
        _refuse_number(number)
        if number == initiative["capacity"]:
            return
        held = places.occupied(store)["initiative", initiative_id].on(store.today())
        if number < held:
            raise Refused("capacity_below_held", held=held, capacity=number)
        store.update("initiative", initiative_id, {"capacity": number})
        places.refuse_overgiven(store, initiative_id)
        whole = {"initiative_id": initiative_id, "id": None}
        record(store, "capacity", whole, reason, before=initiative["capacity"], after=number)


def set_places(store: Store, cohort_id: int, number: int | None, reason: str) -> None:
    """Give a cohort its own number of places; None lets it share with the others.

    Refuses with `reason_needed`, `number_out_of_range`, `places_below_held` (cohort, held, places)
    and, when the cohorts would have more than there are, `places_over_capacity` (capacity).
    """
    with store.write("places.edit"):
        _set_places(store, store.get("cohort", cohort_id), number, reason)
        places.refuse_overgiven(store, store.get("cohort", cohort_id)["initiative_id"])


def move_place(store: Store, from_id: int, to_id: int, reason: str) -> None:
    """Take a place from one cohort and give it to another, both with a number of their own.

    Refuses as `set_places`, and with `cohort_without_number` (cohort), `no_place_to_move` (cohort)
    and `cohort_elsewhere`.
    """
    with store.write("places.edit"):
        given, taking = store.get("cohort", from_id), store.get("cohort", to_id)
        if given["initiative_id"] != taking["initiative_id"] or from_id == to_id:
            raise Refused("cohort_elsewhere")
        for cohort in (given, taking):
            if cohort["places"] is None:
                raise Refused("cohort_without_number", cohort=cohort["code"])
        if not given["places"]:
            raise Refused("no_place_to_move", cohort=given["code"])
        _set_places(store, given, given["places"] - 1, reason)
        _set_places(store, taking, taking["places"] + 1, reason)


def _set_places(store: Store, cohort: Row, number: int | None, reason: str) -> None:
    if number is not None:
        _refuse_number(number)
    if number == cohort["places"]:
        return
    held = places.occupied(store)["cohort", cohort["id"]].on(store.today())
    if number is not None and number < held:
        raise Refused("places_below_held", cohort=cohort["code"], held=held, places=number)
    store.update("cohort", cohort["id"], {"places": number})
    record(store, "places", cohort, reason, before=cohort["places"], after=number)


def _refuse_number(number: int) -> None:
    if not isinstance(number, int) or not 0 <= number <= MOST:
        raise Refused("number_out_of_range", number=number, lowest=0, highest=MOST)


def record(store: Store, kind: str, cohort: Row, reason: str, **change: int | None) -> None:
    """Write a change of a cohort's places for the ledger. Refuses with `reason_needed`."""
    why = enrolments.reason_of(reason)
    if why is None:
        raise Refused("reason_needed")
    store.insert(
        "place_change",
        {
            "initiative_id": cohort["initiative_id"],
            "cohort_id": cohort["id"],
            "kind": kind,
            "on_date": store.today().isoformat(),
            "recorded_at": stamp(store.now()),
            "reason": why,
            "actor": store.actor.name,
            **change,
        },
    )
