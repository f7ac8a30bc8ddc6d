"""What a delivery sheet would ask, shown before it is kept; and that it has been kept."""

from markupsafe import Markup

from .. import frames
from ..domain import deliveries as rules
from ..store import delivery_replies
from . import delivery_words as words
from .view import View


def preview(view: View, provider_id: int, reply: rules.Reply, sha256: str) -> Markup:
    """The cells that came back otherwise than they were sent. Refuses as `compare`."""
    store = view.store.present
    asked = delivery_replies.compare(store, provider_id, reply)
    titles = dict(frames.activities(store)[["activity_id", "title"]].itertuples(index=False))
    homes = dict(frames.enrolments(store)[["enrolment_id", "municipality"]].itertuples(index=False))
    rows = []
    for one in asked:
        head = rules.of_head(one.field)
        name = rules.ATTENDED if head else one.field
        of = (homes.get(head[0], ""), head[1]) if head else ("", "")
        said = [words.value(view, name, given) for given in (one.base, one.theirs, one.ours)]
        rows.append((titles[one.activity_id], words.field(view, name, *of), *said))
    same = store.find("delivery_reply", sheet_id=reply.number, sha256=sha256)
    return view.render("delivery_preview.html", came=None, again=same is not None, rows=rows)


def received(view: View, came: delivery_replies.Received) -> Markup:
    """How many questions it brought."""
    return view.render("delivery_preview.html", came=came, again=not came.changed, rows=[])
