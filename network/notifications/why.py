"""Why this, and why not that: the gate's answers in words, for the person they are about."""

from dataclasses import dataclass
from datetime import timedelta

from network.notifications.attention import standings
from network.notifications.budget_rules import HALF_FROM, OF_ITS_OWN, REASONS, STOP_AT
from network.notifications.kinds import Budget
from network.notifications.models import Attention, Mail, Mailed, Notice
from network.notifications.reading import Told, tell
from network.notifications.wishes import why_not_mailed
from network.registries import outboxes

WAITS = "It waits for your morning."
ON_ITS_WAY = (Mail.DUE, Mail.CLAIMED, Mail.HANDING_OVER)
LATELY, LATER = timedelta(days=1), timedelta(days=28)


@dataclass(frozen=True)
class Line:
    """One answer of the gate: what it was about, what came of it, and why."""

    row: Attention
    told: Told
    notice: Mailed | None  # its Notice, or a letter without one
    why: str

    @property
    def is_mail_alone(self):
        """Whether it is a letter that tells nothing new: here stands all that it says."""
        return self.notice is not None and not isinstance(self.notice, Notice)

    @property
    def is_mailed(self):
        return self.notice is not None and self.notice.mail == Mail.SENT

    @property
    def is_on_its_way(self):
        return self.notice is not None and self.notice.mail in ON_ITS_WAY

    @property
    def mail(self):
        """What became of its letter, in the API's words: none, due, sent or withheld."""
        if self.notice is None or self.notice.mail == Mail.NONE:
            return "none"
        if self.is_mailed:
            return "sent"
        return "due" if self.is_on_its_way else "withheld"

    @property
    def mailed_at(self):
        return self.notice.mailed_at if self.is_mailed else None


def attention_of(person):
    return Attention.objects.visible_to(person)


def lines(rows, person):
    """The rows in words, in their order. A query for each type of subject, and one for each table
    of letters among them."""
    sent = [row.cause for row in rows if row.is_sent]
    letters = [row for table in outboxes for row in table.objects.of_causes(person, sent)]
    found = {letter.cause: letter for letter in letters}
    return [line(told, found) for told in tell(rows, person)]


def line(told, letters):
    row = told.notice
    letter = letters.get(row.cause) if row.is_sent else None
    return Line(row, told, letter, why(row, letter))


def why(row, notice):
    """Why it was sent or not; where it was not mailed, why not."""
    if notice is not None and (why_not := why_not_mailed(notice)):
        return why_not
    if notice is not None and notice.mail == Mail.DUE and notice.mail_due_at > row.at:
        return f"{REASONS[row.reason]} {WAITS}"
    return REASONS[row.reason]


def sections(all_lines, person, now):
    """[(id, title, lines)]: today and yesterday, four weeks, what was before; none empty."""
    today = now.astimezone(person.zone).date()
    parts: dict = {}
    for one in all_lines:
        age = today - one.row.at.astimezone(person.zone).date()
        parts.setdefault((age > LATELY) + (age > LATER), []).append(one)
    titles = ("Today and yesterday", "The last four weeks", "Before that")
    return [(f"part-{n}", titles[n], parts[n]) for n in sorted(parts)]


@dataclass(frozen=True)
class Spent:
    """How much of the budget somebody has had: this week, and nudges in four weeks."""

    this_week: int
    nudges: int
    ignored: int

    @property
    def is_half(self):
        return HALF_FROM <= self.ignored < STOP_AT

    @property
    def is_stopped(self):
        return self.ignored >= STOP_AT


def spent(person, network, now):
    """What the person has had of late in this network. Three queries."""
    standing = standings([person.pk], network, now)[person.pk]
    of_its_own = [sent.at for sent in standing.sent if sent.budget in OF_ITS_OWN]
    nudges = [sent.at for sent in standing.sent if sent.budget == Budget.NUDGE]
    return Spent(
        sum(at > now - timedelta(days=7) for at in of_its_own),
        sum(at > now - LATER for at in nudges),
        standing.ignored,
    )
