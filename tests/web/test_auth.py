"""The door: who gets in, how often one may try, how a session ends, and what nobody is told."""

import json
import re
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from advisory.store import credentials, demo, open_store, sessions, users
from advisory.store.instants import instant, stamp

from .conftest import NOW

GOOD = "syv-grønne-havregryn-på-tur"
OTHER = "elleve blå paraplyer i regn"
FORM = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}


@pytest.fixture(scope="module")
def site(make_site):
    """A server of this module's own: tries are counted for the place that all tests come from."""
    return make_site()


@pytest.fixture
def person(site, request):
    """`person()` adds a consultant with the password `GOOD` and gives their address."""
    made = []

    def make(role: str = "consultant") -> str:
        login = f"p{time.time_ns()}@styrelsen.example"
        with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
            credentials.set_password(store, users.add(store, login, "Pia Bo", "PB", role), GOOD)
        made.append(login)
        return login

    yield make
    with open_store(site.db, demo.SYSTEM) as store, store.unrecorded():
        store.db.execute("DELETE FROM sign_in_try")


def post(site, path, cookie="", **fields):
    status, headers, content = site.ask(
        "POST", path, urlencode(fields), **{**FORM, "Cookie": cookie}
    )
    return status, headers, content.decode()


def sign_in(site, email, password, cookie="", **fields):
    """Status, the cookies that were set by name, and the page."""
    status, headers, page = post(site, "/log-ind", cookie, email=email, password=password, **fields)
    pairs = (one.split(";")[0].split("=", 1) for one in headers.get_all("Set-Cookie") or ())
    return status, dict(pairs), page


def word(cookies):
    return f"__Host-session={cookies['__Host-session']}"


# --- in ---------------------------------------------------------------------------------------


def test_the_right_password_lets_one_in_and_leads_to_where_one_was_going(site, person):
    login = person()
    status, headers, _ = post(
        site, "/log-ind", email=f" {login.upper()} ", password=GOOD, next="/kommuner?del=Fyn"
    )

    assert (status, headers["Location"]) == (303, "/kommuner?del=Fyn")
    for cookie in headers.get_all("Set-Cookie"):
        name, *said = cookie.split("; ")
        assert name.startswith("__Host-")
        assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(said)
        assert not any(one.startswith("Domain") for one in said)
    own = headers.get_all("Set-Cookie")
    mine = next(one.split(";")[0] for one in own if one.startswith("__Host-session="))
    assert "Pia Bo" in site.get("/", Cookie=mine)[2].decode()


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_nobody_is_led_to_another_site(site, person, next):
    status, headers, _ = post(site, "/log-ind", email=person(), password=GOOD, next=next)

    assert (status, headers["Location"]) == (303, "/")


def test_who_may_not_see_the_first_page_begins_with_one_they_may(site, person):
    _, headers, _ = post(site, "/log-ind", email=person("administrator"), password=GOOD)

    assert headers["Location"] == "/historik"


def test_unknown_wrong_without_password_and_closed_are_answered_alike(site, person):
    right, closed = person(), person()
    with open_store(site.db, demo.SYSTEM) as store:
        users.close(store, users.by_login(store, closed)["id"])
    pages = set()
    for email in ("nobody@styrelsen.example", right, closed, "jonas@styrelsen.example"):
        status, cookies, page = sign_in(site, email, OTHER)
        pages.add((status, tuple(cookies), page.replace(f'type="email" value="{email}"', "")))

    assert len(pages) == 1
    status, cookies, page = pages.pop()
    assert (status, cookies) == (401, ())
    assert 'role="alert"' in page
    assert OTHER not in page
    assert sign_in(site, right, GOOD)[0] == 303, "the control: this one is let in"


def test_a_cookie_that_was_there_before_is_not_made_a_session(site, person):
    planted = "__Host-session=" + "a" * 43
    _, cookies, _ = sign_in(site, person(), GOOD, cookie=planted)

    assert word(cookies) != planted
    assert site.get("/", Cookie=planted)[0] == 302


def test_signing_in_again_ends_the_session_before_it(site, person):
    login = person()
    first = word(sign_in(site, login, GOOD)[1])
    second = word(sign_in(site, login, GOOD, cookie=first)[1])

    assert site.get("/", Cookie=first)[0] == 302
    assert site.get("/", Cookie=second)[0] == 200


def test_who_is_signed_in_goes_past_the_sign_in(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])

    status, headers, _ = site.get("/log-ind?next=/kommuner", Cookie=mine)

    assert (status, headers["Location"]) == (302, "/kommuner") or headers["Location"] == "/kommuner"


