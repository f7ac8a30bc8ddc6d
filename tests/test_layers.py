"""Who may import whom, and where SQL may stand: the table of the house, read off the code."""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = frozenset(
    {"pandas", "numpy", "python_calamine", "xlsxwriter", "icalendar", "fpdf", "jinja2"}
)
SCREEN = frozenset({"panel", "param", "holoviews", "bokeh", "pandas", "numpy", "markupsafe"})
READING = frozenset({"domain", "store", "frames", "texts", "settings"})


@dataclass(frozen=True)
class Layer:
    """The parts of ours and the packages of others that a part may import; itself it always may."""

    ours: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    sql: bool = False


LAYERS = {
    "advisory": Layer(frozenset({"store"})),
    "domain": Layer(others=frozenset({"holidays"})),
    "settings": Layer(frozenset({"domain"}), frozenset({"platformdirs"})),
    "texts": Layer(frozenset({"settings"}), frozenset({"babel"})),
    "store": Layer(
        frozenset({"domain", "settings"}),
        frozenset({"sqlite_utils", "filelock", "argon2", "zxcvbn"}),
        sql=True,
    ),
    "frames": Layer(frozenset({"domain", "store"}), frozenset({"pandas", "numpy"}), sql=True),
    "imports": Layer(READING, DOCUMENTS),
    "reports": Layer(READING, DOCUMENTS),
    "mail": Layer(READING | {"reports"}, frozenset({"filelock"})),
    "ui": Layer(READING | {"imports", "reports"}, SCREEN),
    "web": Layer(
        READING | {"imports", "reports", "mail", "ui"},
        SCREEN | {"tornado", "jinja2", "brotli", "limits", "authlib", "joserfc"},
    ),
    "cli": Layer(
        READING | {"imports", "reports", "mail", "ui", "web"}, frozenset({"click", "pandas"})
    ),
    "apps": Layer(READING | {"imports", "reports", "ui"}, frozenset({"panel", "param"})),
}
ALSO = {
    "ui/safe.py": frozenset({"jinja2"}),  # the one place that fills the page's templates
}
NO_CONNECTION = frozenset({"ui", "web", "apps"})
SQL = re.compile(
    r"\s*(SELECT\b.+\bFROM|select\b.+\bfrom|(?i:INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET"
    r"|DELETE\s+FROM|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|VIEW|TRIGGER)))\b",
    re.DOTALL,
)


def part_of(name: str) -> str:
    """The part that a module file belongs to: `ui/safe.py` -> ui, `__init__.py` -> advisory."""
    first = name.split("/")[0].removesuffix(".py")
    return "advisory" if first == "__init__" else first


def imported(tree: ast.Module, package: list[str]) -> Iterator[tuple[str, ast.stmt]]:
    """Every module that is imported, in full (`advisory.store.plan`), and where."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                yield f"{module}.{alias.name}", node


def faults(name: str, source: str) -> list[str]:
    """What `source` does that a module called `name` may not.

    `name` is the path inside `advisory`, or `apps/<slug>.py`.
    """
    part = part_of(name)
    if part not in LAYERS:
        return [f"{name}: {part} is not in the table"]
    layer, tree = LAYERS[part], ast.parse(source)
    package = ["apps"] if part == "apps" else ["advisory", *name.split("/")[:-1]]
    found = []
    for module, node in imported(tree, package):
        first, *rest = module.split(".")
        here = f"{name}:{node.lineno}"
        if node not in tree.body:
            found.append(f"{here}: inline import of {module}")
        if first == "advisory":
            target = rest[0] if rest and rest[0] in LAYERS else "store" if rest else "advisory"
            if target not in {part, *layer.ours}:
                found.append(f"{here}: {part} imports {target}")
        elif first == "apps":
            found.append(f"{here}: imports another page")
        elif first == "sqlite3":
            found.append(f"{here}: imports sqlite3 past sqlite_utils")
        elif first not in sys.stdlib_module_names | layer.others | ALSO.get(name, frozenset()):
            found.append(f"{here}: {part} imports {first}")
    return found + ([] if layer.sql else list(_sql(name, tree)))


def _sql(name: str, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if SQL.match(_text(node)):
            yield f"{name}:{node.lineno}: SQL"
        if isinstance(node, ast.Attribute) and node.attr == "db":
            is_connection = ast.unparse(node.value).endswith("store")  # settings().db is a path
            if part_of(name) in NO_CONNECTION and is_connection:
                yield f"{name}:{node.lineno}: reaches for .db"


def _text(node: ast.AST) -> str:
    """A text as it stands in the source; what is filled into an f-string reads as x."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "x" for part in node.values)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ""


