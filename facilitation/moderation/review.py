"""What stands on the page where a report is decided: what was said, some facts, the steps."""

from functools import cached_property

from facilitation.cues.models import Cue
from facilitation.cues.models import Kind as CueKind
from facilitation.moderation.models import IN_A_GROUP, About, Decision, Kind, Report, Verdict
from facilitation.moderation.reading import posts_around, waits_for_an_answer
from facilitation.moderation.rules import REPORTS_THAT_HIDE, agreements_of, house_rules_of
from microgroups.membership.models import Membership
from network.templatetags.kith import ago, first_name, plural_in_words

GENTLE = (Kind.NOTE, Kind.RETITLE, Kind.SLOW, Kind.PAUSE)
BUTTONS = {
    "keep": "Let it stand",
    "note": "Send the note",
    "retitle": "Propose the title",
    "slow": "Slow it down",
    "hide": "Hide it",
    "pause": "Give the pause",
    "remove": "Ask them to leave",
}


class Review:
    """One thing that was reported, as those see it who decide. At most nine queries."""

    def __init__(self, report, reader, now):
        self.report, self.reader, self.now = report, reader, now
        self.reports = list(
            Report.objects.before(reader)
            .of(report.about, report.subject_id)
            .open()
            .select_related("reporter")
            .order_by("at", "pk")
        )
        self.posts = posts_around(report) if report.is_about_post and report.is_open else []
        self.asked = next((post for post in self.posts if post.is_reported), None)
        self.place = self.place_of(report.person_id)
        self.mine = self.place_of(reader.pk)
        self.facilitates = self.mine is not None and self.mine.is_facilitator
        looks_after = reader.here is not None and reader.here.is_moderator
        self.shows_reporters = looks_after and not self.facilitates
        self.before = 0
        if report.person_id and report.group_id:
            self.before = Decision.objects.filter(
                group=report.group_id, person=report.person_id
            ).count()

    @cached_property
    def cue(self):
        """The cue of it, by which somebody else can be asked; for who facilitates."""
        if not self.facilitates:
            return None
        cues = Cue.objects.visible_to(self.reader).open().filter(kind=CueKind.REPORT)
        return cues.filter(subject_id__in=[report.pk for report in self.reports]).first()

    @property
    def telling(self):
        """Whom the words go to."""
        return f"What you tell {self.whom if self.report.person else 'them'}"

    def place_of(self, key):
        """Somebody's membership in the group, or None."""
        if self.report.group_id is None or key is None:
            return None
        return Membership.objects.filter(group=self.report.group_id, person=key).first()

    @property
    def whom(self):
        """Whom it is about, as one calls them."""
        return first_name(self.report.person)

    @property
    def is_hidden(self):
        return self.asked is not None and self.asked.is_hidden

    @property
    def is_gone(self):
        """Taken back by its author meanwhile."""
        if not self.report.is_about_post:
            return False
        return self.asked is None or (self.asked.is_deleted and not self.asked.is_hidden)

    @property
    def agreements(self):
        """Those that a decision may name: the group's, or the network's rules."""
        known = agreements_of(self.report.group) if self.report.group else []
        known = known or house_rules_of(self.report.network)
        named = self.report.agreement
        return known if not named or named in known else [named, *known]

    def facts(self):
        """[(icon, sentence)] that may help, before anything is done."""
        told = []
        if self.place is not None and self.place.joined_at is not None:
            past = "nothing of this kind before"
            if self.before:
                past = f"{plural_in_words(self.before, 'step was,steps were')} taken before"
            since = ago(self.place.joined_at, self.now)
            told.append(("info", f"{self.whom} came here {since}; {past}."))
        told.append(("users", self.how_many()))
        waits = waits_for_an_answer(self.posts)
        if waits is not None and waits.pk != self.report.person_id:
            told.append(
                (
                    "hand-heart",
                    f"Nobody has answered {first_name(waits)} yet. That may help more than all "
                    "below.",
                )
            )
        return told

    def how_many(self):
        """How many asked, and what one more would do."""
        many = f"{plural_in_words(len(self.reports), 'report,reports')}.".capitalize()
        if self.is_hidden:
            return f"{many} The post is hidden until you decide, or for a day."
        counting = sum(report.counts for report in self.reports)
        if self.report.is_about_post and counting == REPORTS_THAT_HIDE - 1:
            return (
                f"{many} Another from somebody who has been here a week would hide the post until "
                "you decide."
            )
        return many

    def steps(self):
        """[(name, label)] of what can be done, least first."""
        whom, about = self.whom, self.report.about
        told = [("keep", f"{KEEP}\nWhoever reported is thanked, and told why. {self.learns()}")]
        if about == About.GROUP:
            told.append(("note", "Write to those who look after it\nOnly they read it."))
        elif self.report.person is not None:
            told.append(("note", f"A private note to {whom}\nOnly they read it. {NOTE}"))
        if about not in IN_A_GROUP:
            return told
        if not self.is_gone and self.asked is not None:
            thread = self.asked.thread
            if thread.author_id == self.report.person_id and self.report.person_id:
                told.append(("retitle", f"A new title\nProposed to {whom}; it comes by their yes."))
            if not thread.is_slow(self.now):
                told.append(("slow", f"Slow the thread down\n{SLOW}"))
            told.append(("hide", f"Hide the post\n{HIDE.format(whom=whom)}"))
        if about == About.HIGHLIGHT:
            told.append(("hide", "Take the postcard back\nIt is gone from everywhere at once."))
        if self.place is not None and self.place.is_active and not self.place.is_facilitator:
            told.append(("pause", f"A pause for {whom}\nThey read and do not write, for a day."))
        lives_here = self.place is not None and self.place.may_read
        if self.facilitates and lives_here and not self.is_gone:
            told.append(("remove", f"Ask {whom} to leave\n{REMOVE}"))
        return told

    def learns(self):
        """What whom it is about learns of it, when nothing is done."""
        if self.report.person is None:
            return ""
        return f"{self.whom} learns {'that it is back' if self.is_hidden else 'nothing'}."


KEEP = "Nothing needs doing"
NOTE = "It is signed by you. Mostly this is enough."
SLOW = "One post an hour for each of us, until tomorrow. Everybody sees that."
HIDE = "It keeps its place without its words. {whom} sees the reason, may rewrite it, or ask "
HIDE += "somebody else."
REMOVE = "Frees their seat, hides the post, and bars the door until one of you lifts it."


def verdict_of(step):
    """(what is decided, which gentle step) of a choice on the page."""
    return (Verdict.REDIRECT, step) if step in GENTLE else (step, "note")
