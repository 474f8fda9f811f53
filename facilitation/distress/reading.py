"""Calls for help as pages, notices and the API show them; what we keep of people in them."""

from django.db.models import Exists, OuterRef, Q

from facilitation.distress import rules
from facilitation.distress.actions import callable_rings, next_of
from facilitation.distress.models import Call, Distress
from microgroups.conversation.models import Thread
from microgroups.groups.models import MicroGroup
from network.notifications.models import Notice
from network.registries import Kept, Subject, personal_data

SHOWN = ("group__network", "network", "post__author", "person", "seen_by")


def load_distress(ids, person):
    """Calls for help that this person may see, as subjects of a Notice."""
    cards = MicroGroup.objects.visible_to(person).filter(pk=OuterRef("group"))
    found = Distress.objects.visible_to(person).filter(pk__in=ids)
    found = found.annotate(is_shown=Exists(cards)).select_related("group")
    return {
        each.pk: Subject(
            "somebody",
            each.get_absolute_url(),
            each.group.name if each.is_shown else "a group",
            each.group.slug if each.is_shown else "",
        )
        for each in found
    }


def called(distress):
    """[{people, at, is_next}] who was called and, while nobody has seen it, who is next."""
    calls = distress.calls.select_related("person").order_by("ring", "person__name", "pk")
    rings: dict = {}
    for call in calls:
        rings.setdefault(call.ring, []).append(call)
    told = [
        {"people": [call.person for call in ring], "at": ring[0].at, "is_next": False}
        for ring in rings.values()
    ]
    if distress.is_seen:
        return told
    following_rings = callable_rings(distress, distress.next_ring_at)
    if following_rings:
        following = next_of(following_rings, {call.person_id for call in calls})
        told.append({"people": following, "at": distress.next_ring_at, "is_next": True})
    return told


def card_for(reader, distress):
    """The group of the call, while the reader may know of it."""
    return MicroGroup.objects.visible_to(reader).filter(pk=distress.group_id).first()


def words_to(person, distress):
    """What those who came have written to whoever called, the first first."""
    found = Notice.objects.visible_to(person).filter(kind="distress_word", subject_id=distress.pk)
    return found.select_related("actor").order_by("at", "pk")


def thread_for(reader, distress):
    """The thread that somebody called about, while the reader may read it."""
    if distress.post is None:
        return None
    return Thread.objects.visible_to(reader).filter(pk=distress.post.thread_id).first()


def is_kept_from(person):
    """A condition on cues: the person has called themselves, or it is because of their words."""
    theirs = Q(person=person.pk) | Q(post__author=person.pk)
    return Exists(Distress.objects.filter(theirs, pk=OuterRef("subject_id")))


def called_about(thread):
    """Whether somebody has called for help because of words in the thread."""
    return Distress.objects.filter(post__thread=thread.pk).exists()


def about_words_in(thread):
    """A condition: somebody has called for help because of words in the thread of this key."""
    return Exists(Distress.objects.filter(post__thread=OuterRef(thread)))


def about_words_beside(post):
    """A condition: somebody has called for help because of words in the thread of this post."""
    return Exists(Distress.objects.filter(post__thread__posts=OuterRef(post)))


def about_words(post):
    """A condition: somebody has called for help because of the post of this key."""
    return Exists(Distress.objects.filter(post=OuterRef(post)))


def lately_by_or_about(person, now):
    """A condition: who has this key has called for help, or somebody has because of their words,
    within the last month."""
    return by_or_about(person, Distress.objects.filter(at__gt=now - rules.CARE_FOR))


def by_or_about_since(person, since):
    """The same of all calls since the time of this name."""
    return by_or_about(person, Distress.objects.filter(at__gte=OuterRef(since)))


def by_or_about(person, calls):
    by_them, about_them = Q(person=OuterRef(person)), Q(post__author=OuterRef(person))
    return Exists(calls.filter(by_them | about_them))


def calls_by(person):
    for each in Distress.objects.filter(person=person).select_related("group"):
        yield {
            "group": each.group.name,
            "note": each.note,
            "at": each.at,
            "word": each.word,
            "word_at": each.word_at,
            "seen_at": each.seen_at,
        }


def forget_calls(person):
    """What they wrote goes; that somebody called stays."""
    Distress.objects.filter(person=person).update(person=None, note="", word="", word_at=None)
    Distress.objects.filter(seen_by=person).update(seen_by=None)


def called_for(person):
    for call in Call.objects.filter(person=person):
        yield {"at": call.at, "ring": call.ring}


def keep_personal_data():
    personal_data.add(Distress, Kept(calls_by, forget_calls))
    personal_data.add(
        Call, Kept(called_for, lambda person: Call.objects.filter(person=person).delete())
    )
