import pytest

from advisory.domain.balance import Gap
from advisory.domain.contacts import Silence
from advisory.domain.health import Health, Reason, health

WELL = {
    "late": [],
    "silence": Silence(30, 30, 30, ""),
    "contacted": True,
    "gaps": [],
    "running": True,
}


def test_nothing_late_nobody_missing_and_contact_in_rhythm_is_on_track():
    assert health(**WELL) == (Health.ON_TRACK, ())


def test_silence_within_its_limit_and_none_at_all_are_on_track():
    assert health(**WELL | {"silence": None}) == (Health.ON_TRACK, ())
    assert health(**WELL | {"silence": Silence(60, 12, 30, "")}) == (Health.ON_TRACK, ())


@pytest.mark.parametrize(
    ("silence", "contacted", "reason"),
    [
        (Silence(31, 31, 30, "expected"), True, ("health_silent", 31, 30)),
        (Silence(22, 21, 20, "own"), True, ("health_silent_own", 22, 20)),
    ],
)
def test_silence_past_its_limit_calls_for_attention(silence, contacted, reason):
    key, days, limit = reason

    assert health(**WELL | {"silence": silence, "contacted": contacted}) == (
        Health.ATTENTION,
        (Reason(key, (("days", days), ("rhythm", limit))),),
    )


def test_a_programme_without_any_contact_is_told_so():
    silence = Silence(31, 31, 30, "expected")

    assert health(**WELL | {"silence": silence, "contacted": False}) == (
        Health.ATTENTION,
        (Reason("health_no_contact", (("rhythm", 30),)),),
    )


def test_a_missing_audience_calls_for_attention():
    assert health(
        **WELL | {"gaps": [Gap("peers", "none", 2, 3), Gap("citizens", "never", 2, 2)]}
    ) == (
        Health.ATTENTION,
        (
            Reason("health_audience_none", (("audience", "peers"), ("times", 2), ("of", 3))),
            Reason("health_audience_never", (("audience", "citizens"), ("times", 2), ("of", 2))),
        ),
    )


def test_a_late_milestone_makes_it_late_and_every_reason_is_listed_longest_overdue_first():
    answer = health(
        late=[("Opstart", 1), ("Kortlægning", 12)],
        silence=Silence(45, 45, 30, "expected"),
        contacted=True,
        gaps=[Gap("staff", "none", 1, 1), Gap("peers", "under", 1, 1)],
        running=True,
    )

    assert answer == (
        Health.LATE,
        (
            Reason("health_late_milestone", (("name", "Kortlægning"), ("days", 12))),
            Reason("health_late_milestone", (("name", "Opstart"), ("days", 1))),
            Reason("health_silent", (("days", 45), ("rhythm", 30))),
            Reason("health_audience_none", (("audience", "staff"), ("times", 1), ("of", 1))),
        ),
    )


def test_an_enrolment_that_is_not_running_has_nothing_to_answer_for():
    assert health(
        late=[("Opstart", 1)],
        silence=Silence(45, 45, 30, "expected"),
        contacted=False,
        gaps=[Gap("staff", "none", 1, 1)],
        running=False,
    ) == (Health.ON_TRACK, ())
