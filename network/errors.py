"""What Kith says when it will not do something: a code for programs, a sentence for people."""

import math


class Refused(Exception):
    """A rule says no. `code` never changes; the sentence says what is so, then what can be done."""

    status = 409

    def __init__(self, code, message, **facts):
        super().__init__(message)
        self.code = code
        self.message = message
        self.facts = facts

    def __str__(self):
        return self.message


class NotAllowed(Refused):
    """Somebody sees the thing and may not do this with it."""

    status = 403

    def __init__(self, code="not_allowed", message="That is not yours to do here.", **facts):
        super().__init__(code, message, **facts)


class Invalid(Refused):
    """The input itself is wrong: `errors` names each field with its sentences."""

    status = 400

    def __init__(self, errors):
        self.errors = {
            field: [said] if isinstance(said, str) else list(said) for field, said in errors.items()
        }
        super().__init__("invalid", next(iter(self.errors.values()))[0])


class TooOften(Refused):
    """That was a lot in a short while; after `wait` seconds there is room again."""

    status = 429

    def __init__(self, wait, in_words, why="That was a lot in a short while."):
        super().__init__("too_often", f"{why} There is room again in {in_words}.")
        self.wait = math.ceil(wait)
