"""What is kept about newcomers and those who show them around, for their export and erasure."""

from facilitation.welcome.models import Buddy, Welcome


def welcomes_of(person):
    for row in Welcome.objects.filter(membership__person=person).select_related(
        "buddy", "membership__group"
    ):
        yield {
            "group": row.membership.group.name,
            "at": row.at,
            "buddy": row.buddy.name if row.buddy else None,
            "fits_at": row.fits_at,
        }


def erase_welcomes(person):
    Welcome.objects.filter(buddy=person).update(buddy=None)


def offers_of(person):
    for row in Buddy.objects.filter(membership__person=person).select_related("membership__group"):
        yield {"group": row.membership.group.name, "since": row.since, "asked_at": row.asked_at}
