"""How a thread is laid out for one reader: nesting, what is new, what they may do with a post."""

from datetime import timedelta
from functools import cache, lru_cache
from urllib.parse import quote
from uuid import UUID

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from microgroups.conversation.models import Kind, Post
from microgroups.conversation.past import as_they_were, posts_left
from microgroups.conversation.rights import may_put_back
from microgroups.conversation.rights import writes as may_write_now
from microgroups.conversation.rules import WORDS
from microgroups.groups.rules import agreements_in
from network import registries
from network.prepared import question
from network.templatetags.kith import FORMER, KITH, at_hour, face, icon, kith_face, who
from network.text import plain

SECONDS_A_POST = 25
BEFORE = 4  # posts shown before the one that a link leads to
PLACES = ("cursor", "post", "new")
HEAD = (
    '<article class="{css}" id="post-{key}" aria-label="{by}, {when}">{face}\n'
    '<header><b>{link}</b><time class="small quiet" datetime="{exactly}">{when}</time>{marks}'
)
MARK = '<span class="mark {}">{}{}</span>'
CHANGED = '<a class="small quiet" href="/posts/{}/history/">changed</a>'
ACTS = (
    '<form class="acts" method="post" action="/posts/{key}/react/" hx-boost="true">{token}{buttons}'
    '<a class="react" href="?{here}reply={key}#write" hx-boost="false">Reply</a></form>'
)
COUNTS = '<p class="acts">{}</p>'
COUNTED = '<span class="react">{} <span class="num">{}</span></span>'
LINK = '<a href="{}">{}</a>'
ITEM = '<li><a href="{}">{}</a></li>'
WAY_BACK = '<p><a class="button" href="{}">{}</a></p>'  # from a post that was taken back
BUTTON = '<button class="react" name="{}" value="{}" aria-pressed="{}"{}>{}{}</button>'
NUMBER = ' <span class="num">{}</span>'
FOCUS = mark_safe(" data-focus")
ICONS = {
    "undo": "undo-2",
    "more": "ellipsis",
    "open": "chevron-down",
}
RULES, RULE_LENGTH = 3, 200
HELLO = timedelta(days=14)  # so long first words are told from others
NEWCOMER_POSTS = 3


WAITING = timedelta(days=14)  # how long a thread is shown as waiting for a first reply
WAITS = (Kind.QUESTION, Kind.INTRODUCTION, Kind.TALK)


# A row of a list


def dress(threads, now):
    """Give each thread of a list the words of its lamp and mark, and where its title leads."""
    for thread in threads:
        is_new = thread.seen_until < thread.opened_at
        thread.lamp = lamp_of(thread.unread, is_new)
        waits = thread.kind in WAITS and not thread.is_answered
        is_waiting = waits and thread.opened_at > now - WAITING
        thread.mark = "Waiting for a first reply" if is_waiting else ""
        to_new = thread.unread and not is_new
        thread.link = thread.get_absolute_url() + ("?new=1#new" if to_new else "")
    return threads


def lamp_of(unread, is_new):
    """What is new in a thread, in words; nothing where all is read."""
    if not unread:
        return ""
    return "New thread" if is_new else f"{unread} new"


# A thread


def posts_from(thread, query, person):
    """The thread's posts, from a few before the one that is linked to (`?post=`) or the first new
    one (`?new=`), with what the page shows of each."""
    if thread.mine.reads_past:
        return question(posts_left, thread.pk, person, thread.mine.reads_until)
    linked = key_of(query.get("post"))
    if linked:
        at = Subquery(thread.posts.filter(pk=linked).values("at"))
    elif query.get("new"):
        at = thread.seen_until
    else:
        return question(posts_of, thread.pk, person)
    posts = posts_of(thread.pk, person)
    before = thread.posts.filter(at__lte=at).order_by("-at", "-id").values("at")
    return posts.filter(at__gte=Coalesce(Subquery(before[BEFORE : BEFORE + 1]), thread.opened_at))


def posts_of(thread, person):
    """The posts of the thread with this key, with what this reader gave to each."""
    return (
        Post.objects.filter(thread=thread)
        .with_mine(person)
        .with_folded(person)
        .select_related("author")
    )


