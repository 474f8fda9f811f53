"""That the machinery runs: the slots that jobs ran in, and heartbeats."""

from django.db import models


class JobRun(models.Model):
    """One slot of one periodic job. Two beats make one row; a missed slot makes none."""

    job = models.CharField(max_length=60)
    slot = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("job", "slot", name="one_run_per_job_and_slot")]

    def __str__(self):
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"


class Heartbeat(models.Model):
    """When something that should be running was last heard of."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.name
