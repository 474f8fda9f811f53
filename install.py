"""Makes the Python environment in .venv from the locked packages: `install.py run`, or `test`.

Needs Python 3.11 and pip, or uv. A half-made environment is made anew; a whole one takes no time.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCKS = {"run": HERE / "requirements.lock", "test": HERE / "requirements-dev.lock"}
COMPILED = ENVIRONMENT / "pycache"  # manage.py looks here
STAMP = ENVIRONMENT / "made-of"  # written last: without it the environment is not whole


def main(purpose):
    with_lock_on(HERE)
    wanted = fingerprint(purpose)
    made = STAMP.read_text().split() if STAMP.exists() else []
    if wanted in made and works():
        return
    started = time.monotonic()
    if not made or not works():
        say("Making the Python environment in .venv …")
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    else:
        say("Bringing the Python environment in .venv up to date …")
    STAMP.unlink(missing_ok=True)
    if not install(LOCKS[purpose]):
        sys.exit("kith: the packages could not be installed; the lines above say why.")
    compile_all()
    still_good = [fingerprint("run")] if purpose == "test" else []
    STAMP.write_text("\n".join([wanted, *still_good]))
    say(f"The environment is ready after {time.monotonic() - started:.0f} s")


def with_lock_on(folder):
    """Wait for another make in this folder; the lock ends with this process."""
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)


def fingerprint(purpose):
    return hashlib.sha256(LOCKS[purpose].read_bytes()).hexdigest()


def works():
    """Whether the environment's Python starts: the one that it was made of may be gone."""
    return (
        PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], capture_output=True).returncode == 0
    )


def install(lock):
    """The locked packages, each checked against its hash."""
    if uv := shutil.which("uv"):
        made = PYTHON.exists() or ran(
            uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT
        )
        packages = ["--require-hashes", "-r", lock]
        return made and ran(uv, "pip", "install", "--python", PYTHON, *packages)
    if importlib.util.find_spec("pip") is None:
        sys.exit("kith: needs pip (on Debian: apt-get install python3-pip) or uv.")
    made = PYTHON.exists() or ran(sys.executable, "-m", "venv", "--without-pip", ENVIRONMENT)
    pip = [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"]
    packages = ["--require-hashes", "--no-compile", "-r", lock]
    return made and counted([*pip, "install", *packages], packages_in(lock))


def compile_all():
    """Compile the packages into one folder, to which our own code comes as it runs.

    Some packages carry files for other Pythons, which do not compile and are not missed.
    """
    say("  compiling them …")
    COMPILED.mkdir(exist_ok=True)
    subprocess.run(
        [PYTHON, "-m", "compileall", "-qq", "-j", "0", "-x", "/tests?/", ENVIRONMENT / "lib"],
        env={**os.environ, "PYTHONPYCACHEPREFIX": str(COMPILED)},
    )


def ran(*command):
    return subprocess.run(command, cwd=HERE).returncode == 0


def packages_in(lock):
    return sum(1 for line in lock.read_text().splitlines() if line[:1].isalnum())


def counted(command, total):
    """Run pip with one line of progress, and all that it said when it fails."""
    said = []
    pip = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for line in pip.stdout:
        said.append(line)
        fetched = sum(1 for past in said if past.startswith("Collecting "))
        if line.startswith("Collecting ") and (sys.stdout.isatty() or fetched % 20 == 0):
            say(f"  {fetched} of at most {total} packages")
        elif line.startswith("Installing collected"):
            say("  installing them …")
    if pip.wait() != 0:
        sys.stdout.writelines(said[-40:])
    return pip.returncode == 0


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
