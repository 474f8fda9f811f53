"""That a newcomer was welcomed, once."""

from django.db import models


class Welcome(models.Model):
    """The welcome of one membership: the greeting and the Cue were made with this row."""

    membership = models.OneToOneField(
        "microgroups.Membership", on_delete=models.CASCADE, related_name="welcome"
    )
    at = models.DateTimeField()

    def __str__(self):
        return f"welcome of {self.membership_id}"
