"""Who may come back from the provider: the same browser, once, within ten minutes."""

import base64

import pytest

from advisory.web.round_trip import RoundTrips
from advisory.web.signing import Signer

NOW = 1_741_856_400
SIGNER = Signer(b"k" * 32)


class Now:
    def __init__(self) -> None:
        self.seconds = float(NOW)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def trips(now) -> RoundTrips:
    return RoundTrips(SIGNER, now)


def test_whoever_began_comes_back_with_what_they_began_with(trips):
    trip = trips.begin("/kommune?k=århus&å=1")

    assert trips.back(trip.cookie, trip.state) == trip
    assert trip.next == "/kommune?k=århus&å=1"


def test_another_process_with_the_same_key_takes_it_up(trips, now):
    trip = trips.begin("/")

    assert RoundTrips(SIGNER, now).back(trip.cookie, trip.state) == trip


def test_what_is_bound_to_one_way_is_long_differs_and_is_not_in_the_cookie(trips):
    first, second = trips.begin("/"), trips.begin("/")
    secrets = [first.state, first.nonce, first.verifier]
    secrets += [second.state, second.nonce, second.verifier]

    assert len(set(secrets)) == 6
    assert [len(one) for one in secrets] == [22, 22, 44] * 2
    assert [one for one in secrets if one in first.cookie + second.cookie] == []


def test_nobody_comes_back_twice(trips):
    trip = trips.begin("/")
    trips.back(trip.cookie, trip.state)

    assert trips.back(trip.cookie, trip.state) is None


def test_a_wrong_state_does_not_use_the_way_up(trips):
    trip = trips.begin("/")

    assert trips.back(trip.cookie, "another") is None
    assert trips.back(trip.cookie, trip.state) == trip


@pytest.mark.parametrize(("seconds", "is_back"), [(600, True), (601, False)])
def test_nobody_comes_back_after_ten_minutes(trips, now, seconds, is_back):
    trip = trips.begin("/")
    now.seconds += seconds

    assert (trips.back(trip.cookie, trip.state) == trip) is is_back


def test_what_is_over_is_forgotten_when_it_could_not_come_back_anyhow(trips, now):
    for _ in range(3):
        trip = trips.begin("/")
        trips.back(trip.cookie, trip.state)
    now.seconds += 601
    last = trips.begin("/")
    trips.back(last.cookie, last.state)

    assert len(trips._over) == 1


def test_the_state_of_another_browser_is_refused(trips):
    mine, another = trips.begin("/"), trips.begin("/")

    assert trips.back(mine.cookie, another.state) is None


def test_a_cookie_that_is_not_ours_is_refused(trips, now):
    trip = trips.begin("/")
    seed, until, address, mark = trip.cookie.split(".")
    elsewhere = base64.urlsafe_b64encode(b"//another.example").decode().rstrip("=")
    foreign = RoundTrips(Signer(b"x" * 32), now).begin("/")
    forged = [
        "",
        "a.b.c.d",
        "æ.ø.å.a",
        f"{seed}.{until}.{address}",
        f"{seed}.{until}.{address}.",
        f"{seed}.{int(until) + 1}.{address}.{mark}",
        f"{seed}.{until}.{elsewhere}.{mark}",
        f"{seed}.{until}.{address}.{address}.{mark}",
    ]

    assert [trips.back(cookie, trip.state) for cookie in forged] == [None] * len(forged)
    assert trips.back(foreign.cookie, foreign.state) is None
    assert trips.back(trip.cookie, trip.state) == trip  # control


def test_an_address_that_is_too_long_for_a_cookie_leads_to_the_first_page(trips):
    assert [trips.begin("/" + "x" * n).next == "/" for n in (999, 1000)] == [False, True]
