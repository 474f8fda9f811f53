"""A cache that never says no: Redis, and while it is away the memory of this process.

Sign-in limits count in it (trust.md §6): a lost server must not open the door to guessing.
"""

import time

import redis
import structlog
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

AWAY_FOR = 5  # seconds in which a server that failed is not asked again

log = structlog.get_logger("kith.cache")


class Away:
    """Until when this process does without the server."""

    until = 0.0


def steadily(name):
    """The cache's method, answered from memory while the server is away."""

    def method(self, *args, **kwargs):
        if time.monotonic() >= Away.until:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except redis.RedisError as error:
                Away.until = time.monotonic() + AWAY_FOR
                log.warning("cache.away", error=type(error).__name__)
        return getattr(self.memory, name)(*args, **kwargs)

    return method


class SteadyCache(RedisCache):
    """Django's cache on Redis, with the memory of this process behind it."""

    def __init__(self, server, params):
        super().__init__(server, dict(params))
        self.memory = LocMemCache("steady", {"KEY_PREFIX": params.get("KEY_PREFIX", "")})

    add = steadily("add")
    clear = steadily("clear")
    delete = steadily("delete")
    delete_many = steadily("delete_many")
    get = steadily("get")
    get_many = steadily("get_many")
    has_key = steadily("has_key")
    incr = steadily("incr")
    set = steadily("set")
    set_many = steadily("set_many")
    touch = steadily("touch")
