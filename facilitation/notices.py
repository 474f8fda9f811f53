"""What the Notices of this floor say: the wording of every kind."""

from network.notifications import kinds
from network.notifications.kinds import Budget

kinds.add(
    "asked_to_step_in",
    "{actor} is away for a while and asks you to step in for {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{actor} asks you to step in for {group}",
    button="Open {group}",
    why="somebody asks you to step in",
)
kinds.add(
    "cover_wanted",
    "People wait in {group}, and somebody who looks after it with you was not there to see.",
    category="facilitating",
    by_mail=True,
    subject_line="Could you look in on {group}?",
    button="See who is waiting",
    from_kith=True,
)
kinds.add(
    "step_in_now",
    "Somebody waits in {group}, and those who look after it are away. You step in for one of them.",
    category="facilitating",
    by_mail=True,
    subject_line="Could you look in on {group}?",
    button="Open {group}",
    why="you step in for somebody",
    from_kith=True,
)
kinds.add(
    "cover_missing",
    "People have waited in {group} for a while, and nobody who looks after it was there to see.",
    category="facilitating",
    by_mail=True,
    subject_line="Nobody is looking after {group} just now",
    button="Look at {group}",
    why="you look after the network",
    from_kith=True,
)
kinds.add(
    "welcome",
    "Welcome to {group}. Say hello whenever you like; people here answer.",
    category="welcome",
    by_mail=True,
    subject_line="Welcome to {group}",
    button="Come in and say hello",
    from_kith=True,
    budget=Budget.COUNTED,
)
kinds.add(
    "be_buddy",
    "{title} has come into {group}. You offered to show newcomers around: would you say hello?",
    category="care",
    by_mail=True,
    subject_line="{title} has come into {group}",
    button="Say hello",
    why="you offered to show newcomers around",
    from_kith=True,
    budget=Budget.ASK,
)
kinds.add(
    "does_it_fit",
    "You have been in {group} for ten days. Is it the right group for you?",
    category="welcome",
    by_mail=True,
    subject_line="Is {group} the right group?",
    button="Yes, or show me others",
    from_kith=True,
    budget=Budget.WEEKLY,
)
kinds.add(
    "note",
    "{actor} wrote you a few words from {group}.",
    category="care",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open {group}",
    personal=True,
)
kinds.add(
    "nudge",
    "{actor} wonders how you are, and whether you would look in on {group}.",
    category="care",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open {group}",
    personal=True,
    budget=Budget.NUDGE,
)
kinds.add(
    "nudge_by_kith",
    "Would you look in on {group}?",
    category="presence",
    by_mail=True,
    subject_line="A question for you from {group}",
    button="Open {group}",
    from_kith=True,
    budget=Budget.NUDGE,
)
kinds.add(
    "stay_rest_or_leave",
    "Would you like to stay in {group}, rest for a while, or leave? Each is fine.",
    category="presence",
    by_mail=True,
    subject_line="{group}: stay, rest or leave?",
    button="Choose",
    from_kith=True,
    budget=Budget.WEEKLY,
)
kinds.add(
    "will_rest",
    "Somebody waits for a window in {group}. Are you still here? If we hear nothing for two weeks, "
    "you rest, and yours goes to them.",
    category="presence",
    by_mail=True,
    subject_line="{group}: are you still here?",
    button="I am still here",
    from_kith=True,
    budget=Budget.WEEKLY,
)
kinds.add(
    "rests_now",
    "You rest in {group} now, as we wrote. You read on, and are first in line when you come back.",
    category="presence",
    by_mail=True,
    subject_line="You rest in {group}",
    button="Open {group}",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "cue_assigned",
    "{actor} asks you to look after {title} in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="{actor} asks you to look after {title}",
    button="Open your queue",
)
kinds.add(
    "answer_wanted",
    "{title} wrote in {group} for the first time and waits for an answer.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} waits for an answer",
    button="Write back to {title}",
    from_kith=True,
)
kinds.add(
    "could_you_answer",
    "Would you write back? Somebody new wrote “{title}” in {group} yesterday.",
    category="care",
    by_mail=False,
    from_kith=True,
    budget=Budget.ASK,
    is_gathered=True,
)
kinds.add(
    "could_you_help",
    "Nobody has written back to “{title}” in {group} yet. You may know something: would you look?",
    category="care",
    by_mail=False,
    from_kith=True,
    budget=Budget.ASK,
    is_gathered=True,
)
kinds.add(
    "answer_overdue",
    "A newcomer in {title} has waited a day for a first answer.",
    category="facilitating",
    by_mail=True,
    subject_line="A newcomer in {title} has waited a day",
    button="Open {title}",
    why="you look after the network",
    from_kith=True,
)
kinds.add(
    "too_few_facilitators",
    "{title} has grown, and too few people look after it. Those who do were asked two weeks ago.",
    category="facilitating",
    by_mail=True,
    subject_line="{title} has grown",
    button="Look at {title}",
    why="you look after the network",
    from_kith=True,
)

# moderation

