"""Drafts of letters as mail files: for those who may see the applications, as they are today."""

from ..reports import decisions as letters
from ..ui import shell
from .downloads import FileAnswer


class LetterDraft(FileAnswer):
    """The draft of one kind of letter about a case; a kind or a case nobody has is not there."""

    def get(self, enrolment_id: str, kind: str) -> None:
        query = self.asked()
        query.pop("date", None)  # a letter tells how the case stands now

        def made(visit: shell.Visit) -> tuple[str, bytes]:
            which = visit.base, int(enrolment_id), kind
            content = letters.eml(letters.draft(*which))  # refuses what is not theirs
            return letters.file_name(*which), content

        self.answer(query, "eml", made)
