"""That a wrong value in the environment stops the start with one line that names it."""

import json
import subprocess
import sys

from django.conf import settings

from tests.processes import environment

LONG = "a-long-secret-that-nobody-guesses-0123456789"
DATABASE = "postgres://kith:secret@db.example/kith"
OWN = {"DATABASE_URL": DATABASE, "SECRET_KEY": LONG}
WRONG = [
    ("PORT", {"PORT": "http"}),
    ("PORT", {"PORT": "99999"}),
    ("DEBUG", {"DEBUG": "perhaps"}),
    ("DEBUG", {"DEBUG": "true", "ALLOWED_HOSTS": "kith.example"}),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": "*"}),
    ("ALLOWED_HOSTS", {"ALLOWED_HOSTS": "https://kith.example"}),
    ("DATABASE_URL", {**OWN, "DATABASE_URL": "mysql://db/kith"}),
    ("DATABASE_URL", {**OWN, "DATABASE_URL": "postgres://db"}),
    ("SECRET_KEY", {"SECRET_KEY": "short"}),
    ("SECRET_KEY", {"SECRET_KEY": "a" * 60}),
    ("SECRET_KEY", {"DATABASE_URL": DATABASE}),
    ("REDIS_URL", {"REDIS_URL": "localhost:6379"}),
    ("REDIS_URL", {"REDIS_URL": "redis://localhost/first"}),
    ("EMAIL_URL", {"EMAIL_URL": "mail.example"}),
    ("EMAIL_URL", {"EMAIL_URL": "smtp://:25"}),
    ("TRUSTED_PROXIES", {"TRUSTED_PROXIES": "proxy"}),
    ("OUTBOUND_ALLOW", {"OUTBOUND_ALLOW": "localhost"}),
    ("LIMITS_SCALE", {"LIMITS_SCALE": "0"}),
    ("CLAMD_URL", {"CLAMD_URL": "clamd"}),
]

# Reads the settings anew for each case, in a fork of a process that has loaded the libraries.
READER = """
import json, os, sys, tempfile
import csp.constants, dj_database_url, environs, network.config, network.operations.logs

def read(given, wanted):
    os.environ.update(given)
    try:
        from network.config import settings
    except SystemExit as stopped:
        sys.stderr.write(f"{stopped.code}\\n")
        return 1
    sys.stdout.write(json.dumps({name: getattr(settings, name) for name in wanted}))
    return 0

answers = []
for given, wanted in json.load(sys.stdin):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = os.fork()
        if not child:
            os.dup2(out.fileno(), 1), os.dup2(err.fileno(), 2)
            code = read(given, wanted)
            sys.stdout.flush(), sys.stderr.flush()
            os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0), err.seek(0)
        answers.append([code, out.read(), err.read()])
json.dump(answers, sys.stdout)
"""


def read(cases, var):
    """(exit code, said, complained) for each (environment, wanted settings)."""
    done = subprocess.run(
        [sys.executable, "-c", READER],
        cwd=settings.BASE_DIR,
        env=environment(KITH_VAR=var),
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_wrong_value_stops_the_start_with_one_line_that_names_it(tmp_path):
    answers = read([(given, []) for _, given in WRONG], tmp_path)

    for (name, given), (code, said, complained) in zip(WRONG, answers, strict=True):
        assert (code, said) == (1, ""), (given, complained)
        assert complained.startswith(f"kith: {name} "), (given, complained)
        assert complained.count("\n") == 1, (given, complained)


def test_the_secret_is_made_once_for_the_owner_alone(tmp_path):
    first, second = read([({}, ["SECRET_KEY"])] * 2, tmp_path)

    assert first == second
    assert len(json.loads(first[1])["SECRET_KEY"]) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_servers_of_ones_own_are_taken_from_the_environment(tmp_path):
    given = {
        **OWN,
        "REDIS_URL": "redis://:word@redis.example:6379/3",
        "EMAIL_URL": "smtp+tls://me:w%40rd@mail.example",
    }
    wanted = ["CELERY_BROKER_URL", "LIVE_URL", "CACHES", "DATABASES", "EMAIL_HOST_PASSWORD"]

    [(code, said, complained)] = read([(given, [*wanted, "EMAIL_PORT", "EMAIL_USE_TLS"])], tmp_path)

    assert code == 0, complained
    told = json.loads(said)
    assert told["DATABASES"]["default"]["HOST"] == "db.example"
    assert told["CELERY_BROKER_URL"] == "redis://:word@redis.example:6379/3"
    assert told["CACHES"]["default"]["LOCATION"] == "redis://:word@redis.example:6379/4"
    assert told["LIVE_URL"] == "redis://:word@redis.example:6379/5"
    assert told["EMAIL_HOST_PASSWORD"] == "w@rd"
    assert (told["EMAIL_PORT"], told["EMAIL_USE_TLS"]) == (587, True)


def test_django_finds_nothing_to_say_against_a_deployment(tmp_path):
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment(KITH_VAR=tmp_path, SECRET_KEY=LONG * 2, ALLOWED_HOSTS="kith.example"),
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert checked.returncode == 0, checked.stderr
