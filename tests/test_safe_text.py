"""Only `ui/safe.py` and its escaping templates put people's text on screen, read off the code.

Every rule has snippets that it must report, and the shapes that are lawful are listed one by one.
What a browser makes of it is tried in tests/browser/test_injection.py.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SAFE = "ui/safe.py"

# --- Python -----------------------------------------------------------------------------------

# Panel and Bokeh carry messages; nothing of theirs is drawn.
TRANSPORT = (
    *("panel.io.datamodel.create_linked_datamodel", "panel.io.application.Application"),
    *("bokeh.application.", "bokeh.document.Document", "bokeh.server.", "bokeh.util.token."),
)
PANEL_ATTRIBUTES = {"serve", "config"}
DRAWING = ("holoviews", "hvplot", "bokeh", "panel", "IPython")
CHARTS = "ui/charts.py"  # drawn in notebooks, on no page
JINJA_DOORS = {"from_string", "overlay", "compile_expression", "compile", "autoescape"}
NAMED_TEMPLATES = {  # the template of a page stands in its file in apps/
    ("ui/shell.py", "page.template"),
    (SAFE, "template"),
}
BUILT = {(SAFE, "environment().get_template(template).render(values, t=text)")}
# What a handler answers otherwise than by `render`: the HTML of a view that returns Markup.
ANSWERED = {("web/uploads.py", "str(html)")}


def python_faults(name: str, source: str) -> list[str]:
    """What a module called `name` (inside `advisory`, or `apps/<slug>.py`) may not do."""
    tree = ast.parse(source)
    rules = (_markup, _screen, _jinja, _answers, _errors)
    found = [fault for rule in rules for fault in rule(name, tree)]
    return [f"{name}:{line}: {words}" for line, words in found]


Faults = Iterator[tuple[int, str]]


def _markup(name: str, tree: ast.Module) -> Faults:
    """`Markup` is imported by that name, and made of literals only; a value goes in by `format`."""
    lawful: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(_named(base, "Markup") for base in node.bases):
            yield node.lineno, "a Markup of its own"
        if isinstance(node, ast.FunctionDef) and node.name in ("__html__", "__html_format__"):
            yield node.lineno, "says of itself that it is HTML"
        if isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                whole = f"{getattr(node, 'module', '')}.{alias.name}"
                if "markupsafe" in whole and (alias.name != "Markup" or alias.asname):
                    yield node.lineno, f"imports {whole}"
        if isinstance(node, ast.Call) and _named(node.func, "Markup"):
            lawful |= {id(node.func)}
            if not _literal(node) and (name, _only_argument(node)) not in BUILT:
                yield node.lineno, "Markup of something that is not a literal"
        lawful |= {id(one) for part in _annotations(node) for one in ast.walk(part)}
    for node in ast.walk(tree):
        if _named(node, "Markup") and id(node) not in lawful:
            yield node.lineno, "Markup handed on"


def _named(node: ast.AST, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (
        isinstance(node, ast.Attribute) and node.attr == name
    )


def _literal(call: ast.Call) -> bool:
    """`Markup()`, `Markup("...")`, or one of two literals: `Markup("" if ... else "...")`."""
    parts = call.args
    if len(parts) == 1 and isinstance(parts[0], ast.IfExp):
        parts = [parts[0].body, parts[0].orelse]
    return (
        not call.keywords
        and len(call.args) < 2
        and all(isinstance(one, ast.Constant) for one in parts)
    )


def _only_argument(call: ast.Call) -> str:
    return ast.unparse(call.args[0]) if len(call.args) == 1 and not call.keywords else ""


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that name types."""
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
        yield node.annotation
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
        yield node.returns
    if isinstance(node, ast.Subscript):
        yield node.slice


def _screen(name: str, tree: ast.Module) -> Faults:
    """No pane, widget or template of Panel's, Bokeh's or IPython's; no chart of theirs."""
    for node in ast.walk(tree) if name != CHARTS else ():
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                if first in DRAWING and (alias.name, alias.asname) != ("panel", "pn"):
                    yield node.lineno, f"imports {alias.name}"
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                drawn = whole.split(".")[0] in DRAWING and not _is_transport(whole)
                if drawn or (alias.name if node.level else whole).endswith("charts"):
                    yield node.lineno, f"imports {whole}"
        elif (
            isinstance(node, ast.Attribute)
            and _named(node.value, "pn")
            and node.attr not in PANEL_ATTRIBUTES
        ):
            yield node.lineno, f"pn.{node.attr}"


