"""How Kith is set up. What differs between places comes from the environment (README)."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from network.operations.environment import (
    BASE,
    PORT,
    VAR,
    env,
    given,
    made_once,
    number,
    read,
    stop,
    truth,
    url,
    words,
)
from network.operations.logs import json_lines
from network.operations.places import socket_folder

BASE_DIR = BASE
SOCKETS = socket_folder(VAR)

# Who may ask, and from where

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = words("ALLOWED_HOSTS", default=LOOPBACK)
if any("*" in host or "/" in host or " " in host for host in ALLOWED_HOSTS):
    stop("ALLOWED_HOSTS", "must be host names, set apart by commas, without * and without http://.")

DEBUG = truth("DEBUG")
if DEBUG and not set(ALLOWED_HOSTS) <= {*LOOPBACK, "testserver"}:
    stop(
        "DEBUG",
        "shows the inside of Kith and works on loopback only: leave it out with ALLOWED_HOSTS.",
    )

try:
    TRUSTED_PROXIES = [ip_network(word, strict=False) for word in words("TRUSTED_PROXIES")]
except ValueError:
    stop("TRUSTED_PROXIES", "must be addresses or networks like 10.0.0.0/8, set apart by commas.")

OUTBOUND_ALLOW = words("OUTBOUND_ALLOW")
for place in OUTBOUND_ALLOW:
    if not place.rpartition(":")[0] or not place.rpartition(":")[2].isdigit():
        stop("OUTBOUND_ALLOW", "must be host:port, set apart by commas.")

LIMITS_SCALE = number("LIMITS_SCALE", default=1, most=10**6)
BACKUP_KEY = given("BACKUP_KEY")
CLAMD_URL = url("CLAMD_URL", "tcp", "unix")
HERE = f"http://127.0.0.1:{PORT}"  # what links start with where a network has no host of its own

# The servers

DATABASE_URL = url("DATABASE_URL", "postgres", "postgresql")
REDIS_URL = url("REDIS_URL", "redis", "rediss")
EMBEDDED_DATABASE = not DATABASE_URL
EMBEDDED_REDIS = not REDIS_URL

if DATABASE_URL:
    DATABASE = read(env.dj_db_url, "DATABASE_URL", None, "an address like postgres://…")
    if not DATABASE["NAME"]:
        stop("DATABASE_URL", "must end with the name of a database: postgres://…/kith.")
else:
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "kith",
        "USER": "postgres",
        "HOST": str(SOCKETS),
    }
STATEMENT_TIMEOUT = number("KITH_STATEMENT_TIMEOUT", default=120, least=0)  # seconds; 0 for none
# Pages ask for few rows by their keys: PostgreSQL plans what is prepared once, for all values. Jobs
# read stretches of time, for which it depends on the values.
PLANS = "force_generic_plan" if truth("KITH_PLANS_ONCE") else "auto"
PATIENCE = (
    "-c lock_timeout=3s -c idle_in_transaction_session_timeout=30s "
    f"-c statement_timeout={STATEMENT_TIMEOUT}s -c plan_cache_mode={PLANS}"
)
DATABASES = {
    "default": {
        **DATABASE,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**DATABASE.get("OPTIONS", {}), "options": PATIENCE},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def redis_url(offset, *, celery=False):
    """The address of one of our databases in Redis: flushing one leaves the others."""
    if not REDIS_URL:
        form = "redis+socket://{}?virtual_host={}" if celery else "unix://{}?db={}"
        return form.format(SOCKETS / "valkey.sock", offset)
    parts = urlsplit(REDIS_URL)
    first = parts.path.strip("/") or "0"
    if not first.isdigit():
        stop("REDIS_URL", "must end with the number of a database, or with none: redis://…/0.")
    return parts._replace(path=f"/{int(first) + offset}").geturl()


CACHES = {
    "default": {
        "BACKEND": "network.rest.steady.SteadyCache",
        "LOCATION": redis_url(1),
        "KEY_PREFIX": "kith",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},  # see rest/steady.py
    }
}
LIVE_URL = redis_url(2)

# Jobs: trust.md §12

CELERY_BROKER_URL = redis_url(0, celery=True)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True  # a dead worker's message comes back
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # else a killed child is acknowledged and lost
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # no hoarding behind a long task
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300  # well under the visibility timeout, else copies run side by side
CELERY_VISIBILITY_TIMEOUT = 1800
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 1800,
    "socket_timeout": 5,  # a dead broker must not hang a request
    "socket_connect_timeout": 5,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "now"
CELERY_TASK_ROUTES = {"network.notifications.tasks.deliver_notices": {"queue": "mail"}}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_IMPORTS = ["network.operations.tasks"]
CELERY_BEAT_SCHEDULER = "network.operations.beat:Beat"
CELERY_TIMEZONE = "UTC"

# The code

INSTALLED_APPS = [
    "network",
    "microgroups",
    "facilitation",
    "bridging",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "network.operations.operators.Operators",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "network.operations.statics.Statics",
]
MIDDLEWARE = [
    "network.operations.logs.RequestLog",
    "network.operations.doors.TrustedProxies",
    "network.operations.doors.PrivateCookies",
    "network.operations.doors.ClosedByDefault",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "network.networks.middleware.NetworkMiddleware",
    "network.rest.limits.Limits",
]
ROOT_URLCONF = "network.config.urls"
WSGI_APPLICATION = "network.config.wsgi.application"
ASGI_APPLICATION = "network.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "network.networks.context.chrome",
            ]
        },
    }
]

# Accounts

AUTH_USER_MODEL = "network.Person"
AUTHENTICATION_BACKENDS = ["network.people.sessions.SignIn"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_ADAPTER = "network.networks.adapter.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "network.people.forms.SignUpForm"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(timedelta(minutes=10).total_seconds())
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_RATE_LIMITS = {
    "login": "",  # only what fails is counted here; all requests are, by network.rest.limits
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/h/ip",
    "reset_password": "5/h/key",
    "confirm_email": "1/3m/key",
}

SESSION_ENGINE = "network.people.sessions"
SESSION_COOKIE_NAME = "kith_session"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "kith_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

if DATABASE_URL and not given("SECRET_KEY"):
    stop(
        "SECRET_KEY", "is needed with a DATABASE_URL: at least 32 characters that nobody can guess."
    )
SECRET_KEY = given("SECRET_KEY") or made_once(VAR / "secret_key", lambda: token_urlsafe(48))
if len(SECRET_KEY) < 32 or len(set(SECRET_KEY)) < 5:
    stop("SECRET_KEY", "is too easy to guess: take at least 32 characters by chance.")

# What the browser is told: trust.md §7

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "report-uri": "/csp/",
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())  # said over TLS only
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # believed from TRUSTED_PROXIES only
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # the CSRF check is there, through CsrfViewMiddleware
    "security.W005",  # the domains beside ours are not ours to decide about
    "security.W021",
    "security.W008",  # the proxy sends people from http to https
    "security.W012",  # PrivateCookies makes the session cookie Secure over TLS
    "security.W016",  # and the CSRF cookie
]

# Files and pages

STATIC_URL = "/static/"
STATIC_ROOT = Path(given("KITH_STATIC") or VAR / "static")
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
MEDIA_ROOT = VAR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "network.operations.statics.NamedByContent"},
}
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"

# Mail

DEFAULT_FROM_EMAIL = SERVER_EMAIL = given("MAIL_FROM") or "Kith <kith@localhost>"
MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "submission": 587, "smtp+ssl": 465, "smtps": 465}
MAIL_FOLDER = VAR / "mail"
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = "network.operations.mail.EmlFolder"
if EMAIL_URL := url("EMAIL_URL", *MAIL_PORTS):
    MAIL = urlsplit(EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = MAIL.hostname or stop("EMAIL_URL", "must name a host: smtp+tls://…@host:587.")
    EMAIL_PORT = MAIL.port or MAIL_PORTS[MAIL.scheme]
    EMAIL_HOST_USER = unquote(MAIL.username or "")
    EMAIL_HOST_PASSWORD = unquote(MAIL.password or "")
    EMAIL_USE_SSL = MAIL.scheme in {"smtps", "smtp+ssl"}
    EMAIL_USE_TLS = MAIL.scheme in {"smtp+tls", "submission"}

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "network.tokens.authentication.BearerToken",
        "network.rest.session.BrowserSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["network.rest.scopes.Scopes"],
    "DEFAULT_PAGINATION_CLASS": "network.rest.listing.Cursors",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["network.rest.body.Json"],
    "DEFAULT_SCHEMA_CLASS": "network.rest.schema.Description",
    "EXCEPTION_HANDLER": "network.rest.errors.problem_handler",
    "UNAUTHENTICATED_USER": "network.people.models.Visitor",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kith",
    "DESCRIPTION": "Small groups where everybody knows your name, inside one larger network.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "DEFAULT_GENERATOR_CLASS": "network.rest.schema.WrittenOnce",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JoinPolicyEnum": "microgroups.groups.models.JoinPolicy",
        "GroupStateEnum": "microgroups.groups.models.State",
        "MembershipStateEnum": "microgroups.membership.models.State",
        "GroupRoleEnum": "microgroups.membership.models.Role",
        "NetworkRoleEnum": "network.networks.models.Role",
        "ThreadKindEnum": "microgroups.conversation.models.Kind",
        "CueKindEnum": "facilitation.cues.models.Kind",
        "CueStateEnum": "facilitation.cues.models.State",
        "DecisionKindEnum": "facilitation.moderation.models.Kind",
        "DecisionStateEnum": "facilitation.moderation.models.State",
        "VerdictEnum": "facilitation.moderation.models.Verdict",
        "InvitationKindEnum": "microgroups.membership.models.InvitationKind",
        "InvitationStateEnum": "microgroups.membership.models.InvitationState",
        "BuddingChoiceEnum": "microgroups.budding.models.Way",
        "AppealStateEnum": "microgroups.appeals.models.State",
        "HighlightStateEnum": "bridging.highlights.models.State",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}

LOGGING = json_lines(debug=DEBUG)
