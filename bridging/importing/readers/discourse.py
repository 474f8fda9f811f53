"""Discourse's topics, each a JSON file with its whole stream of posts.

Discourse lists neither people nor categories beside them, so the topics are gone through twice:
once for who was where, once for what was said.
"""

from bridging.importing.readers import archives, markup
from bridging.importing.readers.records import (
    Group,
    Membership,
    Person,
    Place,
    Post,
    Reaction,
    Refusal,
    Thread,
    Unusable,
    cut,
    deed,
    id_in,
    text_in,
    time_in,
)
from bridging.importing.rules import fitted

LIKE = 2  # among Discourse's kinds of action
SMALL_ACTION = 3  # among its kinds of post: closed, pinned, moved
WHISPER = 4
PASSES = 2  # through the archive


def is_one(source):
    """Whether the first JSON file in it is a topic."""
    for name in source.names:
        if name.endswith((".json", ".json.gz")):
            try:
                return "post_stream" in archives.value(source, name, dict)
            except Unusable:
                return False
    return False


def read(source):
    """The topics' records: people, categories, who was where; then each topic with its posts."""
    people, groups, memberships = {}, {}, {}
    names = categories(source)
    for place, topic in topics(source):
        if isinstance(topic, Refusal):
            yield topic
            continue
        group = category_of(topic)
        for post in posts_of(topic):
            meet(post, group, people, memberships, place)
        created_at = earliest(topic, groups.get(group))
        groups[group] = Group(
            id=group, name=names.get(group, f"Category {group}"), created_at=created_at, where=place
        )
    yield from people.values()
    yield from groups.values()
    yield from memberships.values()
    bots = {id for id, person in people.items() if person.is_bot}
    for place, topic in topics(source):
        if not isinstance(topic, Refusal):
            yield from said_in(topic, place, bots)


def categories(source):
    """The names of the categories, where categories.json lies beside the topics."""
    name = source.named("categories.json")
    try:
        found = archives.value(source, name, dict) if name else {}
    except Unusable:
        found = {}
    listed = found.get("category_list", found)
    rows = listed.get("categories") if isinstance(listed, dict) else None
    named = {}
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and text_in(row, "name"):
            named[str(row.get("id"))] = fitted(text_in(row, "name"), 80)
    return named


def topics(source):
    """Each topic with its place; a Refusal for each file that is none."""
    beside = source.named("categories.json")
    for name in source.names:
        place = Place(name)
        if not name.endswith((".json", ".json.gz")) or name == beside:
            continue
        try:
            topic = archives.value(source, name, dict)
            if not isinstance(topic.get("post_stream"), dict):
                raise Unusable("it is not a topic of Discourse")
            if topic.get("archetype") == "private_message":
                raise Unusable("private messages are not brought in")
            id_in(topic, "id")
            yield place, topic
        except Unusable as reason:
            yield place, Refusal(place, str(reason))


def posts_of(topic):
    """The topic's posts that can be told apart."""
    posts = topic["post_stream"].get("posts")
    return [post for post in posts if isinstance(post, dict)] if isinstance(posts, list) else []


def category_of(topic):
    return id_in(topic, "category_id", needed=False) or "uncategorized"


def earliest(topic, group):
    """When the category was first written in, as far as we have read."""
    try:
        created_at = time_in(topic, "created_at")
    except Unusable:
        created_at = None
    known = [at for at in (created_at, group and group.created_at) if at]
    return min(known, default=None)


def meet(row, group, people, memberships, place):
    """Note who wrote a post, and that they were in the category since."""
    try:
        id, at = id_in(row, "user_id"), time_in(row, "created_at", needed=True)
    except Unusable:
        return
    known = people.get(id)
    if known is None:
        handle = text_in(row, "username")
        people[id] = Person(
            id=id,
            name=fitted(text_in(row, "name", "display_username", "username"), 60) or "Somebody",
            handle=fitted(handle, 60),
            intro=fitted(text_in(row, "user_title"), 140),
            joined_at=at,
            suspended=row.get("user_suspended") is True,
            is_bot=id.startswith("-"),
            where=place,
        )
    elif at < known.joined_at:
        known.joined_at = at
    if is_machine(row):
        return
    membership = memberships.get((group, id))
    if membership is None:
        memberships[group, id] = Membership(person=id, group=group, joined_at=at, where=place)
    elif at < membership.joined_at:
        membership.joined_at = at


def is_machine(row):
    return row.get("post_type") == SMALL_ACTION or bool(row.get("action_code"))


def said_in(topic, place, bots):
    """The topic as a thread, its posts, their likes."""
    try:
        thread = thread_from(topic)
    except Unusable as reason:
        yield Refusal(place, str(reason))
        return
    thread.where = place
    yield thread
    ids = {str(row.get("post_number")): row.get("id") for row in posts_of(topic)}
    for row in posts_of(topic):
        number = row.get("post_number")
        here = Place(place.file, number if isinstance(number, int) else None)
        try:
            post = post_from(row, thread, ids, bots)
        except Unusable as reason:
            yield Refusal(here, str(reason))
            continue
        post.where = here
        yield post
        likes = likes_of(row)
        if likes:
            yield Reaction(post=post.id, emoji=markup.emoji_named("like"), count=likes, where=here)


def thread_from(topic):
    posts = posts_of(topic)
    accepted = next((row for row in posts if row.get("accepted_answer") is True), {})
    last_at = time_in(topic, "last_posted_at", "created_at")
    created_at = time_in(topic, "created_at")
    pinned_at = created_at if topic.get("pinned") is True else None
    return Thread(
        id=id_in(topic, "id"),
        group=category_of(topic),
        title=fitted(text_in(topic, "title"), 200),
        author=id_in(topic, "user_id", needed=False),
        kind="question" if accepted else "talk",
        created_at=created_at,
        closed_at=last_at if topic.get("closed") is True else None,
        pinned_at=time_in(topic, "pinned_at") or pinned_at,
        accepted_post=id_in(accepted, "id", needed=False),
    )


def post_from(row, thread, ids, bots):
    author = id_in(row, "user_id", needed=False)
    if row.get("post_type") == WHISPER:
        raise Unusable("whispers among staff are not brought in")
    at = time_in(row, "created_at", needed=True)
    updated_at = time_in(row, "updated_at")
    deleted = bool(row.get("hidden") or row.get("deleted_at") or row.get("user_deleted"))
    text, was_cut = ("", False) if deleted else cut(markup.from_html(text_in(row, "cooked")))
    answered = ids.get(str(row.get("reply_to_post_number") or ""))
    if not text and is_machine(row):
        text = deed(text_in(row, "action_code"))
    version = row.get("version")
    return Post(
        id=id_in(row, "id"),
        thread=thread.id,
        at=at,
        text=text,
        author=author,
        reply_to=str(answered) if answered is not None else None,
        edited_at=updated_at if isinstance(version, int) and version > 1 else None,
        deleted=deleted,
        system=is_machine(row),
        bot=author in bots,
        cut=was_cut,
    )


def likes_of(row):
    actions = row.get("actions_summary")
    for action in actions if isinstance(actions, list) else ():
        if isinstance(action, dict) and action.get("id") == LIKE:
            count = action.get("count")
            return count if isinstance(count, int) and 0 < count < 1_000_000 else 0
    return 0
