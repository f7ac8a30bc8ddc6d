"""What the server answers: pages, files, headers, who is let in, and where nothing is found."""

import gzip
import json
import re

import brotli
import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from advisory.domain.errors import Refused
from advisory.settings import read
from advisory.web.server import serve

from .apart import apart
from .conftest import USER

PAGES = ("/", "/kommuner", "/om")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_before_any_script_has_run(site, path):
    status, headers, content = site.get(path)

    page = content.decode()
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert '<html lang="da">' in page
    assert "<h1" in page
    assert not re.search(r'data-region="(?!toast|dialog)\w+"></div>', page)


@pytest.mark.parametrize("path", [*PAGES, "/nix", "/sundhed"])
def test_every_answer_carries_the_headers_that_protect_it(site, path):
    headers = site.get(path)[1]

    policy = headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in policy
    assert re.fullmatch(r"script-src 'self' 'sha256-[^' ]+'", policy.split("; ")[1])


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_or_address_of_another_host(site, path):
    page = site.get(path)[2].decode()

    assert re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*', page) == []
    assert re.findall(r"\son\w+=", page) == []


def test_files_are_kept_for_ever_and_compressed_as_the_browser_accepts(site):
    page = site.get("/")[2].decode()
    script = re.search(r'src="(/filer/[^"]*bokeh[^"]*)"', page)[1]

    plain, small, smallest = (
        site.get(script, Accept_Encoding=accepted) for accepted in ("", "gzip", "gzip, br")
    )

    assert "immutable" in plain[1]["Cache-Control"]
    assert gzip.decompress(small[2]) == plain[2]
    assert brotli.decompress(smallest[2]) == plain[2]
    assert len(smallest[2]) < len(small[2]) < len(plain[2]) / 3


def test_a_file_of_another_version_is_not_found(site):
    assert site.get("/filer/0123456789ab/app.css")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/nix",
        "/kommune?k=nix",
        "/components/advisory.demo/a/b/c",
        "/rest/session_info",
        "/autoload.js?bokeh-autoload-element=x",
        "/liveness",
    ],
)
def test_an_unknown_address_gives_a_sentence_and_a_way_home(site, path):
    status, _, content = site.get(path)

    assert status == 404
    assert 'href="/"' in content.decode()
    assert "Traceback" not in content.decode()


def test_health_is_told_as_json(site):
    status, headers, content = site.get("/sundhed")

    assert (status, headers["Content-Type"]) == (200, "application/json; charset=UTF-8")
    assert json.loads(content)["ok"] is True


@pytest.mark.parametrize(
    ("path", "accepted", "language"),
    [("/", "en-GB,en", "da"), ("/?lang=en", "da", "en"), ("/?lang=sv", "en", "da")],
)
def test_the_language_is_danish_unless_the_address_chooses_another(site, path, accepted, language):
    page = site.get(path, Accept_Language=accepted)[2].decode()

    assert f'<html lang="{language}">' in page


def test_another_date_is_read_as_people_type_it_and_goes_along_in_links(site):
    page = site.get("/?date=12/12-24")[2].decode()

    assert 'href="/kommuner?date=2024-12-12"' in page
    assert "12.\u00a0december\u00a02024" in page


@pytest.mark.parametrize("typed", ["%3Cimg+onerror%3D1%3E", "%ff", "31/2-25"])
def test_a_date_that_cannot_be_read_gives_a_sentence_and_today(site, typed):
    status, _, content = site.get(f"/?date={typed}")

    assert status == 200
    assert re.search("kan ikke læses som en dato|findes ikke i kalenderen", content.decode())
    assert "<img onerror" not in content.decode()
    assert 'href="/kommuner"' in content.decode()


def test_a_page_the_role_may_not_see_is_forbidden_in_the_frame(site):
    cookie = site.cookie(_login(site, "leadership"))

    status, _, content = site.get("/kommune?k=horsens", Cookie=cookie)

    assert status == 403
    assert "<nav" in content.decode()


