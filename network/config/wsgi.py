"""Pages and API, synchronous."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.config.settings")
os.environ.setdefault("KITH_STATEMENT_TIMEOUT", "15")
os.environ.setdefault("KITH_PLANS_ONCE", "true")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
