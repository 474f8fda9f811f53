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


class Memory(LocMemCache):
    """Django's cache in the memory of this process, that counts."""

    def take(self, this, before, most, share, seconds):
        """See `Server.take`."""
        counts = self.get_many([this, before])
        here, there = counts.get(this, 0), counts.get(before, 0)
        is_room = here + there * share + 1 <= most
        if is_room and not self.add(this, 1, seconds):
            self.incr(this)
        return here, there, is_room


class Server(RedisCache):
    """Django's cache on Redis, that counts."""

    TAKE = """
    local here = tonumber(redis.call('GET', KEYS[1]) or 0)
    local there = tonumber(redis.call('GET', KEYS[2]) or 0)
    if here + there * tonumber(ARGV[2]) + 1 > tonumber(ARGV[1]) then return {here, there, 0} end
    if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
    return {here, there, 1}
    """

    def take(self, this, before, most, share, seconds):
        """Count one more in `this`, which lives so long, if it and its share of `before` have room.

        (count in this, count in before, whether it was counted); one question, nobody in between.
        """
        keys = [self.make_and_validate_key(key) for key in (this, before)]
        client = self._cache.get_client(None, write=True)
        here, there, is_room = client.eval(self.TAKE, 2, *keys, most, share, seconds)
        return here, there, bool(is_room)


class Away:
    """Until when this process does without the server."""

    until = 0.0


def steadily(name):
    """The cache's method, answered from memory while the server is away."""

    def method(self, *args, **kwargs):
        if time.monotonic() >= Away.until:
            try:
                return getattr(Server, name)(self, *args, **kwargs)
            except redis.RedisError as error:
                Away.until = time.monotonic() + AWAY_FOR
                log.warning("cache.away", error=type(error).__name__)
        return getattr(self.memory, name)(*args, **kwargs)

    return method


class SteadyCache(Server):
    """The cache on Redis, with the memory of this process behind it."""

    def __init__(self, server, params):
        super().__init__(server, dict(params))
        self.memory = Memory("steady", {"KEY_PREFIX": params.get("KEY_PREFIX", "")})

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
    take = steadily("take")
    touch = steadily("touch")
