"""How the cells of a delivery sheet are said: the field's name, and a value of it."""

from datetime import date, time

from ..domain import deliveries as rules
from .view import View


def field(view: View, name: str, municipality: str = "", audience: str = "") -> str:
    """The name of a field; with whom, for a number of those who came."""
    word = view.text(f"delivery_field.{name}")
    if not audience:
        return word
    return view.text(
        "deliveries.came", word=word, audience=view.code("audience", audience), home=municipality
    )


def value(view: View, name: str, said: str | None) -> str:
    """A value as `domain.deliveries` keeps it, in words; `tom` where there is none."""
    text = view.text
    if not said:
        return text("deliveries.not_counted" if name == rules.ATTENDED else "deliveries.empty")
    if name == "day":
        return text.date_medium(date.fromisoformat(said))
    if name in ("starts", "ends"):
        return text.time(time.fromisoformat(said))
    if name == "held":
        return text(f"app.{said}")
    if name in ("seats", rules.ATTENDED):
        return text.number(int(said))
    return said