def _is_transport(whole: str) -> bool:
    return any(whole == one or (one.endswith(".") and whole.startswith(one)) for one in TRANSPORT)


def _jinja(name: str, tree: ast.Module) -> Faults:
    """One environment, which escapes; templates by name, from the folder."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and name != SAFE:
            modules = [getattr(node, "module", None), *(alias.name for alias in node.names)]
            if any(str(module).split(".")[0] == "jinja2" for module in modules):
                yield node.lineno, "imports jinja2"
        if not isinstance(node, ast.Call):
            continue
        if _named(node.func, "Environment"):
            asked = {one.arg: ast.unparse(one.value) for one in node.keywords}
            if asked.get("autoescape") != "True" or name != SAFE:
                yield node.lineno, "an environment that does not escape"
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if called in JINJA_DOORS and ast.unparse(node.func) != "re.compile":
            yield node.lineno, f".{called}()"
        named = (name, ast.unparse(node.args[0])) if node.args else (name, "")
        is_literal = bool(node.args) and isinstance(node.args[0], ast.Constant)
        if called == "get_template" and not is_literal and named not in NAMED_TEMPLATES:
            yield node.lineno, "a template chosen by a value"


def _answers(name: str, tree: ast.Module) -> Faults:
    """A handler finishes with what `render` made, with JSON, or says that it is no HTML."""
    for owner in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        plain = _says_another_type(owner)
        for node in ast.walk(owner):
            if not isinstance(node, ast.Call) or not _of_self(node.func, ("finish", "write")):
                continue
            if not node.args or isinstance(node.args[0], ast.Dict) or _rendered(node.args[0]):
                continue
            if (name, ast.unparse(node.args[0])) not in ANSWERED and not plain:
                yield node.lineno, f"answers with {ast.unparse(node.args[0])}"


def _of_self(func: ast.expr, names: tuple[str, ...]) -> bool:
    return isinstance(func, ast.Attribute) and func.attr in names and _named(func.value, "self")


def _rendered(node: ast.expr) -> bool:
    """`render(...)` or a function of `ui` that returns Markup, also inside `str()`."""
    if isinstance(node, ast.Call) and _named(node.func, "str") and len(node.args) == 1:
        node = node.args[0]
    return isinstance(node, ast.Call) and any(_named(node.func, made) for made in rendering())


@cache
def rendering() -> frozenset[str]:
    """`render`, and the names under which functions of `ui` return Markup."""
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "advisory/ui").glob("*.py")]
    found = [one for tree in trees for one in tree.body if isinstance(one, ast.FunctionDef)]
    return frozenset(
        one.name for one in found if one.returns and ast.unparse(one.returns) == "Markup"
    )


def _says_another_type(owner: ast.ClassDef) -> bool:
    """Whether a class sets a Content-Type, and no literal one of them is HTML."""
    types = [
        node.args[1]
        for node in ast.walk(owner)
        if isinstance(node, ast.Call)
        and _of_self(node.func, ("set_header",))
        and isinstance(node.args[0], ast.Constant)
        and node.args[0].value == "Content-Type"
    ]
    return bool(types) and not any("html" in ast.unparse(one) for one in types)


def _errors(name: str, tree: ast.Module) -> Faults:
    """No value in Tornado's own error page."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (
            _named(node.func, "HTTPError") or _of_self(node.func, ("set_status", "send_error"))
        ):
            reasons = [one.value for one in node.keywords if one.arg == "reason"]
            if not all(isinstance(one, ast.Constant) for one in reasons):
                yield node.lineno, "a value as the reason of a status"


# --- templates --------------------------------------------------------------------------------

