#!/usr/bin/env python
"""Every command of Kith: `python manage.py help`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    compiled = Path(__file__).resolve().parent / ".venv" / "pycache"
    if compiled.is_dir():  # starts are quick, and nothing is written among the sources
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(compiled)
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.config.settings")
    os.environ.setdefault("KITH_STATEMENT_TIMEOUT", "0")
    from network.operations.commands import execute

    execute(sys.argv)
