"""Questions that are asked on every page: put into SQL once, then asked again with new values.

Building a queryset and turning it into SQL costs ten times what its rows cost, and for PostgreSQL
to plan it costs three times that again (docs/decisions). `rows(build, *args)` answers what
`list(build(*args))` would. It calls `build` the first time only, with marks in the place of the
values, prepares the SQL once in each connection, and from then on hands in the values where the
marks have come out. `build` is a function of a module, and the same arguments must make it ask the
same thing: no clock, no setting, nothing that was stored. It may move a time or a day by a length,
and ask for a time's day (in UTC, or as it is); all else is reckoned outside, and handed in.

Arguments that are values: UUIDs, texts, times, days, bytes, lists of UUIDs, and a person who came
through the door (their key and their network's). All others (None, numbers, truths, tuples,
enumerations and the person's role) shape the question: each shape has its own SQL.
"""

import copy
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import count
from types import SimpleNamespace
from uuid import UUID, uuid4
from weakref import WeakKeyDictionary

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import prefetch_related_objects
from psycopg2.extensions import Binary

FAR = datetime(2900, 1, 1, tzinfo=UTC)
TYPES = {UUID: "uuid", datetime: "timestamptz", date: "date", bytes: "bytea"}  # a text: as it suits
numbers = count()
plans = {}  # {(build, shape): Plan}
prepared = WeakKeyDictionary()  # {a psycopg2 connection: names of what it has prepared}


def rows(build, *args):
    """The rows of `build(*args)`, as a list."""
    shape, values = taken_apart(args)
    if shape is None:
        return list(build(*args))
    plan = plans.get((build, shape))
    if plan is None:
        try:
            plan = plans[build, shape] = plan_of(build, args)
        except EmptyResultSet:  # a visitor, who may see nothing, or a list with nothing in it
            plan = plans[build, shape] = Nothing()
    return plan.rows(values)


def first(build, *args):
    """The first row, or None; `build` asks for one row only."""
    found = rows(build, *args)
    return found[0] if found else None


@dataclass(frozen=True)
class Question:
    """A list that `keyset_page` asks for part by part."""

    build: object
    args: tuple

    def queryset(self):
        return self.build(*self.args)

    def rows(self, narrow, *more):
        """The rows of `narrow(build(*args), *more)`."""
        return rows(narrowed, self.build, narrow, (len(self.args),), *self.args, *more)


def question(build, *args):
    """`build(*args)` for later: what `keyset_page` takes in the place of a queryset."""
    return Question(build, args)


def narrowed(build, narrow, split, *args):
    return narrow(build(*args[: split[0]]), *args[split[0] :])


# Values and shape


def taken_apart(args):
    """(shape, values) of the arguments; no shape where a person stands outside every network."""
    shape, values = [], []
    for arg in args:
        if isinstance(arg, AbstractBaseUser):
            if arg.here is None or not arg.here.is_current:
                return None, None
            shape.append((arg.__class__, arg.here.role))
            values += (arg.pk, arg.here.network_id)
        elif isinstance(arg, list):
            several = padded(arg)
            shape.append((list, len(several)))
            values += several
        elif is_value(arg):
            shape.append(type(arg))
            values.append(arg)
        else:
            shape.append(arg)
    return tuple(shape), values


def padded(keys):
    """The keys, the last one said again up to a power of two: few shapes for all lengths."""
    return keys + keys[-1:] * ((1 << (len(keys) - 1).bit_length()) - len(keys)) if keys else []


def is_value(arg):
    return isinstance(arg, UUID | str | date | bytes) and not isinstance(arg, Enum)


# Marks: values that are like no other, and cannot be worked with


class Mark:
    """A time or a day that may be handed on, and moved by a length that is always the same: what
    it stands for is not known yet. Whatever is made of it is a mark as well, and knows how.

    kin: all that was made of one value; steps: how this one was made of it.
    """

    kin: list
    place: int
    steps: tuple = ()

    def stand_for(self, place, kin=None, steps=()):
        self.place, self.steps = place, steps
        self.kin = [] if kin is None else kin
        self.kin.append(self)
        return self

    def made(self, mark, step):
        return mark.stand_for(self.place, self.kin, (*self.steps, step))

    def __add__(self, length):
        if type(length) is not timedelta:
            return self.reckoned()
        return self.made(mark_for(self), length)

    __radd__ = __add__

    def __sub__(self, length):
        return self + -length if type(length) is timedelta else self.reckoned()

    def reckoned(self, *_, **__):
        raise TypeError("Reckon outside, and hand the result in as a value of its own.")

    __rsub__ = astimezone = replace = reckoned


class MarkedTime(Mark, datetime):
    def date(self):
        return self.made(marked_day(), DAY_OF)

    def astimezone(self, zone=None):
        return self.made(mark_for(self), UTC) if zone is UTC else self.reckoned()


class MarkedDay(Mark, date):
    pass


DAY_OF = "its day"


def taken(value, steps):
    """What was made of the value, step by step."""
    for step in steps:
        if isinstance(step, timedelta):
            value += step
        else:
            value = value.date() if step is DAY_OF else value.astimezone(step)
    return value


def mark_for(value):
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, str):
        return secrets.token_hex(12)
    if isinstance(value, bytes):
        return secrets.token_bytes(24)
    if isinstance(value, datetime):
        far = FAR + timedelta(microseconds=secrets.randbelow(10**15))
        return MarkedTime(*far.timetuple()[:6], far.microsecond, tzinfo=UTC)
    return marked_day()


