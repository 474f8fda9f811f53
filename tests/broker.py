"""The broker of the tests, as seen from outside."""

import json
from functools import cache

import redis
from celery.signals import before_task_publish, task_postrun
from django.conf import settings

PENDING = "pending"  # the tasks that were sent and have not ended, by their ids


@cache
def broker():
    """The one connection of this process; to make one costs more than what is asked through it."""
    number = int(settings.CELERY_BROKER_URL.rpartition("=")[2])
    return redis.Redis(unix_socket_path=str(settings.SOCKETS / "valkey.sock"), db=number)


def empty_broker():
    """Lose every message, as a broker does that is flushed."""
    broker().flushdb()


def waiting(queue):
    """How many messages wait in the queue."""
    return broker().llen(queue)


# A message is in no list while a worker has taken it and not yet noted that it has: whoever counts
# what the broker holds finds none, for as long as a busy machine lets that worker wait. So those
# who send and those who work keep a count of their own.


def keep_count():
    """From here on this process notes each task that it sends, and each that it ends."""
    before_task_publish.connect(note_sent, dispatch_uid="pending")
    task_postrun.connect(note_ended, dispatch_uid="pending")


def stop_counting():
    before_task_publish.disconnect(dispatch_uid="pending")
    task_postrun.disconnect(dispatch_uid="pending")


def note_sent(headers, **_):
    broker().sadd(PENDING, headers["id"])


def note_ended(task_id, **_):
    broker().srem(PENDING, task_id)


def lose_taken():
    """Of what a dead worker has taken nobody says that it has ended: those are no longer counted.

    Answers how many; the broker gives them out again after half an hour.
    """
    taken = [json.loads(each)[0]["headers"]["id"] for each in broker().hvals("unacked")]
    if taken:
        broker().srem(PENDING, *taken)
    return len(taken)


def busy(queues, lost=0):
    """How many tasks wait or are being worked on; without the `lost` that a dead worker took."""
    with broker().pipeline(transaction=False) as asked:
        for queue in queues:
            asked.llen(queue)
        asked.hlen("unacked").scard(PENDING)
        *held, pending = asked.execute()
    return max(sum(held) - lost, pending)