URLS = {"href", "src", "action", "formaction", "xlink:href", "srcset", "poster", "data", "cite"}
SAFE_CALLS = re.compile(
    r"(url|links|links\.here|links\.case|link|here|frame\.asset|asset|web|mail)\(.*\)$", re.DOTALL
)
OWN_START = re.compile(r"#|/(?![/\\])")
HANDED = {  # addresses that Python made with `links` or `url`: the browser test looks at each
    ("actions.html", "one.href"),
    ("actions.html", "one.target"),
    ("activity_list.html", "line.address"),
    ("activity_month.html", "line.address"),
    ("application_edit.html", "case"),
    ("chart_ledger.svg.html", "one.link"),
    ("chart_tilemap.svg.html", "one.link"),
    ("chart_tilemap_table.svg.html", "row.link"),
    ("chart_timeline.svg.html", "bar.link"),
    ("chart_timeline.svg.html", "one.link"),
    ("decision_gone.html", "back"),
    ("decision_panel.html", "back"),
    ("delivery_sessions.html", "one.address"),
    ("figures.html", "card.href"),
    ("intake_head.html", "one.href"),
    ("letter_dialog.html", "address"),
    ("password.html", "address"),
    ("places_ledger.html", "home.link"),
    ("public_layout.html", "address"),
    ("public_personal.html", "calendar"),
    ("replan_card.html", "there"),
    ("search.html", "one.href"),
    ("toast.html", "link[0]"),
}
IN_A_TAG = {  # a value where the name of an attribute stands
    ("activity_list.html", "name"),  # data-{{ name }}: the parts of an address of the calendar
    ("mail_rule.html", "error(name)"),  # a macro: attributes of a field that is wrong
    ("public_cancel.html", "danish"),  # Markup of a literal
    ("public_closed.html", "danish"),
    ("public_form.html", "danish"),
    ("public_list.html", "danish"),
    ("public_parts.html", "danish"),
    ("public_personal.html", "danish"),
    ("public_receipt.html", "danish"),
    ("session_end.html", "form"),  # data-minutes-one: words that stand in the template itself
    ("session_end.html", "unit"),
}
IN_SCRIPT = {("frame.html", "{'token': docs[0].token} | tojson")}
VOID_OF_ESCAPING = re.compile(
    r"\|\s*(safe|xmlattr|urlize|tojson)\b|\bautoescape\b|\bMarkup\b|\bfilter\s+safe\b"
)
FOREIGN = re.compile(
    r"javascript:|<\s*(base|iframe|object|embed|applet|frame|frameset)\b|http-equiv|\bsrcdoc\b"
    r"|\blink\b[^>]*\bimport\b",
    re.IGNORECASE,
)
RAW = {"script", "style", "xmp", "noembed", "noframes", "plaintext"}
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
TAG_END = re.compile(r"/?>")
ATTRIBUTE = re.compile(r"""[^\s"'<>/=\x00]+""")


