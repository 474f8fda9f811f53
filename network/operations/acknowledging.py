"""How a worker says that a message is done, also to a Redis that hangs in that moment.

Kombu takes a message off the worker's list when Redis has heard of it, and else never: a worker
with one place, whose Redis hung while a task ended, would hold that place for good and hear
nothing any more. Here the place is free in any case. The message itself comes back after the
visibility timeout and changes nothing.
"""

from celery.worker.request import Request


class FreeingRequest(Request):
    """A task at a worker, whose place is free once it is done."""

    def acknowledge(self):
        super().acknowledge()
        places, tag = self.message.channel.qos, self.message.delivery_tag
        if tag in places._delivered:
            places._quick_ack(tag)
