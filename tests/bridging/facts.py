"""The counting rules of ../shared/data, over the records of any reader.

The rules stand in the README of each data set; `facts_of` answers those numbers of its facts.json
that follow from people, groups, memberships, threads and posts.
"""

from bisect import bisect_right
from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import median

from bridging.importing.readers.records import Group, Membership, Person, Post, Reaction, Thread

DAY = timedelta(days=1)


class Community:
    """The records of a community, by kind."""

    def __init__(self, records):
        self.refused = []
        found = {kind: [] for kind in (Person, Group, Membership, Thread, Post, Reaction)}
        for record in records:
            found.get(type(record), self.refused).append(record)
        self.people, self.groups, self.memberships = found[Person], found[Group], found[Membership]
        self.threads, self.reactions = found[Thread], found[Reaction]
        # Stable: what was said within one second stays in the order of the archive.
        self.posts = [
            Said(order, post)
            for order, post in enumerate(
                sorted(found[Post], key=lambda post: post.at.replace(microsecond=0))
            )
        ]


class Said:
    """A post with its place in the order of all."""

    def __init__(self, order, post):
        self.order, self.post = order, post

    def __getattr__(self, name):
        return getattr(self.post, name)


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def facts_of(community, newcomers=None, end=None):
    """The numbers of facts.json.

    newcomers(post): whether this first post is watched, else all are; end: of the set.
    """
    it = community
    bots = {person.id for person in it.people if person.is_bot}
    threads = {thread.id: thread for thread in it.threads}
    said = [post for post in it.posts if not post.system]
    human = [post for post in said if post.author not in bots and not post.bot]
    people_of = defaultdict(int)
    for membership in it.memberships:
        people_of[membership.group] += 1
    sizes = {group.id: people_of[group.id] for group in it.groups}
    largest = max(it.groups, key=lambda group: sizes[group.id])
    answers = first_answers(it, said, human, threads)
    with_posts = [thread for thread in it.threads if thread.id in answers]
    unanswered = [thread for thread in with_posts if answers[thread.id] is None]
    took = [answers[thread.id] for thread in with_posts if answers[thread.id] is not None]
    end = end or it.posts[-1].at.replace(microsecond=0)
    return {
        "people": len(it.people),
        "bots": len(bots),
        "groups": len(it.groups),
        "memberships": len(it.memberships),
        "threads": len(it.threads),
        "posts": len(it.posts),
        "system_posts": len(it.posts) - len(said),
        "posts_without_author": sum(post.author is None for post in it.posts),
        "first_post": stamp(it.posts[0].at),
        "last_post": stamp(it.posts[-1].at),
        "largest_group": {"id": largest.id, "name": largest.name, "people": sizes[largest.id]},
        "groups_over_150": sum(size > 150 for size in sizes.values()),
        "groups_with_one_person": sum(size == 1 for size in sizes.values()),
        "groups_without_people": sum(size == 0 for size in sizes.values()),
        "threads_inferred": sum(thread.inferred for thread in it.threads),
        "threads_with_posts": len(with_posts),
        "threads_unanswered": len(unanswered),
        "share_unanswered": round(len(unanswered) / len(with_posts), 4),
        "median_first_response_s": int(median(took)),
        "per_group": per_group(it, sizes, answers, threads),
        **first_posts(said, human, threads, newcomers, end),
        **silence(human, end),
    }


def per_group(it, sizes, answers, threads):
    """The same for each group: people, threads with a real post, posts, the unanswered."""
    found = {}
    for group in it.groups:
        took = [waited for id, waited in answers.items() if threads[id].group == group.id]
        found[group.id] = {
            "people": sizes[group.id],
            "threads": len(took),
            "unanswered": sum(waited is None for waited in took),
        }
    for post in it.posts:
        group = found[threads[post.thread].group]
        group["posts"] = group.get("posts", 0) + (not post.system)
    return found


def first_answers(it, said, human, threads):
    """For each thread with a real post: the seconds until its answer, or None without one."""
    opening = {}
    for post in said:
        opening.setdefault(post.thread, post)
    in_thread, in_group = ordered(human, lambda post: post.thread), channels(human, threads)
    return {
        thread: waited(first, answer_to(first, threads[thread], in_thread, in_group))
        for thread, first in opening.items()
    }


def waited(post, answer):
    if answer is None:
        return None
    return (answer.at.replace(microsecond=0) - post.at.replace(microsecond=0)).total_seconds()


def answer_to(post, thread, in_thread, in_group):
    """The first later post by another person: in the thread, or in a flat channel within a day."""
    times, posts = in_group[thread.group] if thread.inferred else in_thread[post.thread]
    for later in posts[bisect_right(times, post.order) :]:
        if later.author != post.author:
            return later if not thread.inferred or later.at - post.at <= DAY else None
    return None


def ordered(posts, key):
    """The posts by key, each with the list of their places in the order of all."""
    found = defaultdict(lambda: ([], []))
    for post in posts:
        orders, kept = found[key(post)]
        orders.append(post.order)
        kept.append(post)
    return found


def channels(posts, threads):
    return ordered(posts, lambda post: threads[post.thread].group)


def first_posts(said, human, threads, newcomers, end):
    """How many first posts are watched, and how many had no answer within a day."""
    in_thread, in_group = ordered(human, lambda post: post.thread), channels(human, threads)
    firsts = {}
    for post in human:
        firsts.setdefault(post.author, post)
    firsts.pop(None, None)
    watched = [
        post
        for post in firsts.values()
        if end - post.at.replace(microsecond=0) >= DAY and (newcomers is None or newcomers(post))
    ]
    lonely = 0
    for post in watched:
        answer = answer_to(post, threads[post.thread], in_thread, in_group)
        seconds = waited(post, answer)
        lonely += seconds is None or seconds > DAY.total_seconds()
    return {"first_posts_watched": len(watched), "first_posts_without_answer_24h": lonely}


def silence(human, end):
    """Who is silent at the end: over 60 days, and by the rhythm of their own active days."""
    last, days = {}, defaultdict(set)
    for post in human:
        if post.author is not None:
            last[post.author] = post.at.replace(microsecond=0)
            days[post.author].add(post.at.date())
    regular = {person: sorted(found) for person, found in days.items() if len(found) >= 5}
    lapsed = 0
    for found in regular.values():
        gap = median((b - a).days for a, b in pairwise(found))
        away = (end.date() - found[-1]).days
        lapsed += away > 3 * gap and away > 7
    return {
        "people_silent_over_60d_at_end": sum(end - at > 60 * DAY for at in last.values()),
        "people_with_5_active_days": len(regular),
        "of_these_silent_over_3x_own_median_gap": lapsed,
    }