kinds.add(
    "report_waits",
    "Somebody asks that you look at {title} in {group}.",
    category="facilitating",
    by_mail=True,
    subject_line="Somebody asks you to look at {title}",
    button="Look at it",
    why="you look after people here",
    from_kith=True,
)
kinds.add(
    "review_waits",
    "Two people have asked for a look at {title} in {group}. It is hidden until you decide, for a "
    "day at most.",
    category="facilitating",
    by_mail=True,
    subject_line="Hidden until you decide: {title}",
    button="Decide it",
    why="you look after people here",
    from_kith=True,
)
kinds.add(
    "review_missed",
    "Nobody has decided for a day about a post in {group} that reports had hidden. It is back.",
    category="facilitating",
    by_mail=True,
    subject_line="Nobody has decided in {group}",
    button="Look at it",
    why="you look after the network",
    from_kith=True,
)
kinds.add(
    "many_hidden",
    "Ten posts or more were hidden in {group} within a week.",
    category="facilitating",
    by_mail=True,
    subject_line="Many posts are hidden in {group}",
    button="Open {group}",
    why="you look after the network",
    from_kith=True,
)
kinds.add(
    "report_keep",
    "Somebody has looked at {title} in {group} as you asked, and it stands.",
    category="decisions",
)
kinds.add(
    "report_hide",
    "Somebody has looked at {title} in {group} as you asked, and hidden it.",
    category="decisions",
)
kinds.add(
    "report_redirect",
    "Somebody has looked at {title} in {group} as you asked, and spoken with whom it is about.",
    category="decisions",
)
kinds.add(
    "report_remove",
    "Somebody has looked at {title} in {group} as you asked; its author was asked to go.",
    category="decisions",
)
kinds.add(
    "word_from_network",
    "{actor}, who looks after the network, wrote to you.",
    category="decisions",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open it",
)
kinds.add(
    "post_hidden",
    "{actor} has hidden a post of yours in {group}. You can say it in other words.",
    category="decisions",
    by_mail=True,
    subject_line="About a post of yours in {group}",
    button="Read why, and answer",
)
kinds.add(
    "hidden_for_now",
    "Two people asked somebody to look at a post of yours in {group}. It is hidden until then, "
    "for a day at most.",
    category="decisions",
    by_mail=True,
    subject_line="About a post of yours in {group}",
    button="Read what that means",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "shown_again",
    "Your post in {group} is back.",
    category="decisions",
    by_mail=True,
    subject_line="Your post in {group} is back",
    button="Open it",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add("post_rewritten", "{actor} has said a hidden post in {group} anew.", category="decisions")
kinds.add(
    "paused",
    "{actor} has given you a pause in {group}: you read, and do not write for a while.",
    category="decisions",
    by_mail=True,
    subject_line="A pause in {group}",
    button="Read why, and answer",
    why="something was decided about you",
)
kinds.add(
    "decision_undone",
    "{actor} has taken back what was decided about you in {group}.",
    category="decisions",
    by_mail=True,
    subject_line="Taken back in {group}",
    button="Read it",
    why="something had been decided about you",
)
kinds.add(
    "note_on_words",
    "{actor} wrote to you alone about your words in {group}.",
    category="decisions",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Read it",
)
kinds.add(
    "title_proposed",
    "{actor} proposes another title for “{title}”. It is yours to say yes or no.",
    category="decisions",
    by_mail=True,
    subject_line="{actor} proposes another title",
    button="Say yes or no",
)
kinds.add(
    "thread_slowed",
    "{actor} has slowed “{title}” down until tomorrow, so that all are heard.",
    category="decisions",
    by_mail=False,
)
kinds.add(
    "pace_given_back",
    "“{title}” goes at its usual pace again: {actor} has taken back that it was slowed down.",
    category="decisions",
    by_mail=False,
)
kinds.add(
    "move_asked",
    "May “{title}” move to another group? You wrote in it: it is yours to say yes or no.",
    category="decisions",
    by_mail=True,
    subject_line="May something you wrote move to another group?",
    button="Read where to, and answer",
)
kinds.add(
    "move_waits",
    "Everybody who wrote in “{title}” would like it to move into a group that you look after.",
    category="facilitating",
    by_mail=True,
    subject_line="May a thread move in with you?",
    button="Look at it",
    from_kith=True,
)
kinds.add(
    "move_not_agreed",
    "Not everybody agreed to the moving of “{title}”. It stays in {group}.",
    category="decisions",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add(
    "thread_moved",
    "“{title}” has moved to another group. Everybody who wrote in it agreed.",
    category="decisions",
    from_kith=True,
    budget=Budget.RECORDED,
)
kinds.add("title_accepted", "{actor} has taken the title that you proposed.", category="decisions")
kinds.add("title_declined", "{actor} keeps the title “{title}”.", category="decisions")

# distress

kinds.add(
    "distress",
    "Somebody in {group} asks for help, now. Look, and say that you are there: else the next are "
    "called.",
    category="distress",
    by_mail=True,
    subject_line="Somebody needs a person now",
    button="Look now",
    from_kith=True,
    urgent=True,
)
kinds.add(
    "distress_better",
    "Whoever called for help in {group} sends word that it is better. Look in all the same, until "
    "one of you has.",
    category="distress",
    by_mail=True,
    subject_line="Word from whoever called for help",
    button="Look in",
    from_kith=True,
    urgent=True,
)
kinds.add(
    "distress_needed",
    "Whoever called for help in {group} sends word that somebody is needed still.",
    category="distress",
    by_mail=True,
    subject_line="Somebody is needed still",
    button="Look now",
    from_kith=True,
    urgent=True,
)
kinds.add(
    "distress_seen",
    "{actor} has seen that you called for help, and is there.",
    category="distress",
    by_mail=True,
    subject_line="{actor} is there",
    button="Open it",
    why="you called for help",
    urgent=True,
)
kinds.add(
    "distress_word",
    "{actor} wrote to you, because you called for help.",
    category="distress",
    by_mail=True,
    subject_line="{actor} wrote to you",
    button="Open it",
    why="you called for help",
    personal=True,
    urgent=True,
)
kinds.add(
    "distress_taken",
    "{actor} is there for whoever called for help in {group}.",
    category="distress",
)
