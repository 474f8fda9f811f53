"""Reports and decisions as pages and notices show them, and the posts around a reported one."""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from facilitation.moderation.models import (
    About,
    Decision,
    Kind,
    Report,
    State,
)
from facilitation.moderation.rules import AROUND
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.registries import Subject

SHOWN = ("group__network", "person", "by", "ended_by", "thread", "post", "to_group")


# What a Notice or a Cue is about


def with_card(rows, person):
    """`is_shown`: whether the card of the row's group may be seen by this person now."""
    cards = MicroGroup.objects.visible_to(person).filter(pk=OuterRef("group"))
    return rows.annotate(is_shown=Exists(cards)).select_related("group", "person")


def subject(row, title):
    is_shown = row.group is not None and row.is_shown
    name = row.group.name if is_shown else "a group"
    if row.group is None:
        name = "the network"
    return Subject(title, row.get_absolute_url(), name, row.group.slug if is_shown else "")


def load_reports(ids, person):
    """Reports this person may see, as subjects of a Notice."""
    found = with_card(Report.objects.visible_to(person).filter(pk__in=ids), person)
    return {report.pk: subject(report, WHAT[report.about]) for report in found}


def load_decisions(ids, person):
    """Decisions this person may see, as subjects of a Notice."""
    found = with_card(Decision.objects.visible_to(person).filter(pk__in=ids), person)
    mine = Membership.objects.reading().filter(person=person.pk)
    there = Exists(mine.filter(group=OuterRef("to_group"))) & Q(asked_there_at__isnull=False)
    inside = Exists(mine.filter(group=OuterRef("group"))) | there
    found = found.annotate(is_inside=inside).select_related("thread")
    return {each.pk: subject(each, title_of(each)) for each in found}


def title_of(decision):
    """What its thread is called for this reader: for who has left, a move does not say it."""
    if decision.is_move:
        return decision.was if decision.is_inside else "a thread of yours"
    return decision.thread.title if decision.thread else decision.was


def moved_to(thread, person):
    """The group in which a thread stands now that has left one where the person reads; None where
    they do not see its card, or the thread is taken back. One query."""
    if not person.pk:
        return None
    left = Decision.objects.filter(
        kind=Kind.MOVE,
        state=State.STANDING,
        thread=thread,
        group__in=person.memberships.reading().values("group"),
    )
    groups = MicroGroup.objects.visible_to(person).filter(Exists(left))
    return groups.filter(threads=thread, threads__deleted_at=None).first()


WHAT = {
    About.POST: "a post",
    About.HIGHLIGHT: "a postcard",
    About.PERSON: "a person",
    About.GROUP: "the group",
}


def page_of(key):
    """Where a decision is read, by its key."""
    return reverse("decision", args=[key])


# The post in question


def posts_around(report):
    """The reported post with five before and five after it, oldest first; words of what was
    taken back are left out, of what reports have hidden they are not. Three queries."""
    posts = Post.objects.select_related("author", "thread")
    asked = posts.filter(pk=report.subject_id, thread__deleted_at=None).first()
    if asked is None:
        return []
    beside = posts.filter(thread=asked.thread_id)
    earlier = beside.filter(at__lt=asked.at).order_by("-at", "-id")[:AROUND]
    later = beside.filter(at__gt=asked.at).order_by("at", "id")[:AROUND]
    found = [*reversed(earlier), asked, *later]
    for post in found:
        post.is_reported = post.pk == asked.pk
        post.words = words_of(post) if post.is_reported else post.shown_html
    return found


def words_of(post):
    """The words of a post for those who decide about it, and for its author."""
    return post.body_html if post.is_hidden or not post.is_deleted else ""


def waits_for_an_answer(posts):
    """Whoever was written to by the reported post and has heard from nobody else; or None."""
    asked = next((post for post in posts if post.is_reported), None)
    if asked is None or asked.at == asked.thread.opened_at:
        return None
    hurt = next((post for post in posts if post.pk == asked.reply_to_id), posts[0])
    others = {post.author_id for post in posts} - {asked.author_id, hurt.author_id}
    is_shown_whole = posts[0].at == asked.thread.opened_at
    return hurt.author if is_shown_whole and not others else None


# Decisions in words


def in_words(decision):
    """What was decided, as one reads it in a list."""
    who = decision.person.name if decision.person else "a former member"
    title = f"“{decision.was or (decision.thread.title if decision.thread else 'a thread')}”"
    return {
        Kind.HIDE: f"A post by {who} hidden",
        Kind.PAUSE: f"A pause for {who}",
        Kind.NOTE: f"A private note to {who}",
        Kind.RETITLE: f"{title} retitled",
        Kind.MOVE: move_in_words(decision, title),
        Kind.SLOW: f"{title} slowed down",
        Kind.REMOVE: f"{who} asked to go",
    }[decision.kind]


def move_in_words(decision, title):
    where = decision.to_group.name if decision.to_group else "another group"
    return f"{title} moved to {where}" if decision.is_standing else f"{title} to {where}"


ENDED = {
    State.PROPOSED: "waits for a yes",
    State.REVIEW: "hidden by reports, until somebody decides",
    State.DECLINED: "its author kept the title",
    State.REWRITTEN: "said in other words, and back",
    State.UNDONE: "taken back",
}


MOVE_ENDED = {
    State.PROPOSED: "everybody who wrote in it is asked",
    State.DECLINED: "not everybody agreed, so it stays",
    State.UNDONE: "asked no more",
}


def dress(decisions, now, reader):
    """Give each decision of a list the words in which it is shown, and whether this reader can
    undo it."""
    for decision in decisions:
        decision.words = in_words(decision)
        became = MOVE_ENDED if decision.is_move else ENDED
        decision.became = became.get(decision.state, "")
        decision.undoable = decision.can_be_undone(now) and not decision.is_about(reader)
    return decisions


# A post's menu


def report_act(post, membership):
    """(words, address) of asking somebody to look at a post; None for one's own.

    Who facilitates finds it on the page of hiding: a menu has one line for both.
    """
    if post.is_deleted or post.author_id in (membership.person_id, None):
        return None
    if membership.is_facilitator:
        return None
    return "Ask somebody to look", f"/posts/{post.pk}/report/"


def hide_act(post, membership):
    """(words, address) of hiding a post, for who facilitates; None for one's own."""
    if post.is_deleted or not membership.is_facilitator:
        return None
    if post.author_id in (membership.person_id, None):
        return None
    return "Hide it, with a reason", f"/posts/{post.pk}/hide/"


def why_act(post, membership):
    """(words, address) of why a post is hidden, for its author and who facilitates."""
    if not post.is_hidden:
        return None
    if post.author_id != membership.person_id and not membership.is_facilitator:
        return None
    return "Why, and what can be done", f"/posts/{post.pk}/hidden/"


def waiting_reports(network, admin):
    """How many reports wait for somebody, for the network's admin page."""
    waits = Report.objects.before(admin).open().filter(network=network)
    count = waits.values("about", "subject_id").distinct().count()
    return "facilitation/moderation/_waiting.html", {"count": count}
