"""What people do with words: open a thread, write, change, take back, react, read."""

from datetime import UTC

from django.db.models import Value
from django.db.models.functions import Greatest
from django.utils import timezone

from microgroups.conversation.counting import (
    count_one_more,
    count_reactions,
    recount,
    recount_group,
)
from microgroups.conversation.models import Kind, Post, Reaction, ReadMark, Thread
from microgroups.conversation.rights import (
    FACILITATORS_KINDS,
    asker,
    facilitator,
    keep_slow,
    locked,
    may_put_back,
    not_in,
    opening_of,
    reacting,
    standing,
    standing_post,
    standing_reply,
    writer,
)
from microgroups.conversation.rules import (
    MAX_KINDS_OF_REACTION,
    body_of,
    reaction_of,
    title_of,
)
from microgroups.conversation.words import add_post, mention, readers, written
from microgroups.groups.actions import note_alive
from microgroups.membership.models import Membership
from microgroups.membership.visits import note_visit
from microgroups.reminders.actions import counting_looks, look_twice
from network import registries
from network.activity.actions import record
from network.errors import Invalid, NotAllowed
from network.notifications.actions import notify
from network.notifications.opening import note_answered
from network.pace import is_new, keep_pace
from network.text import plain
from network.transactions import deed

MAX_GIST = 200


# Writing


@counting_looks
@deed
def open_thread(group, person, *, title, body, kind=Kind.TALK, as_it_is=None, now=None):
    """Begin a conversation in the group; the opening text is its first post.

    A starter or an announcement is a facilitator's. An announcement is told to every member.
    as_it_is: see `look_twice`; nobody is asked unless it is given.
    Refuses: not_a_member, not_allowed, group_not_open, paused, invalid, worth_a_second_look.
    """
    membership, now = writer(group, person, now)
    group = membership.group
    if kind not in Kind.values:
        raise Invalid({"kind": f"Choose one of {', '.join(Kind.values)}."})
    if kind in FACILITATORS_KINDS and not membership.is_facilitator:
        raise NotAllowed("not_allowed", f"In {group.name} a facilitator opens these.")
    title, body = title_of(title), body_of(body)
    rendered, mentioned = written(body, group, person, now)
    look_twice(group, f"{title}\n\n{body}", as_it_is=as_it_is)
    keep_pace_in_writing(person, now)
    thread = Thread.objects.create(
        group=group,
        kind=kind,
        title=title,
        author=person,
        gist=plain(rendered.html, MAX_GIST),
        opened_at=now,
        last_at=now,
        last_author=person,
        posts_count=1,
    )
    is_first = membership.has_not_written
    opening = add_post(thread, person, body, rendered, mentioned, now, is_first=is_first)
    after_writing(membership, now)
    log("thread.opened", thread, membership, now, kind=kind)
    told = readers(group) if kind == Kind.ANNOUNCEMENT else set()
    tell(told, "announcement", opening, group)
    tell(mentioned - told, "mention", opening, group)
    return thread


@counting_looks
@deed
def post(thread, person, *, body, reply_to=None, as_it_is=None, now=None):
    """Write in a thread. reply_to: the post of this thread that is answered, or its key.

    Refuses: not_a_member, not_allowed (also in a closed thread), group_not_open, paused, invalid,
    worth_a_second_look, too_often (also in a slow thread).
    """
    membership, now = writer(thread.group, person, now)
    group = membership.group
    answered = standing_reply(thread, reply_to) if reply_to else None
    thread = answered.thread if answered else standing(thread)
    if thread.is_closed:
        raise NotAllowed("not_allowed", "This thread is closed. You can open a new one.")
    body = body_of(body)
    keep_slow(thread, person, now)
    rendered, mentioned = written(body, group, person, now)
    look_twice(group, body, as_it_is=as_it_is)
    keep_pace_in_writing(person, now)
    facts = {"reply_to": answered, "is_first": membership.has_not_written}
    reply = add_post(thread, person, body, rendered, mentioned, now, **facts)
    count_one_more(thread, reply)
    after_writing(membership, now)
    log("post.written", reply, membership, now, thread=str(thread.pk))
    told = {row.author for row in (thread, answered) if row is not None and row.author_reads}
    tell(told, "reply", reply, group)
    tell(mentioned - told, "mention", reply, group)
    posts = Post.objects.filter(thread=thread)
    note_answered(person, now=now, thread=[thread.pk], post=posts.values("pk"))
    return reply


