"""Another date is another store: frames follow it, and are kept as long as nothing changes."""

from datetime import date

from advisory import frames
from advisory.store import journal, plan


def statuses(store) -> dict[str, int]:
    return frames.enrolments(store)["status"].value_counts().to_dict()


def test_the_programme_grows_with_the_days(demo_store):
    assert len(frames.enrolments(demo_store.at(date(2023, 11, 1)))) == 0
    assert statuses(demo_store.at(date(2024, 1, 31))).get("active") is None
    assert statuses(demo_store.at(date(2024, 2, 1)))["active"] == 7
    assert statuses(demo_store.at(date(2024, 12, 31)))["active"] == 7
    assert statuses(demo_store.at(date(2025, 1, 1)))["active"] == 15
    assert statuses(demo_store.at(date(2025, 3, 6)))["active"] == 14
    assert statuses(demo_store)["active"] == 14


def test_the_future_is_todays_data_with_more_overdue(demo_store):
    now, later = frames.milestones(demo_store), frames.milestones(demo_store.at(date(2025, 7, 31)))

    assert list(now["milestone_id"]) == list(later["milestone_id"])
    assert list(now["done_on"].astype(str)) == list(later["done_on"].astype(str))
    assert (later["state"] == "late").sum() > (now["state"] == "late").sum()
    after = statuses(demo_store.at(date(2025, 8, 1)))
    assert after["completed"] == 7


def test_what_was_done_since_is_not_done_in_the_past(demo_store):
    milestone = demo_store.rows("milestone", "done_on >= '2025-03-03'")[0]
    past = frames.milestones(demo_store.at(date(2025, 3, 2))).set_index("milestone_id")
    now = frames.milestones(demo_store).set_index("milestone_id")

    assert now["state"][milestone["id"]] == "done"
    assert past["state"][milestone["id"]] in ("late", "soon")


def test_a_day_in_the_past_reads_the_same_however_late_one_asks(demo_store, clock):
    day = date(2024, 9, 1)
    names = ["enrolments", "milestones", "actions", "figures", "map_places", "notes", "contacts"]
    before = {name: getattr(frames, name)(demo_store.at(day)).to_csv() for name in names}
    plan.mark_done(demo_store, demo_store.rows("milestone", "done_on IS NULL")[0]["id"], day)
    journal.add_note(demo_store, 1, "Set tilbage", kind="phone", noted_on=day)
    clock.tick(days=40)

    for name, text in before.items():
        assert getattr(frames, name)(demo_store.at(day)).to_csv() == text


def test_a_change_is_seen_at_once_by_everybody(demo_store, as_role):
    other = as_role("office")
    assert len(frames.tasks(other)) == (before := len(frames.tasks(demo_store)))
    journal.add_task(demo_store, 1, "Ring")

    assert len(frames.tasks(other)) == len(frames.tasks(demo_store)) == before + 1


def test_the_passing_of_midnight_is_seen_without_any_change(demo_store, clock):
    before = frames.enrolments(demo_store).set_index("enrolment_id")["silent_days"].dropna()
    clock.tick(days=1)
    after = frames.enrolments(demo_store).set_index("enrolment_id")["silent_days"].dropna()

    assert list(after - before) == [1] * len(before)
