"""The database that each process of the tests copies: migrated once for each state of the code.

It stays in the tests' cluster, so that the browser's tests copy what the others have made.
"""

import hashlib
from contextlib import closing

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate

FLOORS = ("network", "microgroups", "facilitation", "bridging")
OURS = "kith_migrated_"
LOCK = 20_260_520  # any number: one process makes it, the others wait


def ensure_template():
    """The name of a database in which all migrations have run."""
    name = OURS + fingerprint()
    with closing(outside()) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{OURS}%"])
        found = {datname for (datname,) in cursor.fetchall()}
        if name not in found:
            for old in (*found, "kith_migrating"):
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
            cursor.execute("CREATE DATABASE kith_migrating")
            migrate("kith_migrating")
            cursor.execute(f'ALTER DATABASE kith_migrating RENAME TO "{name}"')
    post_migrate.receivers = []  # what follows migrating is in there, and no test takes it away
    return name


def fingerprint():
    """Of all that can change what migrating makes."""
    files = [settings.BASE_DIR / "requirements.lock"]
    for floor in FLOORS:
        files += sorted((settings.BASE_DIR / floor).rglob("*.py"))
        files += sorted((settings.BASE_DIR / floor).rglob("*.sql"))
    told = hashlib.sha256()
    for path in files:
        told.update(str(path.relative_to(settings.BASE_DIR)).encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def outside():
    """A connection to the server that needs none of our databases."""
    facts = connection.settings_dict
    server = psycopg2.connect(host=facts["HOST"], user=facts["USER"], dbname="postgres")
    server.autocommit = True
    return server


def migrate(name):
    facts = connection.settings_dict
    usual, facts["NAME"] = facts["NAME"], name
    try:
        call_command("migrate", verbosity=0)
    finally:
        connection.close()
        facts["NAME"] = usual
