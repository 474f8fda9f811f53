"""How a post travels to the network: proposed, consented to, shared, answered, taken back."""

from django.utils import timezone
from django.utils.html import escape

from bridging.highlights.models import Echo, Highlight, State
from bridging.highlights.rules import excerpt, own_words
from microgroups.conversation.models import Post
from microgroups.groups.models import MicroGroup
from network.activity.actions import record
from network.errors import Invalid, NotAllowed, Refused
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.text import clean, one_line, to_html
from network.transactions import deed

NOTE, ECHO = 1000, 4000  # characters


@deed
def propose(post, person, *, note="", now=None):
    """Ask for a post to be shared with the network: a copy of its words as they are now.

    By its author it is consented to at once. Refuses: not_allowed, group_not_open, group_hidden,
    already_shared, consent_needed (nobody is there to consent).
    """
    now = now or timezone.now()
    note = one_line(note)
    if len(note) > NOTE:
        raise Invalid({"note": f"This note has {len(note)} characters; {NOTE:,} fit."})
    group = locked(post.thread.group_id)
    membership = group.memberships.of(person)
    if membership is None or not membership.is_active:
        raise NotAllowed("not_allowed", f"Members of {group.name} choose what travels from it.")
    if not group.is_open:
        raise Refused("group_not_open", f"{group.name} is not open; what was said there stays.")
    refuse_hidden(group)
    post = Post.objects.select_related("thread", "author").get(pk=post.pk)
    words = own_words(post.body)
    if post.is_deleted or post.is_system or not words:
        raise Refused("post_changed", "There are no words of its author in this post to share.")
    if post.author is None:
        raise Refused("consent_needed", "Its author is not here any more to say yes.")
    standing = Highlight.objects.filter(
        post=post, state__in=[State.PROPOSED, State.CONSENTED, State.SHARED]
    ).first()
    if standing is not None and not make_way(standing, words, person, now):
        raise Refused("already_shared", "This post is on its way to the network, or there already.")
    highlight = Highlight(
        network=group.network,
        group=group,
        post=post,
        author=post.author,
        proposed_by=person,
        note=note,
        title=post.thread.title,
        body=words,
        body_html=to_html(words),
        excerpt_html=escape(excerpt(words)),
        proposed_at=now,
    )
    highlight.save()
    tell("proposed", highlight, person, now)
    if post.author_id == person.pk:
        return consented(highlight, person, now)
    inform([post.author], "highlight_asked", highlight, person, now)
    return highlight


@deed
def consent(highlight, person, *, now=None):
    """The author's yes to exactly these words. Refuses: not_allowed, post_changed, group_hidden."""
    now = now or timezone.now()
    highlight = held(highlight)
    if highlight.author_id != person.pk:
        raise NotAllowed("not_allowed", "Only the author of a post can say yes to sharing it.")
    if highlight.state in (State.CONSENTED, State.SHARED):
        return highlight
    refuse_ended(highlight)
    refuse_hidden(highlight.group)
    refuse_changed(highlight)
    return consented(highlight, person, now)


@deed
def decline(highlight, person, *, now=None):
    """The author's no, or a facilitator's to what the author would share. Refuses: not_allowed."""
    now = now or timezone.now()
    highlight = held(highlight)
    if highlight.author_id != person.pk and not facilitates(highlight, person):
        raise NotAllowed("not_allowed", "Its author and the group's facilitators decide about it.")
    if highlight.state == State.DECLINED:
        return highlight
    if highlight.state == State.SHARED:
        raise Refused("already_shared", "It is shared already; take it back instead.")
    refuse_ended(highlight)
    end(highlight, State.DECLINED, person, now)
    inform([highlight.proposed_by], "highlight_declined", highlight, person, now)
    return highlight


@deed
def share(highlight, person, *, now=None):
    """A facilitator lets the postcard go to the network.

    Refuses: not_allowed, consent_needed, post_changed, group_hidden.
    """
    now = now or timezone.now()
    highlight = held(highlight)
    if not facilitates(highlight, person):
        raise NotAllowed(
            "not_allowed", f"A facilitator of {highlight.group.name} sends its postcards."
        )
    if highlight.state == State.SHARED:
        return highlight
    refuse_ended(highlight)
    if highlight.state != State.CONSENTED:
        raise Refused("consent_needed", f"{highlight.author} has not said yes yet.")
    refuse_hidden(highlight.group)
    refuse_changed(highlight)
    highlight.state, highlight.shared_at, highlight.shared_by = State.SHARED, now, person
    highlight.save(update_fields=["state", "shared_at", "shared_by"])
    tell("shared", highlight, person, now)
    inform([highlight.author, highlight.proposed_by], "highlight_shared", highlight, person, now)
    return highlight


@deed
def withdraw(highlight, person, *, now=None):
    """Take it back everywhere: its author or a facilitator, at any time. Refuses: not_allowed."""
    now = now or timezone.now()
    highlight = held(highlight)
    if highlight.author_id != person.pk and not facilitates(highlight, person):
        raise NotAllowed("not_allowed", "Its author and the group's facilitators can take it back.")
    if not highlight.is_standing:
        return highlight
    end(highlight, State.WITHDRAWN, person, now)
    inform(
        [highlight.author, highlight.proposed_by, highlight.shared_by],
        "highlight_withdrawn",
        highlight,
        person,
        now,
    )
    return highlight


