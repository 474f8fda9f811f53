"""How a post travels to the network by its author's consent, and how it is taken back."""

import pytest

from bridging.highlights import actions
from bridging.highlights.models import Highlight, State
from microgroups.conversation import actions as conversation
from microgroups.groups.actions import edit
from network.errors import Invalid, NotAllowed, Refused
from tests.factories import MicroGroupFactory, PersonFactory, facilitator_of, member_of, thread_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return MicroGroupFactory()


@pytest.fixture
def maren(group):
    return member_of(group)


@pytest.fixture
def post(group, maren):
    return thread_in(group, maren, "North side", "Redcurrants in a deep pot.").posts.get()


@pytest.fixture
def ruth(group):
    return facilitator_of(group)


@pytest.fixture
def outsider(group):
    return PersonFactory(network=group.network)


def shared(post, author, facilitator):
    card = actions.propose(post, author)
    return actions.share(card, facilitator)


class TestConsent:
    def test_a_member_proposes_and_the_author_is_asked(self, group, post, maren):
        card = actions.propose(post, member_of(group), note="Half the Quarter faces north.")

        assert card.state == State.PROPOSED
        assert maren.notices.filter(kind="highlight_asked").count() == 1

    def test_the_authors_own_proposal_is_a_yes(self, post, maren):
        assert actions.propose(post, maren).state == State.CONSENTED

    def test_nobody_else_says_yes_for_the_author(self, group, post, ruth):
        card = actions.propose(post, ruth)

        with pytest.raises(NotAllowed):
            actions.consent(card, ruth)

    def test_nothing_is_shared_without_a_yes(self, post, ruth):
        card = actions.propose(post, ruth)

        with pytest.raises(Refused) as refusal:
            actions.share(card, ruth)

        assert refusal.value.code == "consent_needed"

    def test_only_a_facilitator_sends_it(self, post, maren):
        card = actions.propose(post, maren)

        with pytest.raises(NotAllowed):
            actions.share(card, maren)

    def test_consent_is_to_words_one_has_seen(self, post, maren, ruth):
        card = actions.propose(post, ruth)
        conversation.edit_post(post, maren, body="Something else.")

        with pytest.raises(Refused) as refusal:
            actions.consent(card, maren)

        assert refusal.value.code == "post_changed"

    def test_a_changed_post_can_be_proposed_anew(self, post, maren, ruth):
        old = actions.propose(post, ruth)
        conversation.edit_post(post, maren, body="Something else.")

        new = actions.propose(post, ruth)

        old.refresh_from_db()
        assert (old.state, new.state) == (State.WITHDRAWN, State.PROPOSED)
        assert new.body == "Something else."

    def test_what_others_wrote_is_not_taken_along(self, group, post, maren):
        reply = conversation.post(
            post.thread, maren, body="> Ruth: what fruits?\n\nRedcurrants, @nobody."
        )

        card = actions.propose(reply, maren)

        assert card.body == "Redcurrants, @nobody."

    def test_a_post_is_on_its_way_once(self, post, maren, ruth):
        actions.propose(post, maren)

        with pytest.raises(Refused) as refusal:
            actions.propose(post, ruth)

        assert refusal.value.code == "already_shared"

    def test_an_outsider_proposes_nothing(self, post, outsider):
        with pytest.raises(NotAllowed):
            actions.propose(post, outsider)

    def test_from_a_hidden_group_nothing_is_shared(self):
        group = MicroGroupFactory(visibility="hidden")
        person = group.memberships.get().person
        post = thread_in(group, person).posts.get()

        with pytest.raises(Refused) as refusal:
            actions.propose(post, person)

        assert refusal.value.code == "group_hidden"

    def test_a_no_is_told_in_one_sentence_to_who_proposed_it(self, post, maren, ruth):
        card = actions.propose(post, ruth)

        actions.decline(card, maren)

        assert ruth.notices.filter(kind="highlight_declined").count() == 1