# Changing


@counting_looks
@deed
def edit_post(post, person, *, body, as_it_is=None, now=None):
    """Say it in other words; what was said before stays in the post's history.

    Refuses: not_a_member, not_allowed (another's post, or one taken back), group_not_open, paused,
    invalid, worth_a_second_look.
    """
    membership, now = writer(post.thread.group, person, now)
    post = standing_post(post)
    if post.author_id != person.pk:
        raise NotAllowed("not_allowed", "Only who wrote this can change it.")
    body = body_of(body)
    if body == post.body:
        return post
    rendered, mentioned = written(body, membership.group, person, now)
    look_twice(membership.group, body, as_it_is=as_it_is)
    post.versions.create(body=post.body, body_html=post.body_html, at=post.edited_at or post.at)
    post.body, post.body_html, post.html_version = body, rendered.html, rendered.version
    post.edited_at = now
    post.save(update_fields=["body", "body_html", "html_version", "edited_at"])
    post.mentions.exclude(person__in=mentioned).delete()
    mention(post, mentioned)
    retell_gist(post)
    tell_of_change(post, now)
    log("post.edited", post, membership, now)
    tell(mentioned, "mention", post, membership.group)
    return post


@deed
def retitle(thread, person, *, title, now=None):
    """Give the thread another title: its author or a facilitator.

    Refuses: not_a_member, not_allowed, group_not_open, paused, invalid.
    """
    membership, now = writer(thread.group, person, now)
    thread = standing(thread)
    if thread.author_id != person.pk and not membership.is_facilitator:
        raise NotAllowed("not_allowed", "Only who opened this thread can give it another title.")
    title = title_of(title)
    if title != thread.title:
        thread.former_titles.append([now.isoformat(), thread.title])
        thread.title, thread.retitled_at = title, now
        thread.save(update_fields=["title", "retitled_at", "former_titles"])
        log("thread.retitled", thread, membership, now)
    return thread


@counting_looks
@deed
def edit_thread(thread, person, *, title=None, body=None, as_it_is=None, now=None):
    """Change the title, the opening text, or both. Refuses as `retitle` and `edit_post` do."""
    now = now or timezone.now()
    if title is not None:
        retitle(thread, person, title=title, now=now)
    if body is not None:
        edit_post(opening_of(thread), person, body=body, as_it_is=as_it_is, now=now)
    return standing(thread)


# Taking back


@deed
def delete_post(post, person, *, now=None):
    """Take back one's own words, or another's as a facilitator; the post keeps its place.

    Refuses: not_a_member, not_allowed.
    """
    membership = locked(post.thread.group, person)
    now = now or timezone.now()
    post = standing_post(post)
    if post.author_id != person.pk and not membership.is_facilitator:
        raise NotAllowed("not_allowed", "Only who wrote this, or a facilitator, can take it back.")
    post.deleted_at, post.deleted_by = now, person
    post.save(update_fields=["deleted_at", "deleted_by"])
    Thread.objects.filter(pk=post.thread_id, answer=post.pk).update(answer=None)
    after_change(post, now)
    log("post.deleted", post, membership, now)
    return post


@deed
def undelete_post(post, person, *, now=None):
    """Put back what was taken back within a day: who took it back can, and facilitators among
    themselves.

    Refuses: not_a_member, not_allowed.
    """
    membership = locked(post.thread.group, person)
    now = now or timezone.now()
    group = membership.group_id
    post = Post.objects.select_related("thread", "author").filter(pk=post.pk, group=group).first()
    if post is None or not may_put_back(post, membership, now):
        raise NotAllowed("not_allowed", "This can no longer be put back.")
    post.deleted_at = post.deleted_by = None
    post.save(update_fields=["deleted_at", "deleted_by"])
    after_change(post, now)
    log("post.restored", post, membership, now)
    return post


