"""How the places of a cohort stand, as the rules that try something out want to know it."""

from ..domain.capacity import Waiting
from ..domain.enrolments import Status
from ..domain.scenario import Round, Standing
from ..store import Store
from .intake import applications, rounds, waiting
from .typed import reads


@reads("read.applications")
def standing_of(store: Store, cohort: str) -> tuple[Standing, Round]:
    """All cohorts of the cohort's initiative together, and the cohort itself, on the date.

    A cohort that there is not is a KeyError.
    """
    record = store.find("cohort", code=cohort)
    if record is None:
        raise KeyError(cohort)
    initiative = store.get("initiative", record["initiative_id"])
    cohorts = store.rows("cohort", "initiative_id = ?", [initiative["id"]])
    found = rounds(store)
    found = found[found["cohort_id"].isin([row["id"] for row in cohorts])].set_index("cohort")
    own, others = found.loc[cohort], found.drop(index=cohort)
    statuses = applications(store, cohort)["status"]
    return (
        Standing(
            capacity=initiative["capacity"],
            taken=int(found["taken"].sum()),
            offered=int(found["offered"].sum()),
            given=int(others["places"].sum()),
        ),
        Round(
            cohort=cohort,
            places=record["places"],
            taken=int(own["taken"]),
            offered=int(own["offered"]),
            withdrawable=int((statuses == Status.ADMITTED).sum()),
            queue=_queue(store, cohort),
        ),
    )


def _queue(store: Store, cohort: str) -> tuple[Waiting, ...]:
    rows = waiting(store, cohort).astype({"priority": object}).itertuples(index=False)
    return tuple(
        Waiting(
            row.enrolment_id,
            row.late,
            row.received_on.date(),
            row.priority if isinstance(row.priority, int) else None,
        )
        for row in rows
    )
