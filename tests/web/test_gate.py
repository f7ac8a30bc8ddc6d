"""Other names, other machines and too much sent along are turned away before any page is asked."""

import asyncio
import http.client
import socket
import threading

import pytest
import tornado.httpserver
import tornado.web
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.netutil import bind_sockets

from advisory.settings import read
from advisory.web import gate
from advisory.web.headers import Finish
from advisory.web.throttle import place_of

HERE = read(
    {
        "ADVISORY_PUBLIC_URL": "https://kurser.styrelsen.example",
        "ADVISORY_HOSTS": "Tilmelding.styrelsen.example, intern",
        "ADVISORY_PROXIES": "10.0.0.2, 2001:db8::2",
        "ADVISORY_LANGUAGE": "en",
    }
)
OURS = [
    "localhost", "127.0.0.1", "127.8.8.8", "[::1]",
    "kurser.styrelsen.example", "KURSER.styrelsen.example", "tilmelding.styrelsen.example:8443",
    "intern", "localhost:5006",
]  # fmt: skip
FOREIGN = [
    "", "evil.example", "kurser.styrelsen.example.evil.example", "xkurser.styrelsen.example",
    "kurserXstyrelsen.example", "styrelsen.example", "localhost.evil.example", "localhost.",
    "kurser.styrelsen.example.", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1", "2130706433",
    "*", "[::ffff:10.0.0.1]",
]  # fmt: skip


def request(host, near="127.0.0.1", method="GET", path="/", **headers):
    sent = HTTPHeaders({"Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}})
    line = RequestStartLine(method, path, "HTTP/1.1")
    asked = HTTPServerRequest(start_line=line, headers=sent, host=host)
    asked.remote_ip = near
    return asked


def turned_away(asked, demo=False):
    """The status of the first rule that matches, None when the request may go on."""
    for rule in gate.rules(HERE, demo=demo):
        if rule.matcher.match(asked) is not None:
            return int(rule.target_kwargs["status"])
    return None


@pytest.mark.parametrize("host", OURS)
def test_a_name_of_ours_goes_on(host):
    assert turned_away(request(host)) is None


@pytest.mark.parametrize("host", FOREIGN)
def test_any_other_name_does_not(host):
    assert turned_away(request(host)) == 421


@pytest.mark.parametrize(
    ("near", "status"),
    [
        ("127.0.0.1", None),
        ("::1", None),
        ("10.0.0.2", None),
        ("2001:db8::2", None),
        ("10.0.0.3", 421),
        ("2001:db8::3", 421),
        ("", 421),
        ("0.0.0.0", 421),
    ],
)
def test_only_this_machine_and_the_proxies_may_ask(near, status):
    assert turned_away(request("intern", near, X_Forwarded_For="127.0.0.1")) == status


@pytest.mark.parametrize(
    ("near", "place"),
    [("10.0.0.2", "192.0.2.7"), ("127.0.0.1", "192.0.2.7"), ("10.0.0.3", "10.0.0.3")],
)
def test_a_proxy_is_believed_when_it_says_who_for_and_nobody_else_is(near, place):
    asked = request("intern", near, X_Forwarded_For="198.51.100.1, 192.0.2.7")

    assert place_of(asked, HERE.proxies) == place


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/log-ind", 65_536),
        ("POST", "/log-ind/demo", 65_536),
        ("POST", "/log-ud", 65_536),
        ("POST", "/adgangskode", 65_536),
        ("PUT", "/nowhere", 65_536),
        ("POST", "/tilmelding/7", 1_048_576),
        ("POST", "/m/abc/afbud", 1_048_576),
        ("POST", "/modtag/fremmoede", 10_000_000),
        ("POST", "/modtag/ansoegninger", 10_000_000),
        ("GET", "/", 1024),
        ("HEAD", "/kommune", 1024),
        ("OPTIONS", "/log-ind", 1024),
        ("POST", "//modtag/fremmoede", 65_536),
        ("POST", "/MODTAG/fremmoede", 65_536),
    ],
)
def test_what_may_be_sent_along_depends_on_where(method, path, most):
    sized = [
        turned_away(request("localhost", method=method, path=path, Content_Length=str(size)))
        for size in (0, most, most + 1, 10**15)
    ]

    assert sized == [None, None, 413, 413]


def test_a_form_says_how_much_it_is():
    chunked = {"Transfer_Encoding": "chunked", "method": "POST"}

    assert turned_away(request("localhost", path="/log-ind", **chunked)) == 411
    assert turned_away(request("localhost", path="/modtag/antal", **chunked)) is None


# --- for real ---------------------------------------------------------------------------------


class Anything(tornado.web.RequestHandler):
    """Stands for every page: whoever gets here was let in."""

    def get(self):
        self.finish("inside")

    post = get


@pytest.fixture(scope="module")
def port():
    """A small server with the gate in front of one page for everything."""
    found = threading.Event(), []

    async def main():
        app = tornado.web.Application([(r".*", Anything)], transforms=[Finish])
        app.add_handlers(".*", gate.rules(HERE, demo=False))
        server = tornado.httpserver.HTTPServer(app)
        (listening,) = bind_sockets(0, "127.0.0.1")
        server.add_socket(listening)
        stop = asyncio.Event()
        found[1].extend([listening.getsockname()[1], asyncio.get_running_loop(), stop])
        found[0].set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    found[0].wait(10)
    yield found[1][0]
    found[1][1].call_soon_threadsafe(found[1][2].set)
    thread.join()


def ask(port, method, path, host, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": host, **sent})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/", "/filer/a/b.js", "/kommune/ws", "/tilmelding", "/x?y=z"])
def test_a_foreign_name_gets_one_sentence_whatever_it_asks(port, method, path):
    status, headers, said = ask(port, method, path, "evil.example", b"a=b", Origin="https://x")

    assert (status, headers["Content-Type"]) == (421, "text/plain; charset=utf-8")
    assert said.decode() == (
        "The site is not found under that name. Use the address from your mail or your colleague."
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_name_of_ours_comes_in(port):
    assert ask(port, "GET", "/x", "intern")[2] == b"inside"


@pytest.mark.parametrize("size", [65_537, 900_000, 5_000_000])
def test_too_much_is_refused_in_words_before_it_is_read(port, size):
    """The head of the request is sent and nothing of the body after the first megabyte."""
    head = f"POST /log-ind HTTP/1.1\r\nHost: intern\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(head.encode() + b"x" * (size if size < 1_000_000 else 10))
        said = line.recv(65_536)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"64 kB" in said


def test_a_body_without_a_length_is_refused_and_two_names_are_no_request(port):
    chunked = "POST /log-ind HTTP/1.1\r\nHost: intern\r\nTransfer-Encoding: chunked\r\n\r\n"
    two = "GET / HTTP/1.1\r\nHost: intern\r\nHost: evil.example\r\n\r\n"
    answers = []
    for sent in (chunked + "3\r\na=b\r\n0\r\n\r\n", two, "GET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
            line.sendall(sent.encode())
            answers.append(line.recv(65_536).split(b"\r\n")[0])

    assert answers == [
        b"HTTP/1.1 411 Length Required",
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 400 Bad Request",
    ]


def test_a_demo_answers_to_no_name_of_the_site():
    named = request("kurser.styrelsen.example")

    assert turned_away(request("localhost:5006"), demo=True) is None
    assert (turned_away(named, demo=True), turned_away(named)) == (421, None)
