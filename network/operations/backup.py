"""Everything of one deployment in one file, and back from it into an empty place.

The file is a tar of `manifest.json` (version, when, SHA-256 and row counts) and `database.dump`
(pg_dump's custom format), both of one snapshot. With a key it is sealed in pieces with AES-256-GCM,
so that a cut or altered file is known before anything is touched. Settings are not in it.
"""

import hashlib
import io
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from network.notifications.models import Silence
from network.operations.servers import postgres_program
from network.people.models import Person

SEALED = b"KITH SEALED BACKUP 1\n"
PIECE = 1 << 20


class BackupFailed(Exception):
    """Nothing was changed; the sentence says why."""


def backup(target, *, key=""):
    """Write a backup to the path `target`; answers the manifest."""
    target = Path(target)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        dump = Path(folder) / "database.dump"
        manifest = dump_database(dump)
        bundle = Path(folder) / "bundle"
        with tarfile.open(bundle, "w") as tar:
            told = json.dumps(manifest, indent=1).encode()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(told)
            tar.addfile(entry, io.BytesIO(told))
            tar.add(dump, "database.dump")
        if key:
            seal(bundle, Path(folder) / "sealed", key)
            bundle = Path(folder) / "sealed"
        bundle.chmod(0o600)
        bundle.replace(target)
    return manifest


def dump_database(dump):
    """pg_dump of one snapshot, and the manifest counted in the same."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        run("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={dump}")
        counts = count_rows(cursor)
    return {
        "kith": "1",
        "made_at": timezone.now().isoformat(),
        "database_sha256": digest_of(dump),
        "rows": counts,
    }


def restore(source, *, key=""):
    """Bring a backup back into an empty place; answers the manifest.

    It is verified before anything is touched. What was restored sends nothing until it is told
    to (`restore --go-live`). Raises BackupFailed.
    """
    if connection.introspection.table_names() and Person.objects.exists():
        raise BackupFailed("There are people here already. Restore into an empty place.")
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(source)
        with bundle.open("rb") as file:
            sealed = file.read(len(SEALED)) == SEALED
        if sealed:
            bundle = unseal(bundle, Path(folder) / "bundle", key)
        manifest, dump = unpack(bundle, Path(folder))
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.close()
        database = settings.DATABASES["default"]["NAME"]
        run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={database}", str(dump))
    with connection.cursor() as cursor:
        counts = count_rows(cursor)
    if counts != manifest["rows"]:
        raise BackupFailed("The restored tables do not hold what the manifest says.")
    Silence.objects.get_or_create(pk=1, defaults={"since": timezone.now()})
    return manifest


def go_live():
    """Let a restored copy send again; answers whether it was silent."""
    return Silence.objects.all().delete()[0] > 0


def unpack(bundle, folder):
    """(manifest, path of the dump) of a bundle that is what its manifest says."""
    try:
        with tarfile.open(bundle) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))
            tar.extract("database.dump", folder, filter="data")
    except (tarfile.TarError, KeyError, ValueError, OSError) as error:
        raise BackupFailed("This is no backup of Kith, or it is cut short.") from error
    dump = folder / "database.dump"
    if digest_of(dump) != manifest.get("database_sha256"):
        raise BackupFailed("This backup was altered or cut: its checksum does not fit.")
    return manifest, dump


def count_rows(cursor):
    """How many rows each table of ours holds, by table; silence is not counted."""
    counts = {}
    for model in apps.get_models(include_auto_created=True):
        if model is Silence or model._meta.proxy or not model._meta.managed:
            continue
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        (counts[model._meta.db_table],) = cursor.fetchone()
    return counts


def digest_of(path):
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(program, *arguments):
    """A program of PostgreSQL against our database."""
    database = settings.DATABASES["default"]
    place = {
        "PGHOST": database.get("HOST"),
        "PGPORT": str(database.get("PORT") or ""),
        "PGUSER": database.get("USER"),
        "PGPASSWORD": database.get("PASSWORD"),
        "PGDATABASE": database["NAME"],
    }
    done = subprocess.run(
        [postgres_program(program), *arguments],
        env={**os.environ, **{name: value for name, value in place.items() if value}},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BackupFailed(f"{program} did not succeed: {done.stderr.strip()[-500:]}")


def derive(key, salt):
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(key.encode())


def seal(plain, sealed, key):
    """Encrypt a file in pieces, each bound to its place; the last one says that it is the last."""
    salt = os.urandom(16)
    box = AESGCM(derive(key, salt))
    with plain.open("rb") as source, sealed.open("wb") as target:
        target.write(SEALED + salt)
        number, piece = 0, source.read(PIECE)
        while True:
            following = source.read(PIECE)
            place = number.to_bytes(12, "big")
            target.write(box.encrypt(place, piece, b"more" if following else b"last"))
            if not following:
                return
            number, piece = number + 1, following


def unseal(sealed, plain, key):
    """Decrypt what `seal` made; answers the path of the plain file. Raises BackupFailed."""
    if not key:
        raise BackupFailed("This backup is sealed. Set BACKUP_KEY to the key it was made with.")
    with sealed.open("rb") as source, plain.open("wb") as target:
        source.read(len(SEALED))
        box = AESGCM(derive(key, source.read(16)))
        number, piece = 0, source.read(PIECE + 16)
        while True:
            following = source.read(PIECE + 16)
            try:
                target.write(
                    box.decrypt(
                        number.to_bytes(12, "big"), piece, b"more" if following else b"last"
                    )
                )
            except InvalidTag as error:
                raise BackupFailed(
                    "The key does not fit, or the backup was altered or cut."
                ) from error
            if not following:
                return plain
            number, piece = number + 1, following
