"""A deed is one transaction, and is done again when another deed got in its way."""

from functools import wraps

from django.db import OperationalError, transaction

RETRIES = 3

IN_THE_WAY = {
    "40P01",  # deadlock_detected
    "40001",  # serialization_failure
    "55P03",  # lock_not_available: lock_timeout has passed
}


def deed(action):
    """Make the function one transaction, tried again where others held what it needed.

    Called inside another deed it joins that one's transaction, which alone is tried again. An
    action therefore trusts only what it has read itself: the rows that came in may be stale.
    """
    whole = transaction.atomic(action)

    @wraps(action)
    def done(*args, **kwargs):
        inside = transaction.get_connection().in_atomic_block
        for _ in range(0 if inside else RETRIES):
            try:
                return whole(*args, **kwargs)
            except OperationalError as error:
                if getattr(error.__cause__, "pgcode", None) not in IN_THE_WAY:
                    raise
        return whole(*args, **kwargs)

    return done
