"""That a half-made environment is made anew, and a whole one left alone."""

import shutil
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.fixture
def checkout(tmp_path):
    """A folder to install into, that needs no packages, so that nothing is fetched."""
    shutil.copy(settings.BASE_DIR / "install.py", tmp_path)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text("# nothing\n")
    return tmp_path


def install(checkout, purpose="run"):
    done = subprocess.run(
        [sys.executable, "install.py", purpose],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def python_starts(checkout):
    return subprocess.run([checkout / ".venv/bin/python", "-c", ""]).returncode == 0


def test_the_environment_is_made_once(checkout):
    assert install(checkout).startswith("Making the Python environment")
    assert python_starts(checkout)

    assert install(checkout) == ""


def test_one_that_was_broken_off_is_made_anew(checkout):
    install(checkout)
    (checkout / ".venv/made-of").unlink()
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/half").touch()

    assert install(checkout).startswith("Making the Python environment")

    assert python_starts(checkout)
    assert not (checkout / ".venv/half").exists()


def test_one_whose_python_is_gone_is_made_anew(checkout):
    install(checkout)
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to("/nowhere/python")

    assert install(checkout).startswith("Making the Python environment")

    assert python_starts(checkout)


def test_other_packages_are_added_to_a_whole_one(checkout):
    install(checkout)
    (checkout / "requirements.lock").write_text("# nothing, said otherwise\n")

    assert install(checkout).startswith("Bringing the Python environment in .venv up to date")


def test_what_the_tests_need_is_enough_to_run(checkout):
    install(checkout, "test")

    assert install(checkout, "run") == ""
