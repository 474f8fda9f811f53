"""The settings of the tests: those of the product, cheap where a test does not look."""

import os

from network.config.settings import *  # noqa: F403
from network.config.settings import CACHES, DATABASES, STATIC_ROOT, redis_url

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # looks for a file when asked, not for all with each new Client
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
ALLOWED_HOSTS = ["*"]
LIMITS_SCALE = 100  # tests write fast; those of the limits themselves set it to one

DATABASES["default"]["ENGINE"] = "tests.database"

# Each process of a parallel run has its own databases in the one Valkey.
MINE = 3 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CELERY_BROKER_URL = redis_url(MINE, celery=True)
CACHES["default"]["LOCATION"] = redis_url(MINE + 1)
LIVE_URL = redis_url(MINE + 2)
