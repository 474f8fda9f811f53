"""What the Notices of this floor say: the wording of every kind."""

from network.notifications import kinds
from network.notifications.kinds import Budget

# conversation

kinds.add(
    "reply",
    "{actor} wrote back to you in “{title}”.",
    category="talk",
    by_wish=True,
    subject_line="{actor} wrote back to you",
    button="Read it",
    personal=True,
    is_gathered=True,
)
kinds.add(
    "mention",
    "{actor} named you in “{title}”.",
    category="talk",
    by_wish=True,
    subject_line="{actor} named you",
    button="Read it",
    personal=True,
    is_gathered=True,
)
kinds.add(
    "announcement",
    "{actor} has something to tell all of {group}: “{title}”.",
    category="talk",
    is_gathered=True,
)

# digest

kinds.add(
    "digest",
    "What waited for you, in one letter.",
    category="digest",
    by_mail=True,
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "digest_of_threads",
    "What began in your groups, in one letter.",
    category="digest",
    by_mail=True,
    from_kith=True,
    budget=Budget.YIELDS,
)

# groups and membership

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
kinds.add(
    "proposal_goes",
    "{title} has a week left to gather what it needs before it can begin.",
    category="groups",
    by_mail=True,
    subject_line="{title} has a week left",
    button="See what it needs",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "draft_goes",
    "Your draft “{title}” is kept one more week. Open it to keep it longer.",
    category="groups",
    by_mail=True,
    subject_line="Your draft {title} is kept one more week",
    button="Open the draft",
    why="you began to propose a group",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "pledge_unseated",
    "{title} is open. You are in as many groups as one may be; leave or rest in one, and come in.",
    category="seats",
    by_mail=True,
    subject_line="{title} is open",
    button="See {title}",
    why="you said that you would come in",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "cap_changed",
    "{actor}, who looks after the network, has given {title} another number of windows.",
    category="facilitating",
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
    button="Read why",
)
kinds.add(
    "seat_offered",
    "A window in {group} is kept for you for 72 hours.",
    category="seats",
    by_mail=True,
    subject_line="A window in {group} is kept for you",
    button="Take the seat",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "offer_ran_out",
    "The window that {group} kept for you went to the next in line.",
    category="seats",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "line_closed",
    "{group} takes nobody in at present, so its line has ended.",
    category="seats",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "removed",
    "You are no longer in {group}.",
    category="seats",
    by_mail=True,
    subject_line="About your place in {group}",
    button="Read why",
    why="it is about your place in the group",
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
    personal=True,
    by_mail=True,
    subject_line="{actor} invites you into {group}",
    button="See what it is",
    why="somebody invited you",
)
kinds.add(
    "still_invited",
    "{actor} would still be glad to see you in {group}. We remind you of it this once.",
    category="seats",
    personal=True,
    by_mail=True,
    subject_line="{actor} would be glad to see you in {group}",
    button="See what it is",
    why="somebody invited you",
    budget=Budget.WEEKLY,
)

# appeals

kinds.add(
    "appeal_waits",
    "{title} asks somebody else to look again at their place in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} asks you to look again",
    button="Read what they say",
    why="you look after people here",
)
kinds.add(
    "appeal_lifted",
    "Somebody has looked again: {group} is open to you again.",
    category="seats",
    by_mail=True,
    subject_line="From {group}: you can come in again",
    button="Read what they say",
    why="you asked somebody to look again",
)
kinds.add(
    "appeal_upheld",
    "Somebody else has looked again, and it stays as it was with {group}.",
    category="seats",
    by_mail=True,
    subject_line="About your place in {group}",
    button="Read why",
    why="you asked somebody to look again",
)
kinds.add(
    "decision_waits",
    "{title} asks somebody else to look again at a decision in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} asks you to look again",
    button="Read what they say",
    why="you look after people here",
)
kinds.add(
    "decision_lifted",
    "Somebody else has looked again: what was decided about you in {group} is taken back.",
    category="decisions",
    by_mail=True,
    subject_line="From {group}: it is taken back",
    button="Read what they say",
    why="you asked somebody to look again",
)
kinds.add(
    "decision_upheld",
    "Somebody else has looked again, and what was decided about you in {group} stays.",
    category="decisions",
    by_mail=True,
    subject_line="From {group}: somebody has looked again",
    button="Read why",
    why="you asked somebody to look again",
)

# charters

kinds.add(
    "agreements_changed",
    "The agreements of {group} have changed. Are you fine with them?",
    category="groups",
)
kinds.add("charter_changed", "{actor} has changed the charter of {group}.", category="groups")
kinds.add(
    "charter_confirmed",
    "{actor} has looked at the charter of {group}; it stays as it is.",
    category="facilitating",
)

# budding and merging

kinds.add(
    "budding_asked",
    "{actor} hopes that you would look after {title}, a sister of {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{actor} hopes that you would look after {title}",
    button="See what it is",
    why="somebody asks you",
    personal=True,
)
kinds.add(
    "budding_alone",
    "{actor} stays with {group}, and would not look after {title}.",
    category="facilitating",
)
kinds.add(
    "budding_begun",
    "{group} can grow a sister: {title}. Stay, go or try both; no word means stay.",
    category="groups",
    by_mail=True,
    subject_line="{group} can grow a sister",
    button="Read why, and choose",
    why="you live in the group",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "budding_ends",
    "Three days are left to choose between {group} and {title}. No word means stay.",
    category="groups",
    by_mail=True,
    subject_line="Three days left to choose in {group}",
    button="Choose",
    why="you live in the group",
    from_kith=True,
    budget=Budget.WEEKLY,
)
kinds.add(
    "budding_dropped",
    "{group} grows no sister for now. All is as it was.",
    category="groups",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "budding_unkept",
    "{group} grows no sister for now: nobody who goes would look after {title}.",
    category="groups",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "budding_done",
    "{title} has grown from {group}. Nothing has changed for you.",
    category="groups",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "sister_open",
    "{title} has begun, and you have a window in it.",
    category="seats",
    by_mail=True,
    subject_line="{title} has begun",
    button="Open {title}",
    why="you chose to go along",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "sister_full",
    "{title} has begun with every window lit. You stay where you were, first in line for it.",
    category="seats",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "sister_too_many",
    "{title} has begun, and you are in as many groups as one may be; so you stay where you were.",
    category="seats",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "sister_offered",
    "A window in {title} is kept for you for 72 hours. You stay in line where you wait.",
    category="seats",
    by_mail=True,
    subject_line="A window in {title} is kept for you",
    button="See what it is",
    why="you stand in a line",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "both_ends",
    "In three days you stay with {group}, unless you say that you go with {title}.",
    category="seats",
    by_mail=True,
    subject_line="Three days left in both",
    button="Choose",
    why="you are trying two groups",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "both_ended",
    "The thirty days are over: you stay with {group}, and left {title}.",
    category="seats",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "merge_asked",
    "{group} has grown quiet, and asks whether {title} would take its people in.",
    category="facilitating",
    by_mail=True,
    subject_line="{group} asks whether {title} would take its people in",
    button="Read what they ask",
)
kinds.add(
    "merge_declined",
    "{title} said not this time to taking the people of {group} in.",
    category="facilitating",
    by_mail=True,
    subject_line="From {title}: not this time",
    button="Read why",
)
kinds.add(
    "merged",
    "{group} is closed and stays to be read. {title} invites all of you in.",
    category="seats",
    by_mail=True,
    subject_line="{title} invites the people of {group}",
    button="See what it is",
    why="you live in a group that has closed",
    from_kith=True,
    budget=Budget.RECORDED,
)
