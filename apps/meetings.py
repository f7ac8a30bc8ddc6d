"""Infomøder: who signed up, what they were sent, who came, and who then applied."""

from collections.abc import Mapping

from advisory import Store
from advisory.imports.limits import MAX_BYTES
from advisory.texts import Text
from advisory.ui.attendance_card import AttendanceCard, may_upload
from advisory.ui.dialog import Dialog
from advisory.ui.funnel_card import FunnelCard
from advisory.ui.mail_card import MailCard
from advisory.ui.meeting_form import MeetingForm
from advisory.ui.meeting_head import MeetingHead
from advisory.ui.meeting_list import MeetingList, chosen
from advisory.ui.shell import Page
from advisory.ui.signup_list import SignupList
from advisory.ui.toast import Toast
from advisory.ui.view import View


def page(store: Store, text: Text, query: Mapping[str, str]) -> Page:
    """The meeting that the address names, else the next one; `hold` is the round of the funnel."""
    view = View(store, text, query)
    meeting = chosen(store, query.get("moede", ""))
    meeting_id = int(meeting["activity_id"]) if meeting is not None else None
    dialog, toast = Dialog(view), Toast(view)
    form = MeetingForm(view, meeting_id, dialog, toast)
    parts = [dialog, toast, MeetingList(view, meeting_id, form)]
    if meeting_id is not None:
        parts += [
            MeetingHead(view, meeting_id, form),
            SignupList(view, meeting_id, dialog, toast),
            AttendanceCard(view, meeting_id, dialog, toast),
            MailCard(view, meeting_id, dialog, toast),
        ]
    round_of = query.get("hold") or (meeting["cohort"] if meeting is not None else "")
    parts.append(FunnelCard(view, round_of, dialog))
    return Page(
        title=text("menu.meetings"),
        template="page_meetings.html",
        parts={part.live.region: part.live for part in parts},
        active="infomoeder",
        values={
            "meeting": meeting_id,
            "upload": may_upload(view, meeting_id),
            "largest": MAX_BYTES,
        },
    )
