"""Writing the log: every deed leaves a row."""

from network.activity.models import Activity


def record(verb, *, network, actor, about, at, group=None, **facts):
    """Add a row to the log and return it.

    verb: the thing and what became of it ("membership.waitlisted"); about: the row it is about.
    facts: keys and numbers only, never a person's words. Call it inside the deed's transaction.
    """
    row = row_of(verb, network, actor, about, at, group, facts)
    row.save(force_insert=True)
    return row


def record_each(verb, rows, *, network, actor, at, group=None, **facts):
    """The same for several rows at once, in one query; answers nothing."""
    Activity.objects.bulk_create(
        [row_of(verb, network, actor, about, at, group, facts) for about in rows]
    )


def row_of(verb, network, actor, about, at, group, facts):
    return Activity(
        network=network,
        at=at,
        actor=actor if actor is not None and actor.pk else None,
        verb=verb,
        about_type=about._meta.model_name,
        about_id=str(about.pk),
        group_id=group.pk if group is not None else None,
        facts=facts,
    )
