"""The only way text becomes HTML: escaped by a template, or made an address that is only that.

Whatever a person wrote is a value in a template, never a piece of one.
"""

from functools import cache
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..texts import Text
from .icons import icon


@cache
def environment() -> Environment:
    """The templates beside this module: escaping on, and a name nobody has given is an error."""
    made = Environment(
        loader=PackageLoader("advisory.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    made.globals.update(icon=icon, mail=mail, url=url, web=web)
    return made


def render(template: str, text: Text, /, **values: object) -> Markup:
    """The template filled in; `t` is the words, dates and numbers of one language."""
    return Markup(environment().get_template(template).render(values, t=text))


def boot() -> str:
    """The one script inside a page: it keeps what is clicked before the rest is here."""
    return environment().get_template("boot.js").render()


def url(path: str, /, **query: object) -> str:
    """An address on this site, quoted: no value leads to another host or to a script.

    None and empty text leave a part of the query out.
    """
    shown = {name: str(value) for name, value in query.items() if value not in (None, "")}
    return "/" + quote(path.lstrip("/\\"), safe="/") + (f"?{urlencode(shown)}" if shown else "")


def web(address: str, /) -> str:
    """The address of a page on another site as it was written; `#` for anything but https."""
    return address if address.startswith("https://") else "#"


def mail(address: str, /) -> str:
    """The address that opens a letter to somebody; nothing in it adds a receiver or a text."""
    return "mailto:" + quote(address, safe="@")
