"""The API keeps its own description: no 5xx, and no answer that the schema does not tell of.

Every operation is asked with data that fit its schema and with data that do not, on behalf of
somebody who may do nearly everything, at things that are there and at things that are not.
"""

import os
from zlib import crc32

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from facilitation.cover.models import Leave
from facilitation.cues.models import Cue
from facilitation.distress.actions import call_for_help
from facilitation.moderation.actions import hide
from facilitation.moderation.reporting import report
from facilitation.starters.actions import write
from microgroups.groups.actions import propose
from microgroups.groups.drafts import begin
from network.tokens.actions import create_token
from tests.factories import (
    MicroGroupFactory,
    NetworkFactory,
    PersonFactory,
    admin_of,
    member_of,
    say,
    thread_in,
)
from tests.microgroups.test_groups import CHARTER

EXAMPLES = int(os.environ.get("KITH_OPENAPI_EXAMPLES", "8"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

LONG = EXAMPLES > 100  # then every boundary of every field, too: hundreds of requests a call

api = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
api.config.phases.coverage.enabled = LONG
rejection = api.config.checks.negative_data_rejection
rejection.expected_statuses = [*rejection.expected_statuses, "412", "413"]


class World:
    """A network with something of everything, and somebody who may do nearly everything in it."""

    def __init__(self):
        self.network = NetworkFactory()
        self.admin = admin_of(self.network)
        self.group = MicroGroupFactory(network=self.network, founder=self.admin)
        self.full = MicroGroupFactory(network=self.network, cap=1)
        self.asking = MicroGroupFactory(network=self.network, join_policy="ask")
        founder = PersonFactory(network=self.network)
        self.proposed = propose(self.network, founder, **CHARTER)
        self.draft = begin(self.network, self.admin, **CHARTER)
        self.member = member_of(self.group)
        self.starter = write(self.group, self.admin, opener="lend")
        self.thread = thread_in(self.group, self.admin)
        self.post = say(self.thread, self.member)
        asker = member_of(self.group)
        facts = {"reason": "Look."}
        self.report = report(asker, "post", self.post.pk, self.network, **facts)
        unkind = thread_in(self.group, self.member, title="Unkind").posts.get()
        self.decision = hide(unkind, self.admin, reason="Unkind.")
        self.distress = call_for_help(self.group, self.member)
        _, self.value = create_token(
            self.admin,
            self.network,
            name="schemathesis",
            scopes=["read", "write", "facilitate", "admin"],
        )

    def known(self, path, name):
        """Values for a part of a path that lead somewhere."""
        if name == "slug":
            return [group.slug for group in (self.group, self.full, self.asking, self.proposed)]
        if name == "username":
            return [self.member.username, self.admin.username]
        if name == "emoji":
            return ["👍"]
        if "/threads/" in path:
            return [str(self.thread.pk)]
        if "/group-drafts/" in path:
            return [str(self.draft.pk)]
        if "/posts/" in path:
            return [str(self.post.pk)]
        if "/reports/" in path:
            return [str(self.report.pk)]
        if "/decisions/" in path or "/redirects/" in path:
            return [str(self.decision.pk)]
        if "/distress/" in path:
            return [str(self.distress.pk)]
        if "/starters/" in path:
            return [str(self.starter.pk)]
        if "/cues/" in path:
            return [str(key) for key in Cue.objects.values_list("pk", flat=True)[:2]]
        if "/absences/" in path:
            return [str(key) for key in Leave.objects.values_list("pk", flat=True)[:2]]
        return []


@pytest.fixture(scope="module")
def built(django_db_setup, django_db_blocker):
    """The world, built once and taken back at the end."""
    with django_db_blocker.unblock():
        # As Django's own test client does: a request must not close the connection of the test.
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        with transaction.atomic():
            yield World()
            transaction.set_rollback(True)
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def world(built, db, settings):
    """The world as it was built: what a test changes in it is taken back."""
    settings.LIMITS_SCALE = 10**6
    return built


def aim(case, world):
    """Half of the requests go where something is."""
    for name, value in (case.path_parameters or {}).items():
        found = world.known(case.operation.path, name)
        chance = crc32(str(value).encode(errors="replace"))
        if found and chance % 2:
            case.path_parameters[name] = found[chance // 2 % len(found)]


@pytest.mark.django_db
@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_call_answers_as_the_schema_says(case, world):
    aim(case, world)

    response = case.call(headers={"Authorization": f"Bearer {world.value}"})

    case.validate_response(response, checks=CHECKS)
