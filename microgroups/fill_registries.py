"""What the rooms of this floor add to the registries: jobs, invariants, personal data, subjects."""

from datetime import timedelta

from microgroups.conversation import keeping, reading, words
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
