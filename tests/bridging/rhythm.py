"""The rhythm of a group as it must be, told from its posts and visits alone."""

from microgroups.conversation.models import Post as TalkPost
from microgroups.groups.rules import alive_after_post
from microgroups.membership.models import Visit
from microgroups.membership.rules import gap_between, with_gap


def rhythm_of(group):
    """What visits.py would have kept, had it been there: by its own rules, post by post."""
    days, until, visits, state = 0, None, {}, {}
    posts = TalkPost.objects.filter(thread__group=group, is_system=False).order_by("at")
    members = set(group.memberships.active().values_list("person", flat=True))
    for author, at in posts.values_list("author", "at"):
        day = at.date()
        days, until = alive_after_post(days, until, day)
        alive = days - max(0, (until - day).days)
        last_on, last_alive, gaps = state.get(author, (None, 0, []))
        if author not in members or last_on == day:
            continue
        gap = None if last_on is None else gap_between(last_alive, alive)
        visits[author, day] = (gap, alive)
        state[author] = (day, alive, gaps if gap is None else with_gap(gaps, gap))
    return days, until, visits, state


def assert_rhythm(group):
    days, until, visits, state = rhythm_of(group)
    assert (group.alive_days, group.alive_until) == (days, until)
    kept = Visit.objects.filter(membership__group=group)
    assert {
        (visit.membership.person_id, visit.on): (visit.gap, visit.alive)
        for visit in kept.select_related("membership")
    } == visits
    for row in group.memberships.active():
        last_on, last_alive, gaps = state.get(row.person_id, (None, 0, []))
        assert row.last_visit_on == last_on
        assert row.recent_gaps == gaps
        assert row.recent_gaps_sum == sum(gaps)
        if last_on:
            assert row.last_visit_alive == last_alive
