"""A network of any size, put into the database by SQL alone."""

from pathlib import Path

from django.db import connection

SIZES = {
    # groups, those in which people talk, members a group, threads a group, posts a thread
    "tiny": (12, 12, 20, 5, 20),
    "small": (50, 50, 20, 10, 20),
    "large": (5_000, 1_000, 40, 10, 20),
}
LONG = 1_000  # posts of the one long thread


def fill(size):
    """Put the network of this size down, as the database knows one that has stood a while."""
    put_down(size)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def put_down(size):
    """The rows of the network; the database must be empty and migrated."""
    groups, talking, members, threads, posts = SIZES[size]
    facts = {
        "groups": groups,
        "talking": talking,
        "members": members,
        "threads": threads,
        "posts": posts,
        "people": max(members * 3, groups * members // 2),
        "long": LONG,
    }
    with connection.cursor() as cursor:
        cursor.execute(Path(__file__).with_suffix(".sql").read_text(), facts)