def key_of(text):
    """The key that somebody put into an address, or None."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def place_in(query):
    """The part of a thread that is shown, as the beginning of another question about it."""
    return "".join(f"{place}={quote(query[place])}&" for place in PLACES if place in query)


def asked_for(key, posts, thread):
    """The post that somebody is about to answer: of this page, or of another; or None."""
    key = key_of(key)
    if key is None:
        return None
    here = next((post for post in posts if post.pk == key and not post.is_deleted), None)
    return here or thread.posts.standing().filter(pk=key).select_related("author").first()


def lay_out(posts, thread, membership, now, *, token, here=""):
    """Say of each post of the page how it stands there and what this reader may do with it.

    Twenty of them are a page: all words are made here, so that the template only sets them down.
    token: the field that proves where a form came from; here: the part of the thread (`place_in`).
    """
    writes = may_write_now(membership, now)
    may_answer = writes and may_choose_answer(thread, membership)
    answered = answered_by(posts, thread)
    faces = {key: face_and_name(author) for key, author in authors_of(posts).items()}
    is_new, before = False, None
    for post in posts:
        post.thread, post.reply_to = thread, answered.get(post.reply_to_id)
        post.is_mine = post.author_id == membership.person_id
        post.is_opening = post.at == thread.opened_at
        post.nested = is_nested(post, before)
        post.is_answer = post.pk == thread.answer_id
        set_down(post, as_kith() if post.by_kith else faces[post.author_id], now)
        post.may_be_answer = may_answer and not post.is_opening
        post.quoted = None if post.nested else quoted(post)
        post.is_first_new = False
        if not is_new and not post.is_mine and post.at > thread.seen_until:
            is_new, post.is_first_new = True, thread.seen_until > thread.opened_at
        if not post.is_deleted:
            post.acts = acts(post, token, here) if writes else counts(post)
        post.may_put_back = membership.may_read and may_put_back(post, membership, now)
        is_bare = membership.reads_past or (post.is_deleted and not post.is_hidden)
        post.menu = "" if is_bare else menu_of(post, membership, writes)
        before = post
    return posts


def authors_of(posts):
    """{key: person} of who wrote these; None for a former member, and nobody for Kith."""
    return {post.author_id: post.author for post in posts if not post.by_kith}


def answered_by(posts, thread):
    """{key: post} of the posts that these answer; those of other parts are asked for at once."""
    known = {post.pk: post for post in posts}
    known |= {post.reply_to_id: post.reply_to for post in posts if Post.reply_to.is_cached(post)}
    others = {post.reply_to_id for post in posts} - {None, *known}
    if not others:
        return known
    found = thread.posts.select_related("author").in_bulk(others)
    if thread.mine.reads_past:
        as_they_were(found.values(), thread.mine.reads_until)
    return known | found


def face_and_name(person):
    """How somebody stands at the beginning of their posts: their face, and their name as a link."""
    link = format_html(LINK, person.get_absolute_url(), person.name) if person else FORMER
    return face(person), link


def as_kith():
    """How Kith stands at the beginning of what it wrote by itself."""
    return kith_face(), KITH


def set_down(post, author, now):
    """Who wrote a post, and when: in words, and as the beginning of its article."""
    post.key, post.by, when = str(post.pk), who(post), at_hour(post.at, now)
    post.is_hello = post.is_first and post.at > now - HELLO
    post.head = format_html(
        HEAD,
        css="post reply-to" if post.nested else "post opening" if post.is_opening else "post",
        key=post.key,
        by=post.by,
        when=when,
        face=author[0],
        link=author[1],
        exactly=post.at.isoformat(timespec="seconds"),
        marks=marks(post),
    )


def marks(post):
    """What stands beside the hour of a post: what it is, and whether it says what it said."""
    shown = []
    if post.is_answer:
        shown.append(mark("bare", "check", "The answer"))
    if post.is_hello:
        shown.append(mark("lit", "hand", "First words here"))
    if post.is_edited and not post.is_deleted:
        shown.append(format_html(CHANGED, post.key))
    return mark_safe("".join(shown))


@cache
def mark(css, shape, words):
    return format_html(MARK, css, icon(shape), words)


def menu_of(post, membership, writes):
    """What this reader may do with a post besides answering it, as links."""
    menu = []
    if post.is_mine and writes and not post.is_hidden:
        menu.append((f"/posts/{post.key}/edit/", "Change it"))
    if (post.is_mine or membership.is_facilitator) and not post.is_hidden:
        menu.append((f"/posts/{post.key}/delete/", "Take it back"))
    found = (act(post, membership) for _, act in registries.post_acts.items())
    menu += [(url, words) for words, url in filter(None, found)]
    return format_html_join("", WAY_BACK if post.is_deleted else ITEM, menu) if menu else ""


@cache
def icons():
    """The icons of a post, made once."""
    return {key: icon(shape) for key, shape in ICONS.items()}


def reaches_beyond(posts, thread):
    """Whether the page shows something of others that the reader had not seen."""
    return any(post.at > thread.seen_until and not post.is_mine for post in posts)


def is_nested(post, before):
    """Whether the post stands under the one it answers, or beside another answer to it."""
    if before is None or answers_opening(post):
        return False
    beside = before.reply_to_id == post.reply_to_id and before.nested
    return beside or (before.pk == post.reply_to_id and not before.nested)


def answers_opening(post):
    """Whether the post answers the thread as a whole."""
    return post.reply_to is None or post.reply_to.at == post.thread.opened_at


def quoted(post):
    """The post that is answered, where it stands further up: it is quoted in a line."""
    answered = post.reply_to
    if answers_opening(post) or answered.is_deleted:
        return None
    answered.gist = plain(answered.body_html, 120)
    return answered


def reactions(post):
    """[(emoji, its face, how many, mine)]: our words first, then what else is there."""
    counts = post.reactions_count
    ours = [(key, face_of(key), counts.get(key, 0)) for key in WORDS]
    others = sorted((-count, emoji) for emoji, count in counts.items() if emoji not in WORDS)
    shown = (*ours, *((emoji, emoji, -count) for count, emoji in others))
    return [(key, face, count, key in post.mine) for key, face, count in shown]


def acts(post, token, here="", just=None):
    """What one does below a post: react, take it back (`just` keeps the focus), reply."""
    shown = (
        button(key, face, count, mine, key == just) for key, face, count, mine in reactions(post)
    )
    buttons = mark_safe("".join(shown))
    return format_html(ACTS, key=post.pk, token=token, buttons=buttons, here=here)


def counts(post):
    """The reactions of a post, for who may not give one."""
    counted = ((face, count) for _, face, count, _ in reactions(post) if count)
    return format_html(COUNTS, format_html_join("", COUNTED, counted))


@lru_cache(2_000)
def button(key, face, count, mine, focus):
    """One reaction as a button: pages are full of the same few."""
    return format_html(
        BUTTON,
        "unreact" if mine else "react",
        key,
        "true" if mine else "false",
        FOCUS if focus else "",
        face,
        format_html(NUMBER, count) if count else "",
    )


@cache
def face_of(key):
    """One of our own reactions as it stands on its button."""
    icon_name, words = WORDS[key]
    return format_html("{}{}", icon(icon_name), words)


def may_choose_answer(thread, membership):
    """Whether this member says what answers the question."""
    return thread.kind == Kind.QUESTION and (
        thread.author_id == membership.person_id or membership.is_facilitator
    )


def rules_of(group):
    """At most three short rules out of the group's agreements: its first lines or sentences."""
    return [line for line in agreements_in(group.agreements) if len(line) <= RULE_LENGTH][:RULES]


def is_newcomer(thread, membership):
    """Whether the member has written fewer than three posts in the group."""
    if membership.first_post_at is None:
        return True
    mine = Post.objects.filter(author=membership.person_id, thread__group=thread.group_id)
    return mine.filter(at__gte=membership.first_post_at)[:NEWCOMER_POSTS].count() < NEWCOMER_POSTS


def minutes_for(posts):
    """How long reading so many posts takes, in whole minutes."""
    return max(1, round(posts * SECONDS_A_POST / 60))
