"""That a prepared question answers what the queryset would, for every value it is asked with."""

import threading
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F, Value
from django.utils import timezone

from microgroups.groups.models import MicroGroup
from microgroups.membership.models import Membership
from network.networks.door import come_in
from network.networks.models import Network, Outside
from network.people.models import Person
from network.prepared import first, plans, question, rows
from tests.factories import MicroGroupFactory, NetworkFactory, PersonFactory, admin_of, member_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh():
    plans.clear()


def somebody(network, **facts):
    person = PersonFactory(network=network, **facts)
    come_in(person, network)
    return person


def shapes_of(build):
    return [shape for asked, shape in plans if asked is build]


def groups_for(person):
    return MicroGroup.objects.visible_to(person).select_related("network").order_by("pk")


def people_named(name, network):
    return Person.objects.filter(name=name, network_memberships__network=network)


def test_each_person_sees_what_is_theirs(network):
    elsewhere = NetworkFactory()
    MicroGroupFactory(network=network)
    MicroGroupFactory(network=elsewhere)
    hidden = MicroGroupFactory(network=network, visibility="hidden")
    inside = somebody(network)
    member_of(hidden, person=inside)
    readers = [inside, somebody(network), somebody(elsewhere), somebody(network)]

    for reader in (*readers, *readers):
        assert rows(groups_for, reader) == list(groups_for(reader))
    assert hidden in rows(groups_for, inside)
    assert hidden not in rows(groups_for, readers[1])


def test_a_role_is_a_shape_of_its_own(network):
    hidden = MicroGroupFactory(network=network, visibility="hidden")
    member, admin = somebody(network), admin_of(network)
    come_in(admin, network)

    assert hidden not in rows(groups_for, member)
    assert hidden in rows(groups_for, admin)


def test_who_stands_outside_is_asked_about_without_a_plan(network):
    stranger = PersonFactory(network=NetworkFactory())
    come_in(stranger, network)
    MicroGroupFactory(network=network)

    assert isinstance(stranger.here, Outside)
    assert rows(groups_for, stranger) == []
    assert not shapes_of(groups_for)


def test_related_rows_and_annotations_come_along(network, django_assert_num_queries):
    def told(key):
        return (
            Network.objects.filter(pk=key)
            .annotate(groups_count=Count("groups"), twice=Value(2))
            .prefetch_related("groups")
        )

    MicroGroupFactory(network=network)
    MicroGroupFactory(network=NetworkFactory())
    reader = somebody(network)
    rows(told, network.pk)

    with django_assert_num_queries(2):
        found = first(told, network.pk)
        assert [group.network_id for group in found.groups.all()] == [network.pk]
    assert (found.groups_count, found.twice) == (1, 2)
    with django_assert_num_queries(1):
        assert [group.network.name for group in rows(groups_for, reader)] == [network.name]


def test_values_texts_and_times_are_put_in(network):
    def names(name, before):
        return Person.objects.filter(name=name, joined_at__lt=before).values_list("pk", flat=True)

    ada, bob = somebody(network, name="Ada"), somebody(network, name="Bob' OR 1=1 --")
    later = max(ada.joined_at, bob.joined_at) + timedelta(seconds=1)

    assert rows(names, "Ada", later) == [ada.pk]
    assert rows(names, bob.name, later) == [bob.pk]
    assert rows(names, "Ada", ada.joined_at) == []
    assert len(shapes_of(names)) == 1


def test_an_argument_that_is_no_value_shapes_the_question(network):
    def some(most, order):
        return Person.objects.order_by(*order)[:most]

    people = [somebody(network) for _ in range(3)]

    assert rows(some, 2, ("pk",)) == people[:2]
    assert rows(some, 1, ("-pk",)) == people[:-2:-1]
    assert first(some, 1, ("pk",)) == people[0]


def test_a_question_can_be_narrowed(network):
    def later_than(queryset, key):
        return queryset.filter(pk__gt=key)

    groups = [MicroGroupFactory(network=network) for _ in range(3)]
    asked = question(groups_for, somebody(network))

    assert asked.rows(later_than, groups[0].pk) == groups[1:]
    assert asked.rows(later_than, groups[1].pk) == groups[2:]


def test_lists_of_keys_share_a_plan_up_to_the_next_power_of_two(network):
    def those(keys):
        return Person.objects.filter(pk__in=keys).order_by("pk")

    people = [somebody(network) for _ in range(5)]
    keys = [person.pk for person in people]

    for count in (5, 1, 2, 3, 4, 0):
        assert rows(those, keys[:count]) == people[:count]
    assert len(shapes_of(those)) == 5  # 8, 1, 2, 4, and none