@pytest.mark.parametrize(
    "fields",
    [{"email": "x" * 70_000, "password": "y"}, {f"f{number}": "" for number in range(50)}],
)
def test_a_form_that_is_too_large_is_refused(site, fields):
    status, _, page = post(site, "/log-ind", **fields)

    assert status in (404, 413)
    assert "Traceback" not in page


def test_a_form_of_another_site_is_refused(site, person):
    body = urlencode({"email": person(), "password": GOOD})
    foreign = {**FORM, "Cookie": "", "Sec_Fetch_Site": "cross-site"}

    for path in ("/log-ind", "/log-ind/demo", "/log-ud", "/session", "/adgangskode"):
        assert site.ask("POST", path, body, **foreign)[0] == 403


# --- tries ------------------------------------------------------------------------------------


def test_after_five_wrong_ones_one_waits_even_with_the_right_one(site, person):
    login = person()
    for _ in range(5):
        assert sign_in(site, login, OTHER)[0] == 401

    status, cookies, page = sign_in(site, login, GOOD)

    assert (status, cookies) == (429, {})
    (told,) = re.findall(r"Der er prøvet for mange gange\.[^<]*", page)
    assert re.fullmatch(r".* prøv igen kl\. 10\.\d\d\.", told), (
        "it says until when, without the day"
    )


def test_a_browser_that_knows_the_account_is_not_locked_out_by_others(site, person):
    login, other = person(), person()
    known = f"__Host-device={sign_in(site, login, GOOD)[1]['__Host-device']}"
    for number in range(11):
        sign_in(site, login if number < 6 else f"guess{number}@styrelsen.example", OTHER)

    assert sign_in(site, login, GOOD)[0] == 429
    assert sign_in(site, other, GOOD, cookie=known)[0] == 429, "it knows the one account only"
    assert sign_in(site, login, GOOD, cookie=known)[0] == 303
    forged = known[:-3] + "AAA"
    assert sign_in(site, login, GOOD, cookie=forged)[0] == 429


def test_many_accounts_from_one_place_are_slowed_too(site, person):
    for number in range(10):
        assert sign_in(site, f"guess{number}@styrelsen.example", OTHER)[0] == 401

    assert sign_in(site, "guess99@styrelsen.example", OTHER)[0] == 429


def test_no_address_of_a_person_stands_among_the_tries(site, person):
    sign_in(site, "guessed@styrelsen.example", OTHER)

    with open_store(site.db, demo.SYSTEM) as store:
        kept = str(store.rows("sign_in_try"))
    assert "sign_in_try" not in kept
    assert "guessed" not in kept
    assert "127.0.0.1" not in kept


# --- out --------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_on_the_server(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])
    token = site.token("/", Cookie=mine)

    status, headers, _ = post(site, "/log-ud", mine)

    assert (status, headers["Location"]) == (303, "/log-ind?slut=ud")
    assert headers["Set-Cookie"].startswith("__Host-session=ud;")
    assert headers["Clear-Site-Data"] == '"storage"'
    assert site.get("/", Cookie=mine)[0] == 302
    assert site.ask("GET", "/session", Cookie=mine)[0] == 401
    assert token


def test_signing_out_is_not_done_by_a_link(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])

    assert site.get("/log-ud", Cookie=mine)[0] == 405
    assert site.get("/", Cookie=mine)[0] == 200


def aged(site, login, **span):
    """Let the session of a user look as if it had been used last so long ago."""
    with open_store(site.db, demo.SYSTEM) as store, store.unrecorded():
        user = users.by_login(store, login)
        store.db.execute(
            "UPDATE session SET seen_at = ?, started_at = min(started_at, ?) WHERE user_id = ?",
            [stamp(NOW - timedelta(**span)), stamp(NOW - timedelta(**span)), user["id"]],
        )