@dataclass
class Reading:
    """Where in the HTML the reading of a template stands, and what it found."""

    name: str
    state: str = "text"  # text, tag, attribute name, value, unquoted, raw, comment
    tag: str = ""
    attribute: str = ""
    quote: str = ""
    value: str = ""  # what stands before in the value of an attribute
    faults: list[str] = field(default_factory=list)

    def fault(self, words: str) -> None:
        self.faults.append(f"{self.name}: {words}")

    # --- what stands in the HTML ------------------------------------------------------------

    def html(self, text: str) -> None:
        at = 0
        while at < len(text):
            at = getattr(self, f"_in_{self.state.replace(' ', '_')}")(text, at)

    def _in_text(self, text: str, at: int) -> int:
        start = text.find("<", at)
        if start < 0:
            return len(text)
        if text.startswith("<!--", start):
            self.state = "comment"
            return start + 4
        found = re.compile(r"</?([a-zA-Z][\w:-]*)").match(text, start)
        if not found:
            return start + 1
        self.state, self.attribute = "tag", ""
        self.tag = found[1].lower() if text[start + 1] != "/" else ""
        return found.end()

    def _in_comment(self, text: str, at: int) -> int:
        end = text.find("-->", at)
        if end >= 0:
            self.state = "text"
        return len(text) if end < 0 else end + 3

    def _in_raw(self, text: str, at: int) -> int:
        end = text.lower().find(f"</{self.tag}", at)
        if end >= 0:
            self.state, self.tag = "tag", ""
        return len(text) if end < 0 else end + len(self.tag) + 2

    def _in_tag(self, text: str, at: int) -> int:
        if end := TAG_END.match(text, at):
            self.state = "raw" if self.tag in RAW else "text"
            return end.end()
        if text[at] == "=":
            opened = re.compile(r"""=\s*(["']?)""").match(text, at)
            assert opened
            self.quote, self.value = opened[1], ""
            self.state = "value" if opened[1] else "unquoted"
            return opened.end()
        if named := ATTRIBUTE.match(text, at):
            self.attribute = named[0].lower()
            if self.attribute.startswith("on"):
                self.fault(f"{self.attribute}=: a handler in the page")
            return named.end()
        return at + 1

    def _in_value(self, text: str, at: int) -> int:
        end = text.find(self.quote, at)
        self.value += text[at : end if end >= 0 else len(text)]
        if end >= 0:
            self.state = "tag"
        return len(text) if end < 0 else end + 1

    def _in_unquoted(self, text: str, at: int) -> int:
        found = re.compile(r"[^\s>]*").match(text, at)
        assert found
        self.value += found[0]
        if found.end() < len(text):
            self.state = "tag"
        return found.end()

    # --- what is filled in ------------------------------------------------------------------

    def expression(self, said: str) -> None:
        if VOID_OF_ESCAPING.search(said) and (self.name, said) not in IN_SCRIPT:
            self.fault(f"not escaped: {said}")
        match self.state:
            case "raw" if (self.name, said) not in IN_SCRIPT:
                self.fault(f"in <{self.tag}>: {said}")
            case "comment":
                self.fault(f"in a comment: {said}")
            case "tag" if (self.name, said) not in IN_A_TAG:
                self.fault(f"in a tag: {said}")
            case "unquoted":
                self.fault(f"unquoted: {self.attribute}={said}")
                self.state = "tag"
            case "value":
                self._in_an_attribute(said)
        self.value += "x"

    def _in_an_attribute(self, said: str) -> None:
        if self.attribute == "style":
            self.fault(f"in a style: {said}")
        if self.attribute in URLS:
            made = bool(SAFE_CALLS.match(said)) or (self.name, said) in HANDED
            if not (OWN_START.match(self.value) if self.value else made):
                self.fault(f"{self.attribute}={said}: not from url, links, web or mail")

    def statement(self, said: str) -> None:
        if VOID_OF_ESCAPING.search(said):
            self.fault(f"not escaped: {said}")
        word, _, rest = said.partition(" ")
        if word in ("include", "extends", "import", "from") and rest.strip()[:1] not in "\"'":
            self.fault(f"a template chosen by a value: {said}")
        if self.state == "raw" and said != "include 'boot.js'":
            self.fault(f"in <{self.tag}>: {said}")


def template_faults(name: str, source: str) -> list[str]:
    """What the template `name` may not hold."""
    read = Reading(name)
    at = 0
    for found in JINJA.finditer(source):
        read.html(source[at : found.start()])
        said = found[0][2:-2].strip().strip("-").strip()
        if found[0].startswith("{{"):
            read.expression(said)
        elif found[0].startswith("{%"):
            read.statement(said)
        at = found.end()
    read.html(source[at:])
    if read.state != "text":
        read.fault(f"ends inside {read.state}")
    for one in FOREIGN.finditer(JINJA.sub("", source)):
        read.fault(f"{one[0]}")
    for one in re.finditer(r"<(a|form)\b[^>]*>", JINJA.sub("", source)):
        if "target=" in one[0] and "noopener" not in one[0]:
            read.fault("a new tab that knows ours")
    return read.faults


# --- scripts ----------------------------------------------------------------------------------

LAID_IN = {  # the two places where HTML from the server is laid into a page
    "Idiomorph.morph(region, html, {",
    "const put = (place, html) => (place.innerHTML = html);",
}
MADE_ADDRESS = {'Object.assign(document.createElement("a"), { href: address, download: "" })'}
SCRIPT_FAULTS = (
    r"\.\s*(inner|outer)HTML\s*[-+*/|&?]*=(?!=)",
    r"\binsertAdjacentHTML\b|\bcreateContextualFragment\b|\bsetHTML(Unsafe)?\b|\bDOMParser\b",
    r"\bdocument\s*\.\s*(write|writeln|open)\b|\bIdiomorph\b",
    r"\beval\b|\bnew\s+Function\b|\bFunction\s*\(|\bimport\s*\(|\bimportScripts\b",
    r"\bset(Timeout|Interval)\(\s*[\"'`]",
    r"\bsetAttribute(NS)?\(\s*[\"'`](on|src|href|action|srcdoc|style)",
    r"\[\s*[\"'`](inner|outer)HTML",
    r"\.\s*(srcdoc|href|src|action|formAction)\s*=(?!=)|\b(href|src|action|srcdoc):\s",
    r"\blocation\s*(\.href\s*)?=(?!=)|\blocation\.(assign|replace)\b|\bwindow\.open\b",
    r"\.on[a-z]+\s*=(?!=)|\bcreateElement\(\s*[\"'`](script|iframe|object|embed|base|style)",
    r"\{\{|\{%",
)