@deed
def delete_thread(thread, person, *, now=None):
    """Take a whole thread back: a facilitator, or its author while nobody else has written there.

    Refuses: not_a_member, not_allowed.
    """
    membership = locked(thread.group, person)
    now = now or timezone.now()
    thread = standing(thread)
    if not membership.is_facilitator:
        if thread.author_id != person.pk:
            raise NotAllowed("not_allowed", "Only who opened it, or a facilitator, can do this.")
        if thread.posts.standing().exclude(author=person).exists():
            raise NotAllowed(
                "not_allowed",
                "Others have written here, and their words stay. You can take back yours.",
            )
    thread.deleted_at, thread.deleted_by = now, person
    thread.save(update_fields=["deleted_at", "deleted_by"])
    after_thread_change(thread, now)
    log("thread.deleted", thread, membership, now)
    return thread


@deed
def undelete_thread(thread, person, *, now=None):
    """Put back a thread that was taken back within a day, as `undelete_post` does.

    Refuses: not_a_member, not_allowed.
    """
    membership = locked(thread.group, person)
    now = now or timezone.now()
    thread = Thread.objects.filter(pk=thread.pk, group=membership.group_id).first()
    if thread is None or not may_put_back(thread, membership, now):
        raise NotAllowed("not_allowed", "This can no longer be put back.")
    thread.deleted_at = thread.deleted_by = None
    thread.save(update_fields=["deleted_at", "deleted_by"])
    after_thread_change(thread, now)
    log("thread.restored", thread, membership, now)
    return thread


# What a facilitator does, and the answer of a question


@deed
def close(thread, person, *, now=None):
    """Let nobody write in the thread any more; done again, let them. Refuses: not_allowed."""
    membership = facilitator(thread.group, person)
    now = now or timezone.now()
    thread = standing(thread)
    thread.closed_at = None if thread.is_closed else now
    thread.save(update_fields=["closed_at"])
    log("thread.closed" if thread.is_closed else "thread.reopened", thread, membership, now)
    return thread


@deed
def pin(thread, person, *, now=None):
    """Keep the thread on top of the group's home; done again, let it go. Refuses: not_allowed."""
    membership = facilitator(thread.group, person)
    now = now or timezone.now()
    thread = standing(thread)
    thread.pinned_at = None if thread.is_pinned else now
    thread.save(update_fields=["pinned_at"])
    log("thread.pinned" if thread.is_pinned else "thread.unpinned", thread, membership, now)
    return thread


@deed
def choose_answer(thread, person, *, post, now=None):
    """Mark a reply (or its key) as the answer of a question: its author or a facilitator.

    Refuses: not_a_member, not_allowed, invalid.
    """
    membership, now = asker(thread, person, now)
    answer = standing_reply(thread, post, field="post")
    thread = answer.thread
    if answer.pk == opening_of(thread).pk:
        raise Invalid({"post": "The question itself is no answer. Choose a reply."})
    thread.answer = answer
    thread.save(update_fields=["answer"])
    log("thread.answered", thread, membership, now, post=str(answer.pk))
    return thread


@deed
def drop_answer(thread, person, *, now=None):
    """Let the question be open again. Refuses: not_a_member, not_allowed."""
    membership, now = asker(thread, person, now)
    thread = standing(thread)
    if thread.answer_id is not None:
        thread.answer = None
        thread.save(update_fields=["answer"])
        log("thread.unanswered", thread, membership, now)
    return thread


# Reacting


@deed
def react(post, person, *, emoji, now=None):
    """Answer a post without words: one of our words or an emoji, each once.

    Refuses: not_a_member, not_allowed, group_not_open, paused, invalid.
    """
    emoji = reaction_of(emoji)
    now = now or timezone.now()
    membership, post = reacting(post, person, now)
    if emoji not in post.reactions_count and len(post.reactions_count) >= MAX_KINDS_OF_REACTION:
        raise Invalid({"emoji": f"{MAX_KINDS_OF_REACTION} kinds are on this post; add to one."})
    keep_pace("reaction", person, now)
    Reaction.objects.bulk_create(
        [Reaction(post=post, person=person, emoji=emoji, at=now)], ignore_conflicts=True
    )
    count_reactions(post)
    note_visit(membership, now)
    log("post.reacted", post, membership, now)
    note_answered(person, now=now, post=[post.pk])
    return post


