"""Every route there is: its headers, how much it takes, and who may send it a form."""

import re
import shutil
import socket

import pytest

from advisory.web.gate import FORM
from advisory.web.headers import HEADERS
from advisory.web.unlogged import LARGEST_READ

from .route_table import routes

FORMS = "application/x-www-form-urlencoded"
DEMO = "login=jonas%40styrelsen.example&next=%2F"  # so that no form is refused for what it holds
SMALL = f"{DEMO}&email=a%40b.example&password=x"
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE")
KEPT = {"AssetHandler", "CalendarFeed"}  # what a browser may keep, each told its own way


@pytest.fixture(scope="module")
def site(make_site):
    """A server of one's own: the tries to sign in that are counted here slow nobody else."""
    return make_site()


@pytest.fixture(scope="module")
def table(demo_path, tmp_path_factory, subprocess_env):
    """Every route of the server."""
    path = tmp_path_factory.mktemp("routes") / "demo.db"
    shutil.copyfile(demo_path, path)
    return routes(subprocess_env, str(path))


@pytest.fixture(scope="module")
def posts(table):
    """The routes that take a form or a file."""
    found = [route for route in table if "post" in route.methods]
    assert len(found) >= 13
    return found


def test_the_table_holds_what_is_known_to_be_served(table):
    paths = {route.path for route in table}

    assert {"/", "/kommune", "/ws", "/log-ind", "/modtag/antal", "/m/a/ja", "/sundhed"} <= paths
    assert len(table) > 60


# --- headers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "login"),
    [("GET", "lene@styrelsen.example"), *((method, "") for method in METHODS)],
)
def test_every_answer_of_every_route_carries_the_headers(site, table, method, login):
    cookie = site.cookie(login) if login else ""
    lacking = []
    for route in [*table, *elsewhere()]:
        status, headers, _ = site.ask(method, route.path, Cookie=cookie, Content_Type=FORMS)
        policy = headers["Content-Security-Policy"] or ""
        good = (
            all(headers[name] for name in HEADERS)
            and headers["X-Content-Type-Options"] == "nosniff"
            and headers["Referrer-Policy"] in ("same-origin", "no-referrer")
            and "default-src 'none'" in policy
            and "frame-ancestors 'none'" in policy
            and "base-uri 'none'" in policy
            and re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
            and "Server" not in headers
            and (route.handler in KEPT or headers["Cache-Control"] == "no-store")
        )
        if not good:
            lacking.append((route.path, status, dict(headers)))

    assert lacking == []


def test_the_files_of_a_version_are_the_only_ones_kept_for_ever(site, table):
    page = site.get("/")[2].decode()
    found = set(re.findall(r'(?:src|href)="(/filer/[^"]+)"', page))

    kept = {path: site.get(path, Cookie="")[1]["Cache-Control"] for path in found}

    assert found
    assert set(kept.values()) == {"public, max-age=31536000, immutable"}
    for route in table:
        if route.handler == "StaticHandler":
            path = route.path.removesuffix("a") + "js/bokeh.min.js"
            assert site.get(path, Cookie="")[1]["Cache-Control"] == "no-store"


