"""Reading the log, as far as one may."""

from django.http import Http404

from network.activity.models import Activity
from network.errors import NotAllowed
from network.registries import log_groups


def log_for(person, *, slug=None, as_admin=True):
    """The rows of the log that the person may read: the network's, or one group's.

    as_admin: whether an admin asks as such. Refuses: not_allowed; a group that is not seen is 404.
    """
    is_admin = as_admin and person.here.is_admin
    if slug is None:
        if not is_admin:
            raise NotAllowed("not_allowed", "The network's admins read its log.")
        return Activity.objects.visible_to(person)
    group = next((found for _, find in log_groups.items() if (found := find(slug, person))), None)
    if group is None:
        raise Http404
    key, looks_after = group
    if not (is_admin or looks_after):
        raise NotAllowed("not_allowed", "Those who look after a group read its log.")
    return Activity.objects.of_group(key, person)