@deed
def unreact(post, person, *, emoji, now=None):
    """Take a reaction back. Refuses: not_a_member, not_allowed, group_not_open."""
    now = now or timezone.now()
    membership, post = reacting(post, person, now)
    gone, _ = post.reactions.filter(person=person, emoji=emoji).delete()
    if gone:
        count_reactions(post)
        log("post.unreacted", post, membership, now)
    return post


# Reading


def mark_read(thread, person, *, until=None):
    """Everything in the thread up to `until` is read; up to its newest post when it is not given.

    Refuses: not_a_member.
    """
    if not thread.group.memberships.reading().filter(person=person).exists():
        raise not_in(thread.group)
    keep_mark(thread, person, until or thread.last_at)


def keep_mark(thread, person, until):
    """Move the person's mark in the thread forward to `until`, never back."""
    marks = ReadMark.objects.filter(thread=thread, person=person)
    if not marks.update(read_until=Greatest("read_until", Value(until))):
        ReadMark.objects.bulk_create(
            [ReadMark(thread=thread, person=person, read_until=until)], ignore_conflicts=True
        )


@deed
def read_group(group, person, *, now=None):
    """Everything that was said in the group so far is read. Refuses: not_a_member."""
    membership = locked(group, person)
    membership.read_before = max(membership.read_before, now or timezone.now())
    membership.save(update_fields=["read_before"])
    ReadMark.objects.filter(
        person=person, thread__group=group.pk, read_until__lte=membership.read_before
    ).delete()
    return membership


@deed
def read_everything(person, *, now=None):
    """Put out every lamp: all groups that the person reads in are read."""
    mine = Membership.objects.visible_to(person).filter(person=person).reading()
    for membership in mine.select_related("group").order_by("group_id"):
        read_group(membership.group, person, now=now)


# What follows


def keep_pace_in_writing(person, now):
    """Refuse what comes too fast to be read; a new account has to begin slowly."""
    if is_new(person, now):
        keep_pace("first posts", person, now)
    keep_pace("post", person, now)


def after_writing(membership, now):
    """What a post changes about its group and its writer: alive today, here today, first words."""
    group = membership.group
    if group.last_post_at is None or group.last_post_at < now:
        group.last_post_at = now
        group.save(update_fields=["last_post_at"])
    note_alive(group, now.astimezone(UTC).date())
    if not (membership.wrote_then and membership.last_visit_on == now.astimezone(UTC).date()):
        note_visit(membership, now, wrote=True)
    if membership.first_post_at is None:
        membership.first_post_at = now
        membership.save(update_fields=["first_post_at"])


def after_change(post, now):
    """What follows when a post was taken back or put back."""
    recount(Thread.objects.filter(pk=post.thread_id))
    recount_group(post.thread.group_id)
    retell_gist(post)
    tell_of_change(post, now)


def after_thread_change(thread, now):
    """What follows when a thread was taken back or put back: each of its posts went with it."""
    recount_group(thread.group_id)
    for post in thread.posts.standing().select_related("author"):
        post.thread, post.deleted_at = thread, thread.deleted_at  # told, not kept
        tell_of_change(post, now)


def tell_of_change(post, now):
    """Let the floors above know that the post no longer says what it said."""
    for _, changed in registries.post_changed.items():
        changed(post, now)


def retell_gist(post):
    """Keep the thread's gist true to its opening post."""
    if opening_of(post.thread).pk == post.pk:
        gist = "" if post.is_deleted else plain(post.body_html, MAX_GIST)
        Thread.objects.filter(pk=post.thread_id).update(gist=gist)


def tell(people, kind, about, group):
    """Tell people of a post, in the app alone and each once."""
    if people:
        notify(
            people,
            kind,
            network=group.network,
            subject=("post", about.pk),
            cause=f"post:{about.pk}",
            at=about.edited_at or about.at,
            actor=about.author,
            group=group,
        )


def log(verb, about, membership, now, **facts):
    """Record what the member did in the group."""
    group = membership.group
    record(
        verb,
        network=group.network,
        actor=membership.person,
        about=about,
        at=now,
        group=group,
        **facts,
    )
