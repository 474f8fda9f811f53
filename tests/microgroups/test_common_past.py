"""The common past of a group that budded: as it was at the parting, and nothing later."""

import re
from datetime import timedelta

import pytest

from microgroups.budding.actions import bud
from microgroups.conversation import actions as talk
from microgroups.groups.actions import edit
from microgroups.groups.models import MicroGroup
from microgroups.membership.actions import join, leave, remove
from tests.factories import facilitator_of, member_of, say, thread_in
from tests.microgroups.test_budding import group, host, no, parted

__all__ = ["group", "host"]  # fixtures

pytestmark = pytest.mark.django_db


CANARY = re.compile("zq(?:old|late)[a-z]+")


class TestTheCommonPast:
    """Who went reads what was said up to the parting: every way there is, and nothing later."""

    @pytest.fixture
    def goer(self, group):
        return member_of(group)

    @pytest.fixture
    def world(self, group, host, goer):
        """A thread from before, and words in it and beside it from after."""
        stays = member_of(group)
        old = thread_in(group, stays, title="zqoldtitle", text="zqoldopening")
        kept = say(old, goer, "zqoldreply")
        changed = say(old, stays, "zqoldwords")
        renamed = thread_in(group, stays, title="zqoldname", text="zqoldinside")
        sister = parted(group, host, goer)
        late = [
            say(old, stays, "zqlatereply", reply_to=kept),
            talk.edit_post(changed, stays, body="zqlatewords"),
            thread_in(group, stays, title="zqlatetitle", text="zqlateopening").posts.get(),
        ]
        talk.retitle(renamed, stays, title="zqlatename")
        talk.react(kept, stays, emoji="🎉")
        return {"old": old, "kept": kept, "late": late, "sister": sister, "renamed": renamed}

    def addresses(self, group, world):
        """Pages and endpoints on which any of it could stand."""
        threads = {world["old"].pk, world["renamed"].pk, *(p.thread_id for p in world["late"])}
        posts = {world["kept"].pk, *(post.pk for post in world["late"])}
        words = ("zqoldreply", "zqlatereply", "zqlatename", "zqlatewords")
        old, home = world["old"].pk, f"/groups/{group.slug}/"
        pages = ("", "edit/", "delete/")
        yield from (f"/threads/{key}/{page}" for key in threads for page in pages)
        yield from (f"/threads/{old}/?{how}={key}" for key in posts for how in ("post", "reply"))
        yield from (f"/posts/{key}/{page}" for key in posts for page in ("history/", "share/"))
        yield from (home, f"{home}past/", f"{home}people/", f"{home}budding/")
        yield from ("/", "/catch-up/", "/notices/", f"/threads/{old}/?new=1")
        yield from (f"/search/?q={word}" for word in words)
        yield from (f"/api/v1/threads/{key}/{page}" for key in threads for page in ("", "posts/"))
        yield from (f"/api/v1/posts/{key}/{page}" for key in posts for page in ("", "history/"))
        yield from ("/api/v1/threads/", "/api/v1/threads/?unread=1", "/api/v1/notices/")
        yield from (f"/api/v1{home}{page}" for page in ("threads/", "week/", "members/"))
        yield from (f"/api/v1/search/?q={word}" for word in words)

    def read(self, client_of, group, world, person):
        """The canaries that the person can get to; what was asked does not count as said."""
        browser, seen = client_of(person), set()
        for address in self.addresses(group, world):
            answer = browser.get(address)
            assert answer.status_code < 500, address
            said = answer.content.decode()
            seen |= set(CANARY.findall(said)) - set(CANARY.findall(address))
        return seen

    def test_who_went_reads_what_was_said_before_and_nothing_later(
        self, client_of, group, host, goer, world
    ):
        before = {"zqoldtitle", "zqoldopening", "zqoldreply", "zqoldwords"}
        before |= {"zqoldname", "zqoldinside"}

        assert self.read(client_of, group, world, goer) == before
        late = {"zqlatereply", "zqlatename", "zqlatewords", "zqlatetitle", "zqlateopening"}
        assert self.read(client_of, group, world, host) > late | {"zqoldreply"}

    def test_who_comes_to_the_sister_later_reads_nothing_of_it(self, client_of, group, world):
        assert self.read(client_of, group, world, member_of(world["sister"])) == set()

    def test_figures_stop_at_the_parting_too(self, api_of, group, goer, world):
        program = api_of(goer, group.network)
        old = program.get(f"/threads/{world['old'].pk}/").json()
        renamed, listed = program.get(f"/groups/{group.slug}/threads/").json()["results"]
        posts = program.get(f"/threads/{world['old'].pk}/posts/").json()["results"]

        assert old == listed
        assert renamed == program.get(f"/threads/{world['renamed'].pk}/").json()
        assert renamed["title"] == "zqoldname"
        assert (old["posts"], old["unread"], old["body"]) == (3, 0, "zqoldopening")
        assert [post["body"] for post in posts] == ["zqoldopening", "zqoldreply", "zqoldwords"]
        assert [post["edited_at"] for post in posts] == [None] * 3
        assert [post["reactions"] for post in posts] == [{}] * 3
        assert old["last_at"] == posts[-1]["at"]

    def test_who_went_finds_it_by_its_words(self, api_of, group, goer, world):
        program = api_of(goer, group.network)

        def hits(word):
            found = program.get(f"/search/?q={word}&in=posts").json()["results"]
            return [hit["id"] for hit in found]

        assert hits("zqoldreply") == [str(world["kept"].pk)]
        assert hits("zqlatereply") == hits("zqlatewords") == hits("zqlatename") == []

    def test_who_went_writes_there_no_more(self, group, goer, world):
        for deed in (
            lambda: say(world["old"], goer),
            lambda: talk.react(world["kept"], goer, emoji="👍"),
            lambda: talk.edit_post(world["kept"], goer, body="Other words"),
            lambda: talk.delete_post(world["kept"], goer),
            lambda: talk.mark_read(world["old"], goer),
        ):
            no("not_a_member", deed)

    def test_it_ends_when_they_are_removed_and_not_when_they_leave_the_sister(
        self, client_of, group, host, goer, world
    ):
        browser = client_of(goer)
        facilitator_of(world["sister"])
        leave(world["sister"], goer)
        assert browser.get(f"/threads/{world['old'].pk}/").status_code == 200

        remove(group, goer, by=host, reason="They carried it outside.")

        assert browser.get(f"/threads/{world['old'].pk}/").status_code == 404
        assert browser.get(f"/groups/{group.slug}/past/").status_code == 404

    def test_the_next_sister_is_no_concern_of_theirs(self, client_of, group, host, goer, world):
        bud(group, host, name="Third", why="zqlatewhy")

        page = client_of(goer).get(f"/groups/{group.slug}/budding/").content.decode()

        assert "Slower Readers" in page and "zqlatewhy" not in page

    def test_who_comes_back_reads_all_again(self, client_of, group, goer, world):
        join(group, goer)

        page = client_of(goer).get(f"/threads/{world['old'].pk}/").content.decode()

        assert "zqlatereply" in page
        assert client_of(goer).get(f"/groups/{group.slug}/past/").status_code == 302

    def test_the_past_of_a_hidden_group_is_theirs_though_its_card_is_not(
        self, client_of, group, host, goer, world
    ):
        group = edit(group, host, visibility="hidden")
        browser = client_of(goer)

        assert browser.get(group.get_absolute_url()).status_code == 404
        assert browser.get(f"/groups/{group.slug}/past/").status_code == 200
        assert "zqoldreply" in browser.get(f"/threads/{world['old'].pk}/").content.decode()

    def test_reading_it_costs_the_same_at_every_size(
        self, client_of, api_of, count_queries, group, goer, world
    ):
        browser, program = client_of(goer), api_of(goer, group.network)
        old, home = f"/threads/{world['old'].pk}/", f"/groups/{group.slug}/"

        def cost():
            return [
                count_queries(lambda: browser.get(f"{home}past/")),
                count_queries(lambda: browser.get(old)),
                count_queries(lambda: program.get(f"{home}threads/")),
                count_queries(lambda: program.get(f"{old}posts/")),
            ]

        program.get("/me/")  # a token is noted as used once in a while
        few = cost()
        MicroGroup.objects.filter(pk=group.pk).update(cap=99)
        then = group.memberships.of(goer).reads_until - timedelta(minutes=1)
        for _ in range(3):
            say(thread_in(group, now=then), member_of(group), now=then)
            say(world["old"], member_of(group), now=then)

        assert cost() == few == [8, 11, 8, 6]
