"""Runs a server as the ordinary user that it insists on, tied to the life of its starter.

PostgreSQL refuses to run as root. Where root starts Kith, the embedded servers become `nobody`; if
a folder on the way to their files is closed to nobody, they keep the one capability that lets them
through, and no other.
As a program: `python rootless.py SIGNAL PARENT USER PATH… -- PROGRAM ARGUMENT…`.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import suppress

SET_PDEATHSIG, SET_SECUREBITS, CAP_AMBIENT, AMBIENT_RAISE = 1, 28, 47, 2
NO_SETUID_FIXUP, KEEP_CAPS = 1 << 2, 1 << 4
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2  # container runtimes usually grant only the first
VERSION_3 = 0x20080522
Words = ctypes.c_uint32 * 6  # (effective, permitted, inheritable) twice
ON_LINUX = sys.platform.startswith("linux")
LOOK, PARTING = 0.2, 10  # seconds: how often a guard looks, and how long it waits for the end


def server_user():
    """Who the embedded servers run as: nobody when root starts them, else whoever does."""
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def command(program, *arguments, paths=(), ends_with=signal.SIGTERM, user=""):
    """The command line that runs the program so: as the user, who must reach the `paths`."""
    me = [sys.executable, "-I", "-S", __file__, str(int(ends_with)), str(os.getpid()), user]
    return [*me, *map(str, paths), "--", str(program), *map(str, arguments)]


def end_with_parent(sent=signal.SIGKILL, parent=None):
    """Ask the kernel to send us a signal when our parent dies. Other systems than Linux cannot.

    It tells of deaths to come only: who names the `parent` ends when that one is gone already.
    """
    if not ON_LINUX:
        return
    sys_call("prctl", SET_PDEATHSIG, int(sent), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), sent)


def sys_call(name, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*args) != 0:
        raise OSError(ctypes.get_errno(), f"{name} failed")


def header():
    return ctypes.byref((ctypes.c_uint32 * 2)(VERSION_3, 0))


def is_reachable(path, user):
    """Whether the user may enter every folder on the way."""
    path = os.path.realpath(path)
    while True:
        found = os.stat(path)
        shift = 6 if found.st_uid == user.pw_uid else 3 if found.st_gid == user.pw_gid else 0
        if not found.st_mode >> shift & 1:
            return False
        if path == "/":
            return True
        path = os.path.dirname(path)


def become(user, paths):
    """Give up root for the user, for good."""
    keep = None
    if not all(is_reachable(path, user) for path in paths):
        keep = capability_to_pass()
        # without NO_SETUID_FIXUP access(2) ignores the capability, and initdb checks with access(2)
        sys_call("prctl", SET_SECUREBITS, NO_SETUID_FIXUP | KEEP_CAPS, 0, 0, 0)
    os.setgroups([])
    os.setresgid(*[user.pw_gid] * 3)
    os.setresuid(*[user.pw_uid] * 3)
    if keep is not None:
        bit = 1 << keep
        sys_call("capset", header(), Words(bit, bit, bit, 0, 0, 0))
        sys_call("prctl", CAP_AMBIENT, AMBIENT_RAISE, keep, 0, 0)


def capability_to_pass():
    """The least of ours that lets a process through closed folders."""
    words = Words()
    sys_call("capget", header(), words)
    for capability in (DAC_READ_SEARCH, DAC_OVERRIDE):
        if words[1] >> capability & 1:
            return capability
    sys.exit(
        "kith: the embedded servers may not enter this folder: "
        "move Kith out of the private home, or set DATABASE_URL and REDIS_URL."
    )


def main(sent, parent, user, *rest):
    paths, (program, *arguments) = rest[: rest.index("--")], rest[rest.index("--") + 1 :]
    if user and os.getuid() == 0:
        become(pwd.getpwnam(user), [program, *paths])
    os.umask(0o077)
    if not ON_LINUX:
        guard(int(parent), int(sent), program, *arguments)
    end_with_parent(int(sent), int(parent))  # last of all: a change of user clears it
    os.execv(program, [program, *arguments])


def guard(parent, sent, program, *arguments):
    """Where the kernel does not tell of a parent's death: stay beside the program and look."""
    child = subprocess.Popen([program, *arguments])
    for wish in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wish, lambda number, _: child.send_signal(number))
    while child.poll() is None:
        if os.getppid() != parent:
            child.send_signal(sent)
            with suppress(subprocess.TimeoutExpired):
                child.wait(PARTING)
            os.killpg(0, signal.SIGKILL)
        time.sleep(LOOK)
    sys.exit(child.returncode)


if __name__ == "__main__":
    main(*sys.argv[1:])