@deed
def echo(highlight, person, *, body, now=None):
    """Write back to a shared highlight; the answer comes home. Refuses: not_allowed."""
    now = now or timezone.now()
    body = clean(body).strip()
    if not body:
        raise Invalid({"body": "Write a line or two to send."})
    if len(body) > ECHO:
        raise Invalid({"body": f"This has {len(body):,} characters; {ECHO:,} fit."})
    highlight = held(highlight)
    if not highlight.is_shared:
        raise NotAllowed("not_allowed", "This postcard is not in the feed; nobody can answer it.")
    if not Highlight.objects.visible_to(person).filter(pk=highlight.pk).exists():
        raise NotAllowed("not_allowed", "Only members of the network write back to its postcards.")
    answer = Echo.objects.create(
        highlight=highlight, author=person, body=body, body_html=to_html(body), at=now
    )
    highlight.echoes_count = highlight.echoes.count()
    highlight.save(update_fields=["echoes_count"])
    tell("answered", highlight, person, now, echo=str(answer.pk))
    facilitators = [
        membership.person
        for membership in highlight.group.memberships.facilitating().select_related("person")
    ]
    notify(
        unique([highlight.author, *facilitators]),
        "echo",
        network=highlight.network,
        subject=("echo", answer.pk),
        cause=f"echo:{answer.pk}",
        at=now,
        actor=person,
        group=highlight.group,
    )
    return answer


def notice_change(post, now):
    """A post was edited, deleted, put back or moved: a deleted one is taken back everywhere at
    once, what was still on its way from a group that it has left is, too, and the author of a
    shared one learns that the postcard still says what it said."""
    standing = Highlight.objects.filter(
        post=post, state__in=[State.PROPOSED, State.CONSENTED, State.SHARED]
    ).select_for_update(no_key=True, of=["self"])
    for highlight in standing.select_related("group__network", "author", "proposed_by"):
        has_moved = post.group_id != highlight.group_id
        if post.is_deleted or (has_moved and not highlight.is_shared):
            end(highlight, State.WITHDRAWN, None, now)
            who = [highlight.author, highlight.proposed_by, highlight.shared_by]
            inform(who, "highlight_withdrawn", highlight, None, now)
        elif highlight.is_shared and own_words(post.body) != highlight.body:
            inform([highlight.author], "highlight_outdated", highlight, None, now)


def take_down(key, person, reason, now):
    """Take a postcard back that was reported, by whoever looked at it; its author reads why."""
    highlight = held(Highlight.objects.get(pk=key))
    if not highlight.is_standing:
        return
    end(highlight, State.WITHDRAWN, person, now)
    inform([highlight.author], "highlight_taken_down", highlight, person, now, words=reason)


def withdraw_hidden(group, now):
    """A group has become hidden: from a hidden group nothing is shared."""
    if not group.is_hidden:
        return
    standing = Highlight.objects.filter(
        group=group, state__in=[State.PROPOSED, State.CONSENTED, State.SHARED]
    ).select_for_update(no_key=True, of=["self"])
    for highlight in standing.select_related("group__network", "author").order_by("pk"):
        end(highlight, State.WITHDRAWN, None, now)
        inform([highlight.author], "highlight_withdrawn", highlight, None, now)


def locked(group_key):
    return (
        MicroGroup.objects.select_for_update(no_key=True, of=["self"])
        .select_related("network")
        .get(pk=group_key)
    )


def held(highlight):
    """The highlight under its group's lock, then its own."""
    group = locked(highlight.group_id)
    highlight = (
        Highlight.objects.select_for_update(no_key=True, of=["self"])
        .select_related("network", "author", "proposed_by", "shared_by", "post")
        .get(pk=highlight.pk)
    )
    highlight.group = group
    return highlight


def facilitates(highlight, person):
    membership = highlight.group.memberships.of(person)
    return membership is not None and membership.is_facilitator


def refuse_hidden(group):
    if group.is_hidden:
        raise Refused("group_hidden", f"{group.name} is hidden; nothing is shared from it.")


def refuse_ended(highlight):
    if not highlight.is_standing:
        raise Refused("consent_needed", "It was declined or taken back; ask again with a new one.")


def refuse_changed(highlight):
    post = highlight.post
    if post is None or post.is_deleted or own_words(post.body) != highlight.body:
        raise Refused(
            "post_changed",
            "The post has changed since it was chosen. Propose it again as it is now.",
        )


def make_way(standing, words, person, now):
    """Whether a new proposal may replace a standing one: when the post has changed since, and the
    old words were not shared."""
    if standing.state == State.SHARED or standing.body == words:
        return False
    end(standing, State.WITHDRAWN, person, now)
    return True


def consented(highlight, person, now):
    highlight.state, highlight.consented_at = State.CONSENTED, now
    highlight.save(update_fields=["state", "consented_at"])
    tell("consented", highlight, person, now)
    facilitators = [
        membership.person
        for membership in highlight.group.memberships.facilitating().select_related("person")
    ]
    inform(facilitators, "highlight_consented", highlight, person, now)
    return highlight


def end(highlight, state, person, now):
    highlight.state, highlight.ended_at, highlight.ended_by = state, now, person
    highlight.save(update_fields=["state", "ended_at", "ended_by"])
    tell(str(state), highlight, person, now)


def tell(what, highlight, person, now, **facts):
    """Write down what somebody did with it (or Kith: None); what they were told of it they have
    read."""
    if person is not None:
        note_answered(person, now=now, highlight=[highlight.pk])
    return record(
        f"highlight.{what}",
        network=highlight.network,
        actor=person,
        about=highlight,
        at=now,
        group=highlight.group,
        **facts,
    )


def inform(people, kind, highlight, person, now, words=""):
    notify(
        unique(people),
        kind,
        network=highlight.network,
        subject=("highlight", highlight.pk),
        cause=f"{kind}:{highlight.pk}",
        at=now,
        actor=person,
        group=highlight.group,
        words=words,
    )


def unique(people):
    """Each person once; nobody where there is none."""
    return list({person.pk: person for person in people if person is not None}.values())