def test_a_question_without_an_answer_is_made_once(network):
    asked = []

    def people_of(keys):
        asked.append(keys)
        return Person.objects.filter(pk__in=keys)

    assert rows(people_of, []) == rows(people_of, []) == []
    assert asked == [[]]
    assert len(rows(people_of, [PersonFactory(network=network).pk])) == 1


def test_a_time_may_be_moved_and_its_day_be_asked_for(network):
    def came(now):
        days = now.astimezone(UTC).date(), now.date() + timedelta(days=1)
        lately = Person.objects.filter(joined_at__gt=now - timedelta(days=1), joined_at__lte=now)
        return lately.filter(joined_at__date__in=days, joined_at__gt=timedelta(days=-2) + now)

    person = somebody(network)
    joined = person.joined_at.astimezone(UTC)

    for now in (joined, joined + timedelta(hours=25), joined - timedelta(seconds=1)):
        assert rows(came, now) == list(came(now))
    assert rows(came, joined) == [person]
    assert len(shapes_of(came)) == 1


@pytest.mark.parametrize(
    "reckon",
    [
        lambda now: now - timezone.now(),
        lambda now: timezone.now() - now,
        lambda now: now + now,
        lambda now: now.replace(hour=0),
        lambda now: now.astimezone(ZoneInfo("Asia/Tokyo")),
    ],
)
def test_what_is_reckoned_otherwise_with_a_value_is_refused(reckon):
    def recent(now):
        return Person.objects.filter(joined_at__gt=reckon(now))

    with pytest.raises(TypeError, match="Reckon outside"):
        rows(recent, timezone.now())


def test_a_length_that_changes_is_refused():
    lengths = iter(range(9))

    def recent(now):
        return Person.objects.filter(joined_at__gt=now - timedelta(days=next(lengths)))

    with pytest.raises(ValueError, match="another thing"):
        rows(recent, timezone.now())


def test_what_looks_at_the_clock_is_refused():
    def recent(name):
        return Person.objects.filter(name=name, joined_at__lt=timezone.now())

    with pytest.raises(ValueError, match="another thing"):
        rows(recent, "Ada")


def test_a_text_that_is_made_another_one_is_refused():
    def like(name):
        return Person.objects.filter(name__contains=name)

    with pytest.raises(ValueError, match="another text"):
        rows(like, "Ada")


def test_nothing_else_is_known_of_a_person_who_is_put_in_later(network):
    def namesakes(person):
        return Person.objects.filter(name=person.name)

    with pytest.raises(Person.DoesNotExist):
        rows(namesakes, somebody(network))


@pytest.mark.django_db(transaction=True)
def test_threads_share_a_plan_and_not_a_connection(network):
    person = somebody(network)
    MicroGroupFactory(network=network)
    expected, found = rows(groups_for, person), []

    def ask():
        from django.db import connection

        found.append(rows(groups_for, person))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [expected] * 4


def test_a_membership_knows_its_relations(network):
    def mine(person):
        return (
            Membership.objects.filter(person=person)
            .annotate(named=F("group__name"))
            .select_related("group__network")
        )

    person = member_of(MicroGroupFactory(network=network, name="Soil"))
    come_in(person, network)

    (found,) = rows(mine, person)
    assert (found.person, found.named, found.group.network) == (person, "Soil", network)


def prepared_here(build):
    """(SQL, how often the connection has used it) of what it has prepared for this question."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements"
            " WHERE name LIKE %s",
            [f"{build.__name__}%"],
        )
        return cursor.fetchall()


def test_a_connection_prepares_a_question_once_and_keeps_its_own_parameters(network):
    def hidden_ones(network, name):
        return MicroGroup.objects.filter(network=network, name=name, visibility="hidden")

    group = MicroGroupFactory(network=network, name="100 % wool", visibility="hidden")

    assert rows(hidden_ones, network.pk, "100 % wool") == [group]
    assert rows(hidden_ones, network.pk, "Silk") == []

    ((statement, used),) = prepared_here(hidden_ones)
    assert statement.startswith('PREPARE "hidden_ones_')
    assert "(unknown, uuid) AS " in statement
    assert "'hidden'" in statement
    assert used == 2


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_asked_as_well_as_the_old_one(network):
    person = somebody(network)
    MicroGroupFactory(network=network)
    expected = rows(groups_for, person)

    connection.close()

    assert rows(groups_for, person) == expected
    assert len(prepared_here(groups_for)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_prepared_outlives_a_transaction_that_fails(network):
    person = somebody(network)
    with pytest.raises(IntegrityError), transaction.atomic():
        found = rows(groups_for, person)
        Network.objects.create(pk=network.pk)

    assert rows(groups_for, person) == found