def script_faults(name: str, source: str) -> list[str]:
    """What the script `name` of ours may not do."""
    for lawful in (*LAID_IN, *MADE_ADDRESS):
        source = source.replace(lawful, "", 1)
    source = re.sub(r"/\*.*?\*/|(?m:^\s*//.*$|\s//\s.*$)", "", source, flags=re.DOTALL)
    return [f"{name}: {one[0]}" for rule in SCRIPT_FAULTS for one in re.finditer(rule, source)]


# --- what there is ----------------------------------------------------------------------------


def modules() -> dict[str, Path]:
    package = ROOT / "advisory"
    found = {path.relative_to(package).as_posix(): path for path in package.rglob("*.py")}
    return found | {f"apps/{path.name}": path for path in (ROOT / "apps").glob("*.py")}


def templates() -> dict[str, Path]:
    return {path.name: path for path in (ROOT / "advisory/ui/templates").rglob("*.html")}


def scripts() -> dict[str, Path]:
    found = (ROOT / "advisory").rglob("*.js")
    return {path.name: path for path in found if path.name != "idiomorph.min.js"}  # not ours


@pytest.mark.parametrize("name", sorted(modules()))
def test_a_module_puts_nothing_on_screen_by_itself(name):
    assert python_faults(name, modules()[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_template_escapes_what_it_is_given_where_that_helps(name):
    assert template_faults(name, templates()[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("name", sorted(scripts()))
def test_a_script_lays_in_only_what_the_server_rendered(name):
    assert script_faults(name, scripts()[name].read_text(encoding="utf-8")) == []


def test_there_is_something_to_read():
    assert {SAFE, "ui/live.py", "web/uploads.py", "apps/case.py"} <= set(modules())
    assert {"frame.html", "parts.html", "public_form.html"} <= set(templates())
    assert {"live.js", "boot.js"} <= set(scripts())
    files = {path.name for path in (ROOT / "advisory/ui/templates").rglob("*") if path.is_file()}
    assert files - set(templates()) <= {"boot.js"}


def test_what_is_lawful_is_used():
    """A lawful shape that nothing uses any more would be a door left open."""
    read = {name: path.read_text(encoding="utf-8") for name, path in templates().items()}
    for name, said in HANDED | IN_A_TAG | IN_SCRIPT:
        assert f"{{{{ {said} }}}}" in read[name], (name, said)
    code = {name: path.read_text(encoding="utf-8") for name, path in modules().items()}
    for name, said in BUILT | ANSWERED | NAMED_TEMPLATES:
        assert said in code[name], (name, said)
    live = scripts()["live.js"].read_text(encoding="utf-8")
    assert [live.count(one) for one in (*LAID_IN, *MADE_ADDRESS)] == [1, 1, 1]


# --- controls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("Markup(text)", "not a literal"),
        ("Markup(f'<b>{name}</b>')", "not a literal"),
        ("Markup('<b>' + name)", "not a literal"),
        ("Markup('<b>%s</b>' % name)", "not a literal"),
        ("Markup('<b>{}</b>'.format(name))", "not a literal"),
        ("Markup(name if name else '')", "not a literal"),
        ("Markup('a', name)", "not a literal"),
        ("markupsafe.Markup(name)", "not a literal"),
        ("parts = map(Markup, names)", "handed on"),
        ("made = Markup\nmade(name)", "handed on"),
        ("class Bold(Markup):\n    pass", "a Markup of its own"),
        ("class A:\n    def __html__(self):\n        return self.name", "says of itself"),
        ("from markupsafe import Markup as M", "imports markupsafe.Markup"),
        ("import markupsafe", "imports"),
        ("from markupsafe import escape", "imports markupsafe.escape"),
        ("import panel as pn\npn.pane.HTML(name)", "pn.pane"),
        ("import panel as pn\npn.Column(name)", "pn.Column"),
        ("import panel as pn\npn.state.notifications.info(name)", "pn.state"),
        ("import panel as pn\npn.widgets.StaticText(value=name)", "pn.widgets"),
        ("from panel.pane import Markdown", "imports panel.pane.Markdown"),
        ("from panel.template import FastListTemplate", "imports panel.template"),
        ("import panel.pane", "imports panel.pane"),
        ("import panel", "imports panel"),
        ("from bokeh.models import Div", "imports bokeh.models.Div"),
        ("import bokeh.models as models", "imports bokeh.models"),
        ("import holoviews as hv", "imports holoviews"),
        ("from IPython.display import HTML", "imports IPython.display.HTML"),
        ("from . import charts", "imports None.charts"),
        ("from ..ui import charts", "imports ui.charts"),
        ("from jinja2 import Environment", "imports jinja2"),
        ("import jinja2.sandbox", "imports jinja2"),
        ("made = Environment(autoescape=True)", "does not escape"),
        ("environment().from_string(name)", ".from_string()"),
        ("environment().overlay(autoescape=False)", ".overlay()"),
        ("environment().get_template(name)", "chosen by a value"),
        ("class A:\n    def get(self):\n        self.finish(text)", "answers with text"),
        ("class A:\n    def get(self):\n        self.write('<p>' + text)", "answers with"),
        ("class A:\n    def get(self):\n        self.finish(str(html))", "answers with str(html)"),
        (
            "class A:\n    def get(self):\n        self.set_header('Content-Type', 'text/html')\n"
            "        self.finish(text)",
            "answers with text",
        ),
        ("raise tornado.web.HTTPError(400, reason=text)", "the reason of a status"),
        ("class A:\n    def get(self):\n        self.set_status(400, reason=text)", "reason"),
    ],
)
def test_control_python_that_shows_text_by_itself_is_found(source, fault):
    assert any(fault in found for found in python_faults("web/a.py", source))


def test_control_an_environment_without_escaping_is_found_in_its_own_place():
    source = "made = Environment(loader=here, autoescape=False)"

    assert python_faults(SAFE, source) == [f"{SAFE}:1: an environment that does not escape"]


@pytest.mark.parametrize(
    "source",
    [
        "from markupsafe import Markup\nempty = Markup('')",
        "a = Markup('<b>{}</b>').format(name)",
        "a = Markup('' if plain else ' lang=\"da\"')",
        "def a(draw: Callable[[], Markup]) -> Markup: ...",
        "Shown = Callable[[str], Markup]",
        "import panel as pn\npn.serve(pages)",
        "from bokeh.document import Document",
        "class A:\n    def get(self):\n        self.finish({'ok': True})",
        "class A:\n    def get(self):\n        self.finish(str(render('a.html', text)))",
        "class A:\n    def get(self):\n        self.finish(str(views.refused(text, error)))",
        "class A:\n    def get(self):\n        self.set_header('Content-Type', 'text/plain')\n"
        "        self.finish(text)",
        "pattern = re.compile(text)",
    ],
)
def test_control_lawful_python_is_not_reported(source):
    assert python_faults("web/a.py", source) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("<p>{{ name|safe }}</p>", "not escaped"),
        ("<p>{{ name | upper | safe }}</p>", "not escaped"),
        ("{% autoescape false %}<p>{{ name }}</p>{% endautoescape %}", "not escaped"),
        ("{% filter safe %}{{ name }}{% endfilter %}", "not escaped"),
        ("<p {{ names|xmlattr }}></p>", "not escaped"),
        ("<p>{{ name|urlize }}</p>", "not escaped"),
        ("<p title={{ name }}>x</p>", "unquoted"),
        ("<p class=a{{ name }}>x</p>", "unquoted"),
        ("<p title= {{ name }}>x</p>", "unquoted"),
        ("<p{% if a %} title={{ name }}{% endif %}>x</p>", "unquoted"),
        ("<p {{ name }}>x</p>", "in a tag"),
        ('<p data-{{ name }}="1">x</p>', "in a tag"),
        ("<script>let a = '{{ name }}'</script>", "in <script>"),
        ('<script type="application/json">{{ name|tojson }}</script>', "in <script>"),
        ("<script>{% if a %}1{% endif %}</script>", "in <script>"),
        ("<style>p { color: {{ name }} }</style>", "in <style>"),
        ('<p style="color:{{ name }}">x</p>', "in a style"),
        ("<!-- {{ name }} --><p>x</p>", "in a comment"),
        ("<p onclick=\"go('{{ name }}')\">x</p>", "onclick"),
        ("<p OnClick='go()'>x</p>", "onclick"),
        ('<a href="{{ row.link }}">x</a>', "not from url"),
        ('<a href="{{ name }}/x">x</a>', "not from url"),
        ('<a href="mailto:{{ email }}">x</a>', "not from url"),
        ('<a href="https://{{ host }}/">x</a>', "not from url"),
        ('<a href="//{{ host }}/">x</a>', "not from url"),
        ("<a href=\"{{ name }}{{ url('a') }}\">x</a>", "not from url"),
        ('<a href="{{ urls(name) }}">x</a>', "not from url"),
        ("<a href=\"{{ url('a') or name }}\">x</a>", "not from url"),
        ('<img src="{{ name }}">', "not from url"),
        ('<form action="{{ name }}"></form>', "not from url"),
        ('<a href="javascript:void(0)">x</a>', "javascript:"),
        ('<base href="/">', "<base"),
        ('<iframe title="x"></iframe>', "<iframe"),
        ('<meta http-equiv="refresh" content="0">', "http-equiv"),
        ('<p srcdoc="">x</p>', "srcdoc"),
        ('<a href="/x" target="_blank">x</a>', "a new tab"),
        ("{% include name %}", "chosen by a value"),
        ("{% extends frame.page %}", "chosen by a value"),
        ('<p title="{{ name }}>x</p>', "ends inside"),
    ],
)
def test_control_a_template_that_lets_text_out_is_found(source, fault):
    assert any(fault in found for found in template_faults("a.html", source))