def test_the_time_that_is_left_is_told_without_being_prolonged(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    aged(site, login, minutes=40)

    left = [site.get("/session", Cookie=mine)[2].decode() for _ in range(2)]
    more = site.ask("POST", "/session", "", **{**FORM, "Cookie": mine})[2].decode()

    first, second, third = (json.loads(one) for one in (*left, more))
    assert 0 < second["left"] <= first["left"] <= 20 * 60
    assert third["left"] > 59 * 60
    assert [one["limit"] for one in (first, second, third)] == ["idle"] * 3


def test_the_time_that_no_use_prolongs_is_told_as_such(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    began(site, login, hours=9, minutes=56)

    told = json.loads(site.get("/session", Cookie=mine)[2])
    used = json.loads(site.ask("POST", "/session", "", **{**FORM, "Cookie": mine})[2])

    assert (told["limit"], used["limit"]) == ("day", "day")
    assert 0 < used["left"] <= told["left"] <= 4 * 60


def began(site, login, **span):
    """Let the session of a user that is in use look as if it had begun so long ago."""
    with open_store(site.db, demo.SYSTEM) as store, store.unrecorded():
        store.db.execute(
            "UPDATE session SET started_at = ? WHERE user_id = ?",
            [stamp(NOW - timedelta(**span)), users.by_login(store, login)["id"]],
        )


def closed(site, login):
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        users.close(store, users.by_login(store, login)["id"])


def ended(site, login):
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        sessions.end_all(store, users.by_login(store, login)["id"])


def unused(site, login):
    aged(site, login, minutes=61)


def too_long(site, login):
    began(site, login, hours=10, minutes=1)


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (closed, "Din adgang til Peerforløb er lukket. Spørg administratoren"),
        (ended, "Dit login er afsluttet et andet sted, fx fordi"),
        (unused, "Du blev logget ud efter 60 minutter uden brug. Log ind for at fortsætte."),
        (too_long, "Du har været logget ind i 10 timer og er nu logget ud."),
    ],
)
def test_the_sign_in_says_why_one_is_there(site, person, happens, sentence):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    happens(site, login)

    page = said_at_the_door(site, "/kommuner", mine)

    assert [one for one in page if one.startswith(sentence)] != []
    assert said_at_the_door(site, "/kommuner", "") == [], "the control: who is new is told nothing"


def said_at_the_door(site, address, cookie):
    """What the sign-in tells somebody who wants to open a page."""
    status, headers, _ = site.get(address, Cookie=cookie)
    assert status == 302
    page = site.get(headers["Location"].lstrip("."), Cookie=cookie)[2].decode()
    return re.findall(r'role="status">.*?<p>(.*?)</p>', page, re.DOTALL)


def test_every_tab_of_a_browser_that_was_signed_out_is_told_so(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])
    left = post(site, "/log-ud", mine)[1]["Set-Cookie"].split(";")[0]

    assert said_at_the_door(site, "/kommuner", left) == ["Du er logget ud."]
    assert "data-nobody" in site.get("/log-ind", Cookie=left)[2].decode()