def modules() -> dict[str, Path]:
    package = ROOT / "advisory"
    found = {str(path.relative_to(package).as_posix()): path for path in package.rglob("*.py")}
    return found | {f"apps/{path.name}": path for path in (ROOT / "apps").glob("*.py")}


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_keeps_to_the_table(name):
    assert faults(name, modules()[name].read_text(encoding="utf-8")) == []


def test_there_is_something_to_read():
    parts = {part_of(name) for name in modules()}

    assert {"domain", "store", "frames", "ui", "texts", "settings", "cli"} <= parts


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("domain/plan.py", "import pandas", "domain imports pandas"),
        ("domain/plan.py", "from ..store import Store", "domain imports store"),
        ("domain/plan.py", "from .. import store", "domain imports store"),
        ("domain/plan.py", "import advisory.store.plan", "domain imports store"),
        ("domain/plan.py", "from advisory import open_store", "domain imports store"),
        ("texts.py", "from .domain import plan", "texts imports domain"),
        ("store/plan.py", "from ..frames import figures", "store imports frames"),
        ("store/plan.py", "import sqlite3", "imports sqlite3 past sqlite_utils"),
        ("ui/band.py", "from sqlite3 import connect", "imports sqlite3 past sqlite_utils"),
        ("frames/figures.py", "import panel as pn", "frames imports panel"),
        ("reports/excel.py", "import panel", "reports imports panel"),
        ("ui/band.py", "from ..web import server", "ui imports web"),
        ("ui/band.py", "from jinja2 import Environment", "ui imports jinja2"),
        ("ui/band.py", "from ..mail import send", "ui imports mail"),
        ("ui/band.py", "rows = 'select id from note'", "SQL"),
        ("ui/band.py", "rows = f'UPDATE {name} SET a = 1'", "SQL"),
        ("ui/band.py", "def rows(store):\n    return store.db.table('note')", "reaches for .db"),
        ("web/server.py", "db = self._store.db", "reaches for .db"),
        ("web/server.py", "gone = '''\n  DELETE FROM note'''", "SQL"),
        ("cli/main.py", "new = 'INSERT INTO note VALUES (1)'", "SQL"),
        ("apps/case.py", "from apps import overview", "imports another page"),
        ("apps/case.py", "from . import overview", "imports another page"),
        ("apps/case.py", "import pandas", "apps imports pandas"),
        ("frames/figures.py", "def f():\n    import math", "inline import of math"),
        ("ui/band.py", "class A:\n    from ..store import Store", "inline import of"),
        ("ui/band.py", "try:\n    import math\nexcept ImportError:\n    pass", "inline import of"),
        ("helpers.py", "", "helpers is not in the table"),
        ("common/dates.py", "", "common is not in the table"),
    ],
)
def test_control_an_offending_module_is_found(name, source, fault):
    assert any(fault in found for found in faults(name, source))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("ui/safe.py", "from jinja2 import Environment"),
        ("ui/band.py", "from markupsafe import Markup\nfrom ..frames import figures"),
        ("ui/band.py", "label = 'Select a date from the list'"),
        ("store/schema.py", "from filelock import FileLock"),
        ("store/connection.py", "from sqlite_utils.utils import sqlite3"),
        ("store/plan.py", "from . import Store\nfrom ..domain import plan as rules"),
        ("cli/session.py", "path = settings().db"),
        ("web/server.py", "from ..settings import settings\npath = settings().db"),
        ("apps/case.py", "import panel as pn\nfrom advisory.ui import shell"),
    ],
)
def test_control_what_is_permitted_is_not_reported(name, source):
    assert faults(name, source) == []