def test_a_cookie_is_of_this_site_alone(site):
    signed_in = site.ask("POST", "/log-ind/demo", DEMO, Content_Type=FORMS, Cookie="")[1]
    own = signed_in["Set-Cookie"].split(";")[0]
    signed_out = site.ask("POST", "/log-ud", "", Content_Type=FORMS, Cookie=own)[1]

    for headers in (signed_in, signed_out):
        (cookie,) = headers.get_all("Set-Cookie")
        name, *rest = re.split(r"; *", cookie)
        assert name.startswith("__Host-session=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(rest)
        assert not any(part.startswith("Domain") for part in rest)


# --- how much ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [FORM + 1, 1_048_577, 10_000_001, 4_000_000_000])
def test_too_much_is_refused_at_once_on_every_route_that_takes_something(site, posts, size):
    """Of more than a megabyte only the head and ten bytes are sent: nothing waited for the rest."""
    taken = []
    for route in posts:
        file = route.path.startswith("/modtag/")
        worded = route.handler not in ("AttendanceReport", "SignInDemo") and not file
        if size <= 10_000_000 and (file or (worded and size <= 1_048_576)):
            continue
        status = declared(site, route.path, size)
        if status != 413:
            taken.append((route.path, status))

    assert taken == []


def test_a_form_of_more_than_64_kb_is_refused_in_words(site, posts):
    """Also where it is read to its end, so that a person is told in a page."""
    answers = {
        route.path: site.ask(
            "POST", route.path, SMALL + "&x=" + "x" * FORM, Content_Type=FORMS, Cookie=""
        )[0]
        for route in posts
        if not route.path.startswith("/modtag/")
    }

    # nobody's key, and a page for those who are signed in: refused before the form is looked at
    sooner = {path for path in answers if path.startswith("/m/")} | {"/adgangskode"}
    assert {path: status for path, status in answers.items() if path not in sooner} == {
        path: 413 for path in answers if path not in sooner
    }
    assert {answers[path] for path in sooner} <= {404, 413, 303}


def declared(site, path, size):
    """The status of a post that says it sends `size` bytes, and sends what is read to be heard."""
    sent = size if size <= LARGEST_READ else 10
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n"
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as line:
        line.sendall(f"{head}Content-Type: {FORMS}\r\n\r\n".encode() + b"x" * sent)
        return int(line.recv(65_536).split(b" ")[1])


# --- from where -------------------------------------------------------------------------------

HERE = "http://127.0.0.1:{port}"
CASES = [  # Sec-Fetch-Site, Origin, whether it may
    (None, None, True),  # no browser
    ("same-origin", HERE, True),
    ("same-origin", None, True),
    ("none", None, True),
    (None, HERE, True),
    (None, "https://127.0.0.1:{port}", True),  # behind a proxy we see http
    ("cross-site", "https://evil.example", False),
    ("cross-site", HERE, False),
    ("cross-site", None, False),
    ("same-site", HERE, False),
    ("same-site", "https://andet.styrelsen.example", False),
    ("", HERE, False),
    ("Same-Origin", HERE, False),
    ("same-origin, cross-site", HERE, False),
    ("nonsense", None, False),
    (None, "https://evil.example", False),
    (None, "http://127.0.0.1", False),
    (None, "http://127.0.0.1:1", False),
    (None, "http://localhost:{port}", False),
    (None, "http://127.0.0.1:{port}.evil.example", False),
    (None, "http://evil.example@127.0.0.1:{port}", False),
    (None, "http://127.0.0.1:{port}@evil.example", False),
    (None, "null", False),
    (None, "127.0.0.1:{port}", False),
    (None, "http://[", False),
]


@pytest.mark.parametrize(("fetch", "origin", "may"), CASES)
def test_a_form_from_elsewhere_is_refused_on_every_route(site, posts, fetch, origin, may):
    plain, found = {}, {}
    sent = {"Content_Type": FORMS, "Cookie": ""}
    more = {"Sec_Fetch_Site": fetch, "Origin": origin and origin.format(port=site.port)}
    more = {name: value for name, value in more.items() if value is not None}
    for route in posts:
        if may:
            plain[route.path] = posted(site, route, sent)
        found[route.path] = posted(site, route, {**sent, **more})

    if may:
        assert 403 not in found.values()
        assert found == plain
    else:
        refused = 500 if origin == "http://[" else 403  # Tornado cannot read it as an address
        assert found == {route.path: refused for route in posts}


def posted(site, route, sent):
    """The status of a small form; a sign-in is tried so often here that it may have to wait."""
    status = site.ask("POST", route.path, SMALL, **sent)[0]
    return 401 if status == 429 else status


def test_a_foreign_form_is_refused_to_somebody_who_is_signed_in_too(site, posts):
    foreign = {"Content_Type": FORMS, "Sec_Fetch_Site": "cross-site", "Origin": "https://a.example"}

    assert {site.ask("POST", route.path, SMALL, **foreign)[0] for route in posts} == {403}
    assert site.get("/session")[0] == 200


def test_asking_changes_nothing(site, table):
    before = site.get("/sundhed")[2]

    for route in table:
        site.get(f"{route.path}?navn=x&proev=&k=horsens&next=/om")
        site.ask("OPTIONS", route.path)

    assert site.get("/sundhed")[2] == before


def elsewhere():
    """Addresses that are no route, and one by a name that is not ours."""

    class Here:
        handler, path = "ErrorHandler", "/findes-ikke"

    return [Here]


def test_the_site_answers_to_the_names_in_its_settings_and_no_other(site):
    assert site.get("/sundhed", Host="evil.example")[0] == 421
    assert site.get("/sundhed", Host="localhost")[0] == 200
