"""What a report is about: the thing as whoever reports may see it, and who looks into it."""

from dataclasses import dataclass
from typing import Any

from facilitation.moderation.models import IN_A_GROUP, REPORTABLE, About
from facilitation.moderation.rules import agreements_of, house_rules_of
from microgroups.conversation.models import Post
from microgroups.groups.actions import facilitators
from microgroups.groups.models import MicroGroup
from microgroups.groups.reading import who_looks_after
from network.people.models import Person


@dataclass(frozen=True)
class Thing:
    """Something that can be reported."""

    network: Any
    group: Any  # None for a person
    person: Any  # whose words it is, or whom it is; None for a group, or a former member
    title: str
    row: Any = None

    @property
    def agreements(self):
        """What one may say it goes against."""
        return agreements_of(self.group) if self.group else house_rules_of(self.network)


def find(about, key, person, network):
    """The Thing of this kind and key that the person may see; None where there is none.

    A person is named by their username.
    """
    if about in REPORTABLE:
        return REPORTABLE[about].value(key, person)
    return FINDERS[about](key, person, network)


def find_post(key, person, network):
    posts = Post.objects.visible_to(person).standing().filter(pk=key)
    post = posts.select_related("thread__group__network", "author").first()
    if post is None:
        return None
    group = post.thread.group
    return Thing(group.network, group, post.author, post.thread.title, post)


def find_person(key, person, network):
    found = Person.objects.visible_to(person).filter(username=key).first()
    return found and Thing(network, None, found, found.name, found)


def find_group(key, person, network):
    groups = MicroGroup.objects.visible_to(person).filter(slug=key)
    group = groups.select_related("network").first()
    return group and Thing(group.network, group, None, group.name, group)


FINDERS = {About.POST: find_post, About.PERSON: find_person, About.GROUP: find_group}


def who_looks(report):
    """Whom a report goes to: the group's other facilitators; without one, or where it is about
    the group or a person, those who look after the network. Never whom it is about."""
    but = [key for key in (report.person_id, report.reporter_id) if key]
    if report.about in IN_A_GROUP:
        others = facilitators(report.group).exclude(pk__in=but)
        if others.exists():
            return others
    people = who_looks_after(report.network, report.group).exclude(pk__in=but)
    if report.about == About.GROUP:
        people = people.exclude(pk__in=facilitators(report.group).values("pk"))
    return people
