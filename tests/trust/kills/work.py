"""One piece of work for each job: what there is before it, and what it changes."""

from datetime import timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WORK = {}


def work_for(job, **changes):
    """Work for a job. `changes`: how many rows of each table are gone and new when it is done."""

    def named(build):
        WORK[job] = build, changes
        return build

    return named