def test_what_was_typed_is_kept_for_whose_session_ran_out_and_for_nobody_else(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    unused(site, login)

    assert "data-nobody" not in site.get("/log-ind", Cookie=mine)[2].decode()
    assert "data-nobody" in site.get("/log-ind", Cookie="")[2].decode()


def test_english_stays_when_one_is_sent_to_the_sign_in(site, person):
    mine = word(sign_in(site, person("administrator"), GOOD)[1])
    english, danish = "/log-ind?next=/kommuner%3Flang%3Den", "/log-ind?next=/kommuner"

    assert '<html lang="en">' in site.get(english, Cookie="")[2].decode()
    assert 'action="/log-ind?lang=en"' in site.get(english, Cookie="")[2].decode()
    assert '<html lang="da">' in site.get(f"{english}&lang=da", Cookie="")[2].decode()
    assert '<html lang="da">' in site.get(danish, Cookie="")[2].decode(), "the control"
    assert site.get("/log-ind?lang=en", Cookie=mine)[1]["Location"] == "/historik?lang=en"
    assert site.get("/adgangskode?lang=en", Cookie="")[1]["Location"] == (
        "/log-ind?lang=en&next=%2Fadgangskode%3Flang%3Den"
    )


def test_an_hour_unused_and_it_is_over(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    aged(site, login, minutes=61)

    assert site.get("/", Cookie=mine)[0] == 302
    assert site.ask("POST", "/session", "", **{**FORM, "Cookie": mine})[0] == 401
    assert site.get("/session", Cookie="")[0] == 401


# --- one's own password -----------------------------------------------------------------------


def test_one_changes_one_s_own_password_and_signs_in_with_it(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    wrong = post(site, "/adgangskode", mine, old=OTHER, new=OTHER, again=OTHER)
    unlike = post(site, "/adgangskode", mine, old=GOOD, new=OTHER, again=GOOD)
    short = post(site, "/adgangskode", mine, old=GOOD, new="kort", again="kort")

    assert [one[0] for one in (wrong, unlike, short)] == [400] * 3
    assert len({one[2] for one in (wrong, unlike, short)}) == 3
    assert site.get("/", Cookie=mine)[0] == 200

    status, headers, _ = post(site, "/adgangskode", mine, old=GOOD, new=OTHER, again=OTHER)
    assert (status, headers["Location"]) == (303, "/log-ind?slut=kode")
    assert site.get("/", Cookie=mine)[0] == 302
    assert sign_in(site, login, GOOD)[0] == 401
    assert sign_in(site, login, OTHER)[0] == 303


def test_the_old_password_cannot_be_guessed_there(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])
    answers = [
        post(site, "/adgangskode", mine, old=f"{OTHER}{number}", new=OTHER, again=OTHER)[2]
        for number in range(6)
    ]

    assert len({*answers[:5]}) == 1
    assert answers[5] != answers[0]


def test_nobody_changes_a_password_without_being_signed_in(site):
    assert site.get("/adgangskode", Cookie="")[0] == 303


@pytest.mark.parametrize("method", ["demo", "oidc"])
def test_who_came_in_without_a_password_is_told_that_there_is_none(site, method):
    with open_store(site.db, demo.SYSTEM, clock=lambda: NOW) as store:
        user = users.by_login(store, "jonas@styrelsen.example")
        mine = f"__Host-session={sessions.start(store, user['id'], method)}"

    assert site.get("/adgangskode", Cookie=mine)[0] == 404


@pytest.mark.parametrize("next", ["//[", "http://[1", "//%E2%84%80.com"])
def test_an_address_that_cannot_be_read_leads_to_the_first_page(site, person, next):
    assert site.get(f"/log-ind?next={next}", Cookie="")[0] == 200
    status, headers, _ = post(site, "/log-ind", email=person(), password=GOOD, next=next)

    assert (status, headers["Location"]) == (303, "/")


def test_a_new_password_that_is_too_weak_costs_no_try(site, person):
    mine = word(sign_in(site, person(), GOOD)[1])
    for _ in range(6):
        weak = post(site, "/adgangskode", mine, old=GOOD, new="kort", again="kort")[2]
        assert "mindst 12 tegn" in weak
    same = post(site, "/adgangskode", mine, old=GOOD, new=GOOD, again=GOOD)

    assert same[0] == 400
    assert post(site, "/adgangskode", mine, old=GOOD, new=OTHER, again=OTHER)[0] == 303


def test_who_has_been_signed_out_is_told_so(site):
    told = "Du er ikke længere logget ind."

    assert told in site.get("/log-ind", Cookie="__Host-session=ended")[2].decode()
    assert told not in site.get("/log-ind", Cookie="")[2].decode()


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Forwarded_Proto", "X_Real_IP", "Via"])
def test_nobody_is_anybody_of_a_demo_through_a_proxy(site, header):
    body = "login=lene@styrelsen.example&next=/"
    own = {**FORM, "Cookie": ""}

    assert site.ask("POST", "/log-ind/demo", body, **own, **{header: "198.51.100.7"})[0] == 403
    assert site.ask("POST", "/log-ind/demo", body, **own)[0] == 303, "the control"


def test_a_password_is_changed_at_the_server_s_time(site, person):
    login = person()
    mine = word(sign_in(site, login, GOOD)[1])
    post(site, "/adgangskode", mine, old=GOOD, new=OTHER, again=OTHER)

    with open_store(site.db, demo.SYSTEM) as store:
        user = users.by_login(store, login)
        (row,) = store.rows("history", "action = 'password.change' AND row_id = ?", [user["id"]])
        (session,) = store.rows("session", "user_id = ?", [user["id"]])
    for at in (row["at"], user["password_at"], session["ended_at"]):
        assert timedelta(0) <= instant(at) - NOW < timedelta(hours=1)


def test_an_account_with_a_password_is_not_offered_to_try_and_not_given(site, person):
    with_password = person()
    without = f"uden{time.time_ns()}@styrelsen.example"
    with open_store(site.db, demo.SYSTEM) as store:
        users.add(store, without, "Ulla Uden", "UU", "consultant")
    page = site.get("/log-ind", Cookie="")[2].decode()
    inside = site.get("/om")[2].decode()

    assert (without in page, with_password in page) == (True, False)
    assert (without in inside, with_password in inside) == (True, False)
    assert post(site, "/log-ind/demo", login=with_password)[0] == 403
    assert post(site, "/log-ind/demo", login=without)[0] == 303, "the control"
