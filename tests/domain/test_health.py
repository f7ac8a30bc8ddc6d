import pytest

from advisory.domain.health import Health, Reason, health

WELL = {
    "late": [],
    "silent_days": 30,
    "rhythm_days": 30,
    "missing_audiences": [],
    "running": True,
}


def test_nothing_late_nobody_missing_and_contact_in_rhythm_is_on_track():
    assert health(**WELL) == (Health.ON_TRACK, ())


@pytest.mark.parametrize(
    ("silent_days", "answer"),
    [
        (0, (Health.ON_TRACK, ())),
        (29, (Health.ON_TRACK, ())),
        (30, (Health.ON_TRACK, ())),
        (
            31,
            (Health.ATTENTION, (Reason("health_silent", (("days", 31), ("rhythm", 30))),)),
        ),
        (None, (Health.ATTENTION, (Reason("health_no_contact", (("rhythm", 30),)),))),
    ],
)
def test_silence_longer_than_the_rhythm_calls_for_attention(silent_days, answer):
    assert health(**WELL | {"silent_days": silent_days}) == answer


def test_a_missing_audience_calls_for_attention():
    assert health(**WELL | {"missing_audiences": ["peers", "citizens"]}) == (
        Health.ATTENTION,
        (
            Reason("health_missing_audience", (("audience", "peers"),)),
            Reason("health_missing_audience", (("audience", "citizens"),)),
        ),
    )


def test_a_late_milestone_makes_it_late_and_every_reason_is_listed_longest_overdue_first():
    answer = health(
        late=[("Opstart", 1), ("Kortlægning", 12)],
        silent_days=45,
        rhythm_days=30,
        missing_audiences=["staff"],
        running=True,
    )

    assert answer == (
        Health.LATE,
        (
            Reason("health_late_milestone", (("name", "Kortlægning"), ("days", 12))),
            Reason("health_late_milestone", (("name", "Opstart"), ("days", 1))),
            Reason("health_silent", (("days", 45), ("rhythm", 30))),
            Reason("health_missing_audience", (("audience", "staff"),)),
        ),
    )


def test_an_enrolment_that_is_not_running_has_nothing_to_answer_for():
    assert health(
        late=[("Opstart", 1)],
        silent_days=None,
        rhythm_days=30,
        missing_audiences=["staff"],
        running=False,
    ) == (Health.ON_TRACK, ())
