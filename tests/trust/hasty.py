"""The product's beat in a hurry: it asks every two seconds for what is due, not every ten.

`celery beat --scheduler tests.trust.hasty:Beat`. Nothing else of it is another: whoever waits for
what beat asks for waits for the same, not as long.
"""

from network.operations import beat
from network.operations.beat import Beat

__all__ = ["Beat"]

beat.TICK = 2
