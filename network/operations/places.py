"""Where the embedded servers keep their data, their sockets and their logs."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST_SOCKET_FOLDER = 80
TROUBLE = set(" %?#&")


def socket_folder(var):
    """The folder of the sockets: `run` in var, or a short private one where that path would not do.

    A socket's path has at most about 100 bytes, and stands in addresses.
    """
    folder = Path(var) / "run"
    text = str(folder)
    if len(text.encode()) <= LONGEST_SOCKET_FOLDER and text.isascii() and not TROUBLE & set(text):
        return folder
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"kith-{os.getuid()}-{name}"


def make_private(folder, *, owner):
    """Make the folder for its owner alone, or refuse one that somebody else put there."""
    folder.mkdir(parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), owner.pw_uid}:
        raise SystemExit(f"kith: {folder} belongs to somebody else. Move it away and start again.")
    if found.st_uid != owner.pw_uid:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o700)
