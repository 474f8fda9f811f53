"""The settings of a program whose clock a file moves (clock.py): those of the product.

Each process of it reads them before anything else, so each of them has the same clock.
"""

from network.config.settings import *  # noqa: F403
from tests.trust.clock import follow

LIMITS_SCALE = 1000  # limits count in real seconds, and a month takes minutes here
follow()