class TestSharing:
    def test_the_network_sees_it_and_only_once_it_is_shared(self, post, maren, ruth, outsider):
        card = actions.propose(post, maren)
        assert not Highlight.objects.visible_to(outsider).exists()

        actions.share(card, ruth)

        assert Highlight.objects.visible_to(outsider).shared().get() == card

    def test_withdrawing_needs_nobody_and_makes_it_gone(self, post, maren, ruth, outsider):
        card = shared(post, maren, ruth)

        actions.withdraw(card, maren)

        assert not Highlight.objects.visible_to(outsider).exists()

    def test_an_outsider_takes_nothing_back(self, post, maren, ruth, outsider):
        card = shared(post, maren, ruth)

        with pytest.raises(NotAllowed):
            actions.withdraw(card, outsider)

    def test_deleting_the_post_takes_it_back_everywhere(self, post, maren, ruth, outsider):
        card = shared(post, maren, ruth)

        conversation.delete_post(post, maren)

        card.refresh_from_db()
        assert card.state == State.WITHDRAWN
        assert not Highlight.objects.visible_to(outsider).exists()

    def test_changing_the_post_changes_no_card_and_its_author_is_told(self, post, maren, ruth):
        card = shared(post, maren, ruth)

        conversation.edit_post(post, maren, body="Blackcurrants, rather.")

        card.refresh_from_db()
        assert card.body == "Redcurrants in a deep pot."
        assert maren.notices.filter(kind="highlight_outdated").count() == 1

    def test_a_group_that_hides_takes_its_cards_with_it(self, group, post, maren, ruth, outsider):
        shared(post, maren, ruth)

        edit(group, ruth, visibility="hidden")

        assert not Highlight.objects.visible_to(outsider).exists()


class TestEchoes:
    def test_what_the_network_answers_comes_home(self, post, maren, ruth, outsider):
        card = shared(post, maren, ruth)

        actions.echo(card, outsider, body="We built one on the roof.")

        card.refresh_from_db()
        assert card.echoes_count == 1
        assert maren.notices.filter(kind="echo").count() == 1
        assert ruth.notices.filter(kind="echo").count() == 1

    def test_an_empty_answer_is_refused_and_nothing_is_written(self, post, maren, ruth, outsider):
        card = shared(post, maren, ruth)

        with pytest.raises(Invalid):
            actions.echo(card, outsider, body="  ")

        assert card.echoes.count() == 0

    def test_nobody_answers_what_is_not_shared(self, post, maren, outsider):
        card = actions.propose(post, maren)

        with pytest.raises(NotAllowed):
            actions.echo(card, outsider, body="Hello")


class TestPages:
    def test_the_feed_costs_the_same_at_every_size(
        self, group, post, maren, ruth, client_of, count_queries
    ):
        shared(post, maren, ruth)
        ask = client_of(maren)
        ask.get("/")
        few = count_queries(lambda: ask.get("/"))
        for number in range(12):
            other = thread_in(group, maren, f"Card {number}").posts.get()
            shared(other, maren, ruth)
        many = count_queries(lambda: ask.get("/"))

        assert few == many <= 9

    def test_a_card_page_costs_the_same_with_many_echoes(
        self, post, maren, ruth, outsider, client_of, count_queries
    ):
        card = shared(post, maren, ruth)
        ask = client_of(outsider)
        actions.echo(card, outsider, body="One")
        few = count_queries(lambda: ask.get(card.get_absolute_url()))
        for number in range(15):
            actions.echo(card, outsider, body=f"Answer {number}")
        many = count_queries(lambda: ask.get(card.get_absolute_url()))

        assert few == many <= 9

    def test_the_whole_way_in_a_browser(self, post, maren, ruth, outsider, client_of):
        author, facilitator, reader = client_of(maren), client_of(ruth), client_of(outsider)

        card_url = facilitator.post(f"/posts/{post.pk}/share/", {"note": "May we?"}).url
        assert reader.get(card_url).status_code == 404
        author.post(f"{card_url}consent/")
        facilitator.post(f"{card_url}share/")
        answered = reader.post(card_url, {"body": "We built one."})
        assert "We built one." in reader.get(answered.url).content.decode()
        assert "North side" in reader.get("/").content.decode()
        author.post(f"{card_url}withdraw/")

        assert reader.get(card_url).status_code == 404
        assert "North side" not in reader.get("/").content.decode()

    def test_an_echo_that_is_too_long_is_kept_in_its_box(
        self, post, maren, ruth, outsider, client_of
    ):
        card = shared(post, maren, ruth)

        answer = client_of(outsider).post(card.get_absolute_url(), {"body": "x" * 4001})

        assert answer.status_code == 422
        assert "x" * 4001 in answer.content.decode()
        assert card.echoes.count() == 0

    def test_ones_own_cards_stand_together(self, post, maren, client_of):
        actions.propose(post, maren)

        assert "North side" in client_of(maren).get("/highlights/").content.decode()
