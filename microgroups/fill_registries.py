"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from microgroups.appeals import actions as appeals
from microgroups.appeals import reading as appeal_reading
from microgroups.appeals.models import Appeal
from microgroups.budding import actions as budding
from microgroups.budding import finishing, merging
from microgroups.budding import pages as budding_pages
from microgroups.budding import reading as budding_reading
from microgroups.charter import actions as charter
from microgroups.charter import reading as charter_reading
from microgroups.charter.models import CharterDraft, CharterVersion
from microgroups.conversation import keeping, reading, words
from microgroups.digest import actions as digest
from microgroups.digest import reading as digest_reading
from microgroups.digest.models import Digest
from microgroups.groups import fading, for_later, pages, pledging, starting
from microgroups.groups.drafts import GroupDraft
from microgroups.membership import (
    facts,
    invitations,
    invited,
    jobs,
    leaving,
    letters,
    pledges,
    seats,
)
from microgroups.membership.drafts import AnswersDraft
from network import registries

# conversation

registries.subjects.add("thread", reading.load_threads)
registries.subjects.add("post", reading.load_posts)
registries.periodic_jobs.add("forget_deleted", words.forget_deleted, every=timedelta(days=1))
keeping.keep_personal_data()
keeping.hold_invariants()

# digest

registries.outboxes.add(Digest, digest.prepare)
registries.subjects.add("digest", digest_reading.load_digests)
registries.periodic_jobs.add("gather_digests", digest.gather_digests, every=timedelta(hours=1))
registries.personal_data.add(
    Digest,
    registries.Kept(
        export=lambda person: person.digests.order_by("period").values("period", "mailed_at"),
        erase=lambda person: person.digests.all().delete(),
    ),
)

# groups and membership

registries.standing_facts.add("facilitates", facts.facilitates)
registries.subjects.add("group", facts.load_groups)
registries.subjects.add("membership", facts.load_memberships)
registries.people_facts.add("groups", facts.groups_of)
registries.own_groups.add("groups", facts.own_groups)
registries.person_panels.add("groups", facts.known_from)
registries.network_facts.add("groups", facts.count_groups)
registries.log_groups.add("groups", facts.log_of)
registries.admin_panels.add("decisions", pages.decisions)
registries.group_changed.add("whoever pledged is seated", pledges.seat_pledged)
registries.group_changed.add("the line moves up", seats.follow)
registries.sign_up_keys.add("invitations", invited.sign_up_key)
registries.outboxes.add(letters.Letter, letters.prepare)
registries.place_closes.add("what they invited to ends", invitations.end_those_by)
registries.place_ends.add("every seat is given back", leaving.leave_groups)
registries.leaving_panels.add("groups", leaving.what_one_leaves)
registries.network_keys.add("invitations", leaving.opens_network)
registries.periodic_jobs.add("offer_free_seats", jobs.offer_free_seats, every=timedelta(minutes=15))
registries.subjects.add("group_draft", starting.load_drafts)
registries.drafts.add("group_draft", GroupDraft)
registries.periodic_jobs.add("forget_drafts", fading.forget_drafts, every=timedelta(days=1))
registries.periodic_jobs.add("end_proposals", pledging.end_proposals, every=timedelta(days=1))
starting.keep_personal_data()
for_later.keep_in_registries(AnswersDraft)
registries.periodic_jobs.add(
    "expire_invitations", jobs.expire_invitations, every=timedelta(hours=1)
)
registries.periodic_jobs.add(
    "remind_invitations", jobs.remind_invitations, every=timedelta(hours=1)
)
facts.keep_personal_data()
facts.hold_invariants()

# appeals

registries.subjects.add("appeal", appeal_reading.load_appeals)
registries.admin_panels.add("appeals", appeal_reading.waiting_appeals)
registries.personal_data.add(
    Appeal, registries.Kept(export=appeal_reading.appeals_of, erase=appeals.erase)
)

# charters

registries.charter_changed.add("how it read is kept", charter.keep_version)
registries.panels.add("agreements", charter_reading.ask_on_group_home)
registries.subjects.add("charter", charter_reading.load_charters)
for_later.keep_in_registries(CharterDraft)
registries.invariants.add(
    "charters_follow_from_their_history", charter_reading.charters_follow_from_their_history
)
registries.personal_data.add(
    CharterVersion, registries.Kept(export=charter_reading.versions_by, erase=charter.erase)
)

# budding and merging

registries.subjects.add("budding", budding_reading.load_buddings)
registries.subjects.add("merging", budding_reading.load_mergings)
registries.group_changed.add("its people choose", budding.follow)
registries.group_changed.add("nobody asks a closed group", merging.follow)
registries.periodic_jobs.add("finish_budding", finishing.finish_budding, every=timedelta(hours=1))
registries.panels.add("kin", budding_pages.kin)
budding_reading.keep_personal_data()
budding_reading.hold_invariants()
