"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from django.db.models import Count, F

from bridging.highlights import actions as highlights
from bridging.highlights import reading
from bridging.highlights.models import Echo, Highlight
from facilitation.moderation.finding import Thing
from facilitation.moderation.models import REPORTABLE
from microgroups.conversation.reading import GIST
from network import registries
from network.notifications import kinds
from network.notifications.kinds import Budget
from network.prepared import rows
from network.text import plain


def load_highlights(ids, person):
    """Highlights this person may see, as subjects of a Notice."""
    return {
        highlight.pk: registries.Subject(
            highlight.title,
            highlight.get_absolute_url(),
            highlight.group.name,
            highlight.group.slug,
        )
        for highlight in rows(highlights_at, list(ids), person)
    }


def highlights_at(keys, person):
    return Highlight.objects.visible_to(person).filter(pk__in=keys).select_related("group")


def load_echoes(ids, person):
    """Echoes this person may read, as subjects of a Notice."""
    return {
        echo.pk: registries.Subject(
            echo.highlight.title,
            f"{echo.highlight.get_absolute_url()}#echo-{echo.pk}",
            echo.highlight.group.name,
            echo.highlight.group.slug,
            said=plain(echo.body_html, GIST),
        )
        for echo in rows(echoes_at, list(ids), person)
    }


def echoes_at(keys, person):
    return Echo.objects.visible_to(person).filter(pk__in=keys).select_related("highlight__group")


def reported_card(key, person):
    """The postcard that somebody asks others to look at."""
    cards = Highlight.objects.visible_to(person).filter(pk=key)
    card = cards.select_related("group__network", "author").first()
    return card and Thing(card.network, card.group, card.author, card.title, card)


REPORTABLE.add("highlight", reported_card, take_down=highlights.take_down)
registries.subjects.add("highlight", load_highlights)
registries.subjects.add("echo", load_echoes)
registries.post_acts.add("share", reading.share_act)
registries.panels.add("came_back", reading.came_back)
registries.post_changed.add("highlights", highlights.notice_change)
registries.group_changed.add("highlights", highlights.withdraw_hidden)

kinds.add(
    "highlight_asked",
    "{actor} would like to share your words “{title}” with the network. "
    "Nothing leaves {group} without your yes.",
    category="highlights",
    by_mail=True,
    subject_line="{actor} asks for your yes",
    button="Look at the postcard",
    personal=True,
)
kinds.add(
    "highlight_consented",
    "{actor} said yes to sharing “{title}”. A facilitator of {group} can send it.",
    category="highlights",
)
kinds.add(
    "highlight_shared",
    "“{title}” from {group} is with the whole network now.",
    category="highlights",
)
kinds.add(
    "highlight_declined",
    "Not this time: “{title}” stays in {group}.",
    category="highlights",
)
kinds.add(
    "highlight_withdrawn",
    "“{title}” was taken back and is gone from the network.",
    category="highlights",
)
kinds.add(
    "highlight_taken_down",
    "{actor} has looked at “{title}”, which was reported, and taken it back from the network.",
    category="decisions",
    by_mail=True,
    subject_line="About your postcard “{title}”",
    button="Read why",
)
kinds.add(
    "highlight_outdated",
    "You changed “{title}”. The postcard still says what it said; you can take it back.",
    category="highlights",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "echo",
    "{actor} wrote back to “{title}” from {group}.",
    category="highlights",
    personal=True,
    is_gathered=True,
)


def highlights_of(person):
    for highlight in Highlight.objects.filter(author=person):
        yield {
            "title": highlight.title,
            "body": highlight.body,
            "state": highlight.state,
            "proposed_at": highlight.proposed_at,
            "consented_at": highlight.consented_at,
            "shared_at": highlight.shared_at,
            "ended_at": highlight.ended_at,
        }


def echoes_of(person):
    for echo in Echo.objects.filter(author=person).select_related("highlight"):
        yield {"to": echo.highlight.title, "body": echo.body, "at": echo.at}


registries.personal_data.add(
    Highlight,
    registries.Kept(
        export=highlights_of, erase=lambda person: Highlight.objects.filter(author=person).delete()
    ),
)
registries.personal_data.add(
    Echo,
    registries.Kept(
        export=echoes_of,
        erase=lambda person: Echo.objects.filter(author=person).update(author=None),
    ),
)


def echoes_are_counted():
    """Each highlight's counter equals its echoes."""
    counted = Highlight.objects.annotate(real=Count("echoes")).exclude(real=F("echoes_count"))
    for highlight in counted:
        yield f"{highlight.pk} counts {highlight.echoes_count} of {highlight.real} echoes."


def highlights_stay_in_their_network():
    """A highlight, its group and its post belong together."""
    strays = Highlight.objects.exclude(group__network=F("network"))
    for highlight in strays:
        yield f"Highlight {highlight.pk} is not in the network of its group."


registries.invariants.add("echoes_are_counted", echoes_are_counted)
registries.invariants.add("highlights_stay_in_their_network", highlights_stay_in_their_network)
