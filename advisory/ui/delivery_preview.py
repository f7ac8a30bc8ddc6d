"""What a delivery sheet would ask, shown before it is kept; and that it has been kept."""

from markupsafe import Markup

from .. import frames
from ..domain import deliveries as rules
from ..frames.deliveries import homes
from ..store import delivery_replies
from . import delivery_words as words
from .view import View


def preview(view: View, provider_id: int, reply: rules.Reply, sha256: str) -> Markup:
    """The cells that came back otherwise than they were sent. Refuses as `compare`."""
    store = view.store.present
    asked = delivery_replies.compare(store, provider_id, reply)
    sessions = frames.delivery_sessions(store, provider_id)
    titles, places = dict(zip(sessions["activity_id"], sessions["title"])), homes(store)
    rows = []
    for one in asked:
        head = rules.of_head(one.field)
        name = rules.ATTENDED if head else one.field
        of = (places.get(head[0], ""), head[1]) if head else ("", "")
        said = [words.value(view, name, given) for given in (one.base, one.theirs, one.ours)]
        rows.append((titles[one.activity_id], words.field(view, name, *of), *said))
    again = delivery_replies.came_before(store, provider_id, reply, sha256=sha256)
    return view.render("delivery_preview.html", came=None, again=again, rows=rows)


def received(view: View, came: delivery_replies.Received) -> Markup:
    """How many questions it brought."""
    return view.render("delivery_preview.html", came=came, again=not came.changed, rows=[])
