"""Where this machine has a Chromium for the browser tests, and how it gets one."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
APPS = [
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
]
MISSING = (
    "The browser tests need Chromium and this machine has none.\n"
    "Install it (Debian: apt-get install chromium; Mac: brew install --cask chromium) "
    "or name one: KITH_CHROMIUM=/path/to/chromium make test"
)


def find():
    """The path of a Chromium; None where there is none."""
    if named := os.environ.get("KITH_CHROMIUM"):
        return named
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return found or next((str(app) for app in APPS if app.exists()), None)


def find_or_install():
    """The path of a Chromium, installed by the system's package manager where that is allowed."""
    if not find() and os.getuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet)
        packages = ["chromium", "fonts-dejavu-core"]
        subprocess.run(["apt-get", "install", "-y", "-qq", *packages], env=quiet)
    return find()