def test_a_demo_user_is_chosen_by_a_post_from_this_site_only(site):
    login = _login(site, "leadership")
    own = {"Content_Type": "application/x-www-form-urlencoded", "Sec_Fetch_Site": "same-origin"}
    own["Cookie"] = ""
    body = f"login={login}&next=/kommuner"

    status, headers, _ = site.ask("POST", "/log-ind/demo", body, **own)
    foreign = site.ask("POST", "/log-ind/demo", body, **{**own, "Sec_Fetch_Site": "cross-site"})
    unknown = site.ask("POST", "/log-ind/demo", "login=nobody&next=/", **own)
    outside = site.ask("POST", "/log-ind/demo", f"login={login}&next=//evil.example", **own)

    assert (status, headers["Location"]) == (303, "/kommuner")
    word, *said = headers["Set-Cookie"].split("; ")
    assert word.startswith("__Host-session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} == set(said)
    assert (foreign[0], unknown[0]) == (403, 403)
    assert outside[1]["Location"] == "/"


@pytest.mark.parametrize("cookie", ["", "__Host-session=nobody", f"demo_user={USER}"])
def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(site, cookie):
    status, headers, _ = site.get("/kommune?k=horsens", Cookie=cookie)

    assert (status, headers["Location"]) == (302, "./log-ind?next=%2Fkommune%3Fk%3Dhorsens")


def _login(site, role):
    """The login of an invented user with a role, read off the menu of the page."""
    word = {"leadership": "Ledelse", "office": "Programkontor"}[role]
    page = site.get("/")[2].decode()
    return re.search(rf'name="login" value="([^"]+)"[^>]*>[^<]* <span class="m">{word}', page)[1]


# --- the door of the websocket ----------------------------------------------------------------


def _opens(site, path, token, **headers):
    """Whether a websocket with this token is let in."""

    headers.setdefault("Cookie", site.cookie(USER))

    async def knock():
        request = HTTPRequest(f"ws://127.0.0.1:{site.port}{path}", headers=headers)
        try:
            socket = await websocket_connect(request, subprotocols=["bokeh", token])
        except HTTPClientError as refused:
            return refused.code != 403
        first = await socket.read_message()
        socket.close()
        return first is not None

    return apart(knock())


def test_a_websocket_opens_with_the_token_of_its_own_page(site):
    assert _opens(site, "/ws", site.token("/"))
    assert _opens(site, "/kommuner/ws", site.token("/kommuner"))


def test_a_websocket_stays_closed_to_the_token_of_another_page(site):
    assert not _opens(site, "/ws", site.token("/om"))


def test_a_websocket_stays_closed_to_the_token_of_another_person(site):
    token = site.token("/", Cookie=site.cookie(_login(site, "office")))

    assert not _opens(site, "/ws", token)
    assert _opens(site, "/ws", token, Cookie=site.cookie(_login(site, "office")))


def test_a_websocket_stays_closed_to_a_token_that_was_changed(site):
    payload, signature = site.token("/").split(".")

    assert not _opens(site, "/ws", f"{payload}A.{signature}")
    assert not _opens(site, "/ws", payload)
    assert not _opens(site, "/ws", "nonsense")


def test_a_websocket_stays_closed_to_another_site(site):
    assert not _opens(site, "/ws", site.token("/"), Origin="https://evil.example")


# --- starting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.4", "peers.example"])
def test_it_does_not_listen_where_others_can_reach_it(demo_path, address):
    with pytest.raises(Refused, match="demo_not_local"):
        serve(read({"ADVISORY_DB": str(demo_path)}), address=address, start=False)


@pytest.mark.parametrize("path", ["/", "/kommuner", "/eksport/kommuner.csv"])
def test_a_name_that_only_leads_here_reads_nothing(site, path):
    foreign = site.get(path, Host="rebound.example")
    own = site.get(path, Host="localhost")

    assert foreign[0] == 421
    assert own[0] == 200


def test_an_export_of_a_date_nobody_can_read_is_refused_in_words(site):
    status, _, content = site.get("/eksport/kommuner.csv?date=hvornaar")

    assert (status, "hvornaar" in content.decode()) == (400, True)
