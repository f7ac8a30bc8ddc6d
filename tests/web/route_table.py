"""What the server answers to, read off itself: `routes(environment, db)`."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass

LIST = """
import json, sys
import tornado.web
from advisory.settings import read
from advisory.web.server import serve

server = serve(read({"ADVISORY_DB": sys.argv[1]}), port=0, start=False)
usual = {name: getattr(tornado.web.RequestHandler, name) for name in ("get", "post")}
print(json.dumps([
    [rule.matcher.regex.pattern, rule.target.__name__,
     [name for name in usual if getattr(rule.target, name) is not usual[name]]]
    for rule in server._tornado.wildcard_router.rules
]))
"""


@dataclass(frozen=True)
class Route:
    """A pattern of addresses, the handler behind it, and one address that it stands for."""

    pattern: str
    handler: str
    methods: tuple[str, ...]

    @property
    def path(self) -> str:
        return example(self.pattern)


def routes(environment: dict[str, str], db: str) -> list[Route]:
    """Every route of the server on a database."""
    done = subprocess.run(
        [sys.executable, "-c", LIST, db], env=environment, capture_output=True, check=True
    )
    found = json.loads(done.stdout)
    return [Route(pattern, handler, tuple(methods)) for pattern, handler, methods in found]


def example(pattern: str) -> str:
    """A shortest address that a pattern of ours or of Bokeh's stands for."""
    said = pattern.removesuffix("$").replace("(?:/.*)?", "/a").replace("/?", "")
    said = said.replace("(?!extensions/)", "") or "/"
    said = re.sub(r"\(([a-z]+)(\|[a-z]+)+\)", r"\1", said)
    said = re.sub(r"\[0-9a-f\]\+|\[[^]]*0-9[^]]*\]\{1,\d+\}|\\d\{1,\d+\}", "1", said)
    said = re.sub(r"\[(\\w|a-z)[^]]*\](\+|\{1,\d+\})|\\w\+|\.\*", "a", said)
    found = re.sub(r"[()]", "", said).replace("\\", "")
    assert re.fullmatch(pattern, found), (pattern, found)
    return found