@pytest.mark.parametrize(
    "source",
    [
        '<p title="{{ name }}">{{ name }}</p>',
        "<p class=\"a {{ name }}\" data-id='{{ name }}'>x</p>",
        "<p{% if a == '<' %} title=\"{{ t('x', y='>') }}\"{% endif %}>{{ '<b>' }}</p>",
        "<a href=\"{{ links('a', b=name) }}#there\">x</a>",
        '<a href="#row-{{ id }}">x</a><a href="/a/{{ id }}">x</a>',
        '<a href="{{ web(row.link) }}" rel="noopener" target="_blank">x</a>',
        '<a href="{{ mail(row.email) }}">{{ row.email }}</a>',
        '<textarea name="a">{{ name }}</textarea><title>{{ name }}</title>',
        "{# <p onclick={{ name }}> #}{% include 'parts.html' %}",
        "<!-- a > b --><p>1 < 2</p>",
    ],
)
def test_control_a_lawful_template_is_not_reported(source):
    assert template_faults("a.html", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "el.innerHTML = text;",
        "el.innerHTML += text;",
        "el . outerHTML = text;",
        "el['innerHTML'] = text;",
        "el.insertAdjacentHTML('beforeend', text);",
        "document.write(text);",
        "document.writeln(text);",
        "eval(text);",
        "new Function(text)();",
        "setTimeout('go()', 10);",
        "range.createContextualFragment(text);",
        "new DOMParser().parseFromString(text, 'text/html');",
        "el.setHTMLUnsafe(text);",
        "el.setAttribute('onclick', text);",
        "el.setAttribute('href', text);",
        "el.onclick = go;",
        "a.href = text;",
        "const a = { href: text };",
        "location = text;",
        "location.href = text;",
        "location.assign(text);",
        "window.open(text);",
        "frame.srcdoc = text;",
        "document.createElement('script');",
        "import(text);",
        "Idiomorph.morph(el, text);",
        "let a = '{{ name }}';",
    ],
)
def test_control_a_script_that_lays_in_text_is_found(source):
    assert script_faults("a.js", source) != []


@pytest.mark.parametrize(
    "source",
    [
        "if (region.innerHTML.trim() === '') return;",
        "el.textContent = text;",
        "el.replaceChildren();",
        "setTimeout(go, 10);",
        "// el.innerHTML = text",
        "location.reload();",
        "Idiomorph.morph(region, html, {",
    ],
)
def test_control_a_lawful_script_is_not_reported(source):
    assert script_faults("a.js", source) == []


def test_control_a_second_place_that_lays_in_is_found():
    twice = 2 * "const put = (place, html) => (place.innerHTML = html);\n"

    assert script_faults("a.js", twice) == ["a.js: .innerHTML ="]