def marked_day():
    day = FAR + timedelta(days=secrets.randbelow(10**6))
    return MarkedDay(day.year, day.month, day.day)


@dataclass(frozen=True)
class Place:
    """How a person whose key is not known yet stands in the network."""

    role: str
    network_id: UUID
    is_admin: bool
    is_moderator: bool
    is_current: bool = True

    @property
    def open_network_ids(self):
        return [self.network_id]


def marked(args):
    """(arguments with marks for values, the marks in their order)."""
    given, marks = [], []
    for arg in args:
        if isinstance(arg, AbstractBaseUser):
            key, network = uuid4(), uuid4()
            stand_in = arg.__class__.from_db(DEFAULT_DB_ALIAS, ["id"], [key])
            here = arg.here
            stand_in.here = Place(here.role, network, here.is_admin, here.is_moderator)
            given.append(stand_in)
            marks += (key, network)
        elif isinstance(arg, list):
            several = [uuid4() for _ in padded(arg)]
            given.append(several)
            marks += several
        elif is_value(arg):
            mark = mark_for(arg)
            if isinstance(mark, Mark):
                mark.stand_for(len(marks))
            given.append(mark)
            marks.append(mark)
        else:
            given.append(arg)
    return given, marks


# Plans


@dataclass
class Plan:
    """A queryset as SQL, and of which value each of its parameters is made, by which steps (or it
    is itself: None)."""

    queryset: object
    compiler: object
    name: str
    sql: str
    params: tuple
    places: tuple

    def rows(self, values):
        queryset = self.queryset
        connection = connections[queryset.db]
        self.prepare(connection)
        given = tuple(taken(values[place[0]], place[1]) for place in self.places if place)
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_, **__: (self.execute, given)
        asked = SimpleNamespace(
            db=queryset.db,
            model=queryset.model,
            query=Compiled(queryset.query, compiler),
            _fields=queryset._fields,
            _known_related_objects={},
        )
        found = list(queryset._iterable_class(asked))
        if queryset._prefetch_related_lookups:
            prefetch_related_objects(found, *queryset._prefetch_related_lookups)
        return found

    @cached_property
    def execute(self):
        given = ", ".join("%s" for place in self.places if place)
        return f'EXECUTE "{self.name}" ({given})' if given else f'EXECUTE "{self.name}"'

    def prepare(self, connection):
        """Hand the question to this connection, once; its own parameters are part of it."""
        connection.ensure_connection()
        names = prepared.setdefault(connection.connection, set())
        if self.name in names:
            return
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(self.prepare_sql(cursor))
        names.add(self.name)

    def prepare_sql(self, cursor):
        parts, types = [], []
        for param, place in zip(self.params, self.places, strict=True):
            if place is None:
                parts.append(cursor.mogrify("%s", [param]).decode())
            else:
                types.append(type_of(param))
                parts.append(f"${len(types)}")
        typed = f" ({', '.join(types)})" if types else ""
        return f'PREPARE "{self.name}"{typed} AS {self.sql % tuple(parts)}'


class Nothing:
    """The plan of a question that has no answer, whatever the values."""

    def rows(self, _):
        return []


def type_of(mark):
    """The type that psycopg2 gives to a value of the mark's kind; a text's is found by its use."""
    bare = mark.adapted if isinstance(mark, Binary) else mark
    return next((name for kind, name in TYPES.items() if isinstance(bare, kind)), "unknown")


class Compiled:
    """The queryset's query, whose compiler is ready."""

    def __init__(self, query, compiler):
        self.query, self.compiler = query, compiler

    def get_compiler(self, *_, **__):
        return self.compiler

    def __getattr__(self, name):
        return getattr(self.query, name)


def plan_of(build, args):
    """The plan of a question; made twice, so that what changes between two askings is noticed."""
    plan, again = compiled(build, args), compiled(build, args)
    if (plan.sql, plan.places) != (again.sql, again.places) or any(
        here != there
        for here, there, place in zip(plan.params, again.params, plan.places, strict=True)
        if place is None
    ):
        raise ValueError(f"{build.__module__}.{build.__qualname__} asks each time another thing.")
    return plan


def compiled(build, args):
    given, marks = marked(args)
    queryset = build(*given)
    compiler = queryset.query.get_compiler(using=queryset.db)
    sql, params = compiler.as_sql()
    places = tuple(place_of(param, marks) for param in params)
    for mark in marks:
        if isinstance(mark, str) and any(is_part(mark, param) for param in params):
            raise ValueError(f"{build.__qualname__} makes another text of one that it was given.")
    name = f"{build.__name__}_{next(numbers)}"
    return Plan(queryset, compiler, name, sql, tuple(params), places)


def place_of(param, marks):
    """(which value, steps) this parameter is made of; None for one that is the question's own."""
    bare = param.adapted if isinstance(param, Binary) else param
    for place, mark in enumerate(marks):
        for made in mark.kin if isinstance(mark, Mark) else [mark]:
            if type(bare) is type(made) and bare == made:
                return place, made.steps if isinstance(made, Mark) else ()
    return None


def is_part(mark, param):
    return isinstance(param, str) and mark in param and mark != param
