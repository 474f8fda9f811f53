#!/usr/bin/env python
"""Every command of Kith: `python manage.py help`."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.config.settings")
    os.environ.setdefault("KITH_STATEMENT_TIMEOUT", "0")
    from network.operations.commands import execute

    execute(sys.argv)
