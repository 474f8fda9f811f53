"""The rules of CONTRIBUTING.md that no other linter knows."""

import ast
import os
import re
import subprocess
import sys

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command

from tests.rules.code import FLOORS, chain, longest_chains, modules, modules_of_tests, places

READERS = ("views.py", "invited.py", "api.py", "page.py", "feeds.py", "tasks.py")
DOORS = {
    "revocable_by",
    *{"visible_to", "open_to", "inside_for", "news_for", "taken_back_by", "kept_out_by", "none"},
    "in_groups_visible_to",
    "sent_to",
    "ahead_of",  # takes one's own membership
}
# The ways around the door, each with its reason.
AROUND = {
    "facilitation/moderation/move_views.py::words_of": "one's own, also where one is no more",
    "microgroups/conversation/page.py::is_newcomer": "one's own posts",
    "microgroups/conversation/api.py::posts_of": "of a thread from the door",
    "microgroups/conversation/page.py::posts_of": "of a thread from the door",
    "microgroups/conversation/views.py::people_of": "of a group one reads in",
    "microgroups/conversation/thread_views.py::place_at": "one's own place and mark in a thread",
    "microgroups/conversation/views.py::place_in": "one's own place in a group",
    "microgroups/conversation/views.py::threads_of": "of a group one reads in",
    "microgroups/membership/api.py::placed_one": "one's own place after a deed, or one's decision",
    "network/networks/api.py::unsuspend": "those kept out, of whom visible_to says nothing",
    "network/notifications/views.py::stopped_by": "one's own wishes",
    "network/notifications/views.py::stop_mail": "a signed link, answered alike for everybody",
}


def test_pages_endpoints_and_tasks_read_through_the_door():
    around = {
        f"{path}::{function}"
        for path, tree in modules(*READERS)
        for function, words in longest_chains(tree)
        if {"objects", "_default_manager", "_base_manager"} & set(words) and not DOORS & set(words)
    }

    assert around == set(AROUND)


def classes(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def test_only_the_account_has_a_manager_of_its_own():
    managers = {
        node.name
        for _, tree in modules()
        for node in classes(tree)
        if any(chain(base)[-1:] and chain(base)[0].endswith("Manager") for base in node.bases)
    }

    assert managers == {"PersonManager"}


def test_nothing_happens_in_signals_or_in_save():
    signals = [
        path
        for path, tree in modules()
        for _, words in longest_chains(tree)
        if words[:1] in (["receiver"], ["post_save"], ["pre_save"], ["post_delete"])
    ]
    saves = [
        f"{path}::{node.name}"
        for path, tree in modules("models.py")
        for node in classes(tree)
        if any(isinstance(part, ast.FunctionDef) and part.name == "save" for part in node.body)
    ]

    assert signals == saves == []


def goes_on_quietly(node):
    """Catches everything and neither raises nor tells anybody."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    catches_all = node.type is None or chain(node.type) == ["Exception"]
    tells = any(
        isinstance(inner, ast.Raise) or {"log", "logger", "error"} & set(chain(inner))
        for statement in node.body
        for inner in ast.walk(statement)
    )
    return catches_all and not tells


def test_no_error_is_passed_over_quietly():
    quiet = [
        f"{path}::{function}"
        for path, tree in modules()
        for function, _ in places(tree, goes_on_quietly)
    ]

    assert quiet == []


# Real communities lie beside a checkout, not in it.
SKIPPING = {"tests/bridging/archives.py"}


def test_tests_do_not_sleep_skip_or_stand_in_for_our_own_code():
    words = {"mock", "MagicMock", "skip", "skipif", "xfail"}
    found = [
        (path, found)
        for path, tree in modules_of_tests()
        if path not in SKIPPING
        for _, found in longest_chains(tree)
        if words & set(found)
    ]
    imported = [
        path
        for path, tree in modules_of_tests()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest.mock")
    ]
    sleeps = {
        path
        for path, tree in modules_of_tests()
        for _, found in longest_chains(tree)
        if found[-1:] == ["sleep"]
    }

    assert found == imported == []
    # where another process is waited for, a look every now and then needs a pause between
    assert {path for path in sleeps if not path.startswith("tests/bench/")} <= {
        "tests/processes.py"
    }


def test_every_table_of_every_room_is_in_its_floors_list():
    listed = {model.__qualname__ for model in apps.get_models() if model.__module__}
    written = {
        node.name
        for path, tree in modules("models.py")
        if path.count("/") > 1
        for node in classes(tree)
        if any(chain(base)[-1:] == ["Model"] for base in node.bases)
        and not any("abstract" in ast.dump(part) for part in node.body)
    }

    assert written <= listed


def test_lists_hold_nothing_else():
    for floor in FLOORS:
        tree = ast.parse((settings.BASE_DIR / floor / "models.py").read_text())
        kinds = {type(node) for node in tree.body}
        assert kinds <= {ast.Expr, ast.ImportFrom, ast.Assign}, floor


def upper_reverse_names():
    """Names by which a model of network is asked for rows of the floors above."""
    upper, own = set(), set()
    for model in apps.get_app_config("network").get_models():
        for relation in model._meta.related_objects:
            is_own = relation.related_model._meta.app_label == "network"
            (own if is_own else upper).add(relation.get_accessor_name())
        own |= {field.name for field in model._meta.get_fields() if not field.auto_created}
    return upper - own - {None}


def test_the_ground_floor_does_not_look_up_through_a_reverse_name():
    names = upper_reverse_names()
    roof = ("network/operations/", "network/config/", "network/management/")
    reached = [
        (path, ".".join(words))
        for path, tree in modules()
        if path.startswith("network/") and not path.startswith(roof)
        for _, words in longest_chains(tree)
        if set(words[1:]) & names
    ]

    assert set(reached) <= {("network/networks/api.py", "person.groups")}  # set there, not asked


def test_nothing_is_put_off_in_the_code():
    put_off = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    sources = [
        path
        for folder in (*FLOORS, "templates", "static/js", "static/css")
        for path in sorted((settings.BASE_DIR / folder).rglob("*.*"))
        if path.suffix in {".py", ".html", ".js", ".css"} and not path.name.endswith(".min.js")
    ]

    assert [str(path) for path in sources if put_off.search(path.read_text())] == []


@pytest.mark.django_db
def test_the_tables_are_as_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_worker_knows_every_task_of_every_room():
    code = (
        "import django; django.setup(); from network.config.celery import app; "
        "app.loader.import_default_modules(); print(*app.tasks)"
    )
    known = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    written = {
        f"{path.removesuffix('.py').replace('/', '.')}.{node.name}"
        for path, tree in modules("tasks.py")
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(chain(mark)[:1] == ["shared_task"] for mark in node.decorator_list)
    }

    assert len(written) >= 3
    assert written <= set(known)


# Models that name a person and are neither exported nor erased with them, each with its reason.
KEPT_AS_IT_IS = {"Activity": "the log only grows: it names keys, never words"}


def test_every_model_that_names_a_person_says_what_becomes_of_it():
    from network.people.models import Person
    from network.registries import personal_data

    naming = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is Person
    }

    forgotten = {model.__name__ for model in naming if model not in personal_data}
    assert forgotten == set(KEPT_AS_IT_IS)
