"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from microgroups.conversation import keeping, reading, words
from microgroups.groups import pages
from microgroups.membership import facts, jobs, seats
from network import registries
from network.notifications import kinds

# conversation

registries.subjects.add("thread", reading.load_threads)
registries.subjects.add("post", reading.load_posts)
registries.periodic_jobs.add("forget_deleted", words.forget_deleted, every=timedelta(days=1))
keeping.keep_personal_data()
keeping.hold_invariants()

kinds.add("reply", "{actor} wrote back to you in “{title}”.", category="talk")
kinds.add("mention", "{actor} named you in “{title}”.", category="talk")
kinds.add(
    "announcement", "{actor} has something to tell all of {group}: “{title}”.", category="talk"
)

# groups and membership

registries.standing_facts.add("facilitates", facts.facilitates)
registries.subjects.add("group", facts.load_groups)
registries.subjects.add("membership", facts.load_memberships)
registries.people_facts.add("groups", facts.groups_of)
registries.person_panels.add("groups", facts.known_from)
registries.network_facts.add("groups", facts.count_groups)
registries.log_groups.add("groups", facts.log_of)
registries.admin_panels.add("decisions", pages.decisions)
registries.group_changed.add("the line moves up", seats.follow)
registries.periodic_jobs.add("offer_free_seats", jobs.offer_free_seats, every=timedelta(minutes=15))
registries.periodic_jobs.add(
    "expire_invitations", jobs.expire_invitations, every=timedelta(hours=1)
)
facts.keep_personal_data()
facts.hold_invariants()

kinds.add(
    "proposal_waits",
    "{actor} proposes a group: {title}. It waits for your word.",
    category="groups",
    by_mail=True,
    subject_line="{actor} proposes {title}",
    button="Look at {title}",
)
kinds.add(
    "group_approved",
    "{title} is open. Its first window is yours.",
    category="groups",
    by_mail=True,
    subject_line="{title} is open",
    button="Open {title}",
)
kinds.add(
    "group_declined",
    "Not this time: {title} was not opened. You can answer and try again.",
    category="groups",
    by_mail=True,
    subject_line="Not this time: {title}",
    button="Read why",
)
kinds.add("asked_to_join", "{actor} would like to come into {group}.", category="facilitating")
kinds.add(
    "admitted",
    "You are in: {group} has a window for you.",
    category="seats",
    by_mail=True,
    subject_line="{group} has a window for you",
    button="Come in",
)
kinds.add(
    "lined_up",
    "{group} said yes. Every window is lit just now; you have a place in line.",
    category="seats",
    by_mail=True,
    subject_line="{group} said yes",
    button="See your place",
)
kinds.add(
    "request_declined",
    "Not this time, says {group}.",
    category="seats",
    by_mail=True,
    subject_line="From {group}: not this time",
    button="Find another group",
)
kinds.add(
    "seat_offered",
    "A window in {group} is kept for you for 72 hours.",
    category="seats",
    by_mail=True,
    subject_line="A window in {group} is kept for you",
    button="Take the seat",
    from_kith=True,
)
kinds.add(
    "offer_ran_out",
    "The window that {group} kept for you went to the next in line.",
    category="seats",
    from_kith=True,
)
kinds.add(
    "line_closed",
    "{group} takes nobody in at present, so its line has ended.",
    category="seats",
    from_kith=True,
)
kinds.add(
    "removed",
    "You are no longer in {group}.",
    category="seats",
    by_mail=True,
    subject_line="About your place in {group}",
    button="Look around",
)
kinds.add(
    "now_facilitator",
    "You facilitate {group} now.",
    category="facilitating",
    by_mail=True,
    subject_line="You facilitate {group} now",
    button="Open {group}",
)
kinds.add(
    "now_member",
    "You are a member of {group} now, and facilitate it no more.",
    category="facilitating",
)
kinds.add(
    "invited",
    "{actor} invites you into {group}.",
    category="seats",
    by_mail=True,
    subject_line="{actor} invites you into {group}",
    button="See what it is",
)
