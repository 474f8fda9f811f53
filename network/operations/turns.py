"""The requests of one process are answered in turn.

Python runs one thread at a time. Threads that answer at once take it from each other at each
question to the database and at each part of an answer, and all together answer fewer than one after
the other would.
"""

import asyncio


class Turns:
    """An ASGI application whose requests wait for their turn, first come, first served.

    patience: seconds after which a request no longer counts, and the next one begins beside it: so
    nothing slow keeps all others waiting.
    """

    def __init__(self, application, *, patience):
        self.application, self.patience = application, patience
        self.turn = asyncio.Semaphore()

    async def __call__(self, scope, receive, send):
        await self.turn.acquire()
        loop = asyncio.get_running_loop()
        end = loop.call_later(self.patience, self.turn.release)
        try:
            await self.application(scope, receive, send)
        finally:
            if loop.time() < end.when():
                end.cancel()
                self.turn.release()
