"""Openers to begin a thread with, by the kind of group that they suit.

Each gives a reason and asks for something specific, often with a number that all reach together
(domain.md R15). They are written in English; other languages have none yet.
"""

from dataclasses import dataclass

NEIGHBOURS, MAKERS, READERS = "neighbours", "makers", "readers"
HABITS, SUPPORT, ANY = "habits", "support", "any"
KINDS = {
    NEIGHBOURS: "Neighbours",
    MAKERS: "Making and growing",
    READERS: "Reading",
    HABITS: "Habits",
    SUPPORT: "Holding each other up",
    ANY: "Any group",
}


@dataclass(frozen=True)
class Opener:
    """A text to begin a thread with; its key tells it apart in the table of starters."""

    kind: str
    key: str
    title: str
    body: str
    language: str = "en"


LIBRARY = (
    Opener(
        NEIGHBOURS,
        "lend",
        "What could you lend for a weekend?",
        "Most of us own something that stands still fifty weeks a year. Name one thing you "
        "would lend, and one you would like to borrow. With five answers we make a list "
        "that everybody here can keep.",
    ),
    Opener(
        NEIGHBOURS,
        "repair",
        "Who has repaired something here lately?",
        "Somebody’s dripping tap is somebody else’s half hour. Tell us one thing you "
        "mended, or had mended, and who did it. We collect the names for whoever comes "
        "next.",
    ),
    Opener(
        NEIGHBOURS,
        "corner",
        "The corner that could be kinder",
        "Every street has a corner one hurries past. Which one is it here, and what is the "
        "smallest thing that would change it? Choose something two people could do in an "
        "afternoon; we pick one of the first five.",
    ),
    Opener(
        NEIGHBOURS,
        "newcomer-week",
        "What you wish you had known in your first week",
        "Somebody has just moved in and does not dare to ask. Write the one thing that took"
        " you longest to find out: the bins, the bell, the good bakery. Eight answers make "
        "a page for newcomers.",
    ),
    Opener(
        NEIGHBOURS,
        "small-hour",
        "An hour you could give",
        "Who has one hour a month to give, and for what: carrying, watering, translating a "
        "letter, sitting with a child? Write one line. Who needs such an hour answers below"
        " it.",
    ),
    Opener(
        NEIGHBOURS,
        "sound",
        "What do you hear from your window?",
        "For a picture of where we live: stop for a minute, listen, and write down three "
        "things you hear, and at what time. Nobody has to guess whose window it is.",
    ),
    Opener(
        NEIGHBOURS,
        "old-days",
        "Who remembers how it was here before?",
        "Some of us have been here for decades and some since spring. If you remember "
        "something that is gone, a shop, a tree, a habit, tell it in three sentences. Who "
        "is new may ask one question.",
    ),
    Opener(
        NEIGHBOURS,
        "table",
        "If we put one table outside",
        "Say which day and hour would suit you for half an hour at one table, and one thing"
        " you would bring. When four of us name the same hour, it is settled.",
    ),
    Opener(
        MAKERS,
        "on-the-bench",
        "What lies on your bench right now?",
        "Show or describe the thing you are in the middle of, and the one decision you have"
        " not made yet. Whoever has made that decision before writes how it went.",
    ),
    Opener(
        MAKERS,
        "went-wrong",
        "The mistake that taught you most",
        "Manuals leave out what goes wrong. Tell us one thing you ruined, and what you do "
        "differently since. With six of them we have the chapter that is missing in every "
        "book.",
    ),
    Opener(
        MAKERS,
        "one-tool",
        "The tool you would buy again",
        "Which single tool would you replace tomorrow if you lost it, and which one has "
        "been lying in a drawer since you bought it? One of each is enough; we make a list "
        "for beginners.",
    ),
    Opener(
        MAKERS,
        "half-done",
        "What is half done and waits?",
        "Many of us have something that was begun and put away. Name it, and name the very "
        "next step, one that takes no more than an hour. On Sunday we ask who took it.",
    ),
    Opener(
        MAKERS,
        "leftovers",
        "What could you make of what is left over?",
        "Scraps, ends, a jar of odd screws: write what you have too much of. Somebody here "
        "may lack exactly that. Say also how it could change hands.",
    ),
    Opener(
        MAKERS,
        "first-one",
        "Your very first one",
        "Show the first thing you ever made of this kind, or tell us what became of it. It "
        "helps whoever is at that point now. Two or three sentences will do.",
    ),
    Opener(
        MAKERS,
        "teach",
        "Ten minutes you could teach",
        "What could you show somebody in ten minutes, without preparing? Write it as one "
        "line; who would like to see it answers. The first pair that finds a time tells us "
        "how it was.",
    ),
    Opener(
        MAKERS,
        "measure",
        "How do you know that it is finished?",
        "One goes on for ever, or stops too early. What tells you to stop? Answer with one "
        "piece you made and the moment you put it down. We compare.",
    ),
    Opener(
        READERS,
        "stopped",
        "The book you put down",
        "We talk about what we finished. Which book did you stop reading, and on about "
        "which page? Somebody who read on may tell you whether it was worth it.",
    ),
    Opener(
        READERS,
        "one-sentence",
        "One sentence you copied out",
        "Which sentence from the last weeks did you read twice? Write it here with where it"
        " is from, and one line on why. Seven of them make our reading list for the month.",
    ),
    Opener(
        READERS,
        "lend-a-book",
        "Which book would you lend, and to whom?",
        "Name one you would lend without wanting it back, and say for what sort of evening "
        "it is. Who would like it answers first.",
    ),
    Opener(
        READERS,
        "where-you-read",
        "Where do you read?",
        "In bed, on the tram, in the bath, standing at the stove: describe your place and "
        "the hour in three sentences. We would like to know where the others sit while we "
        "read the same pages.",
    ),
    Opener(
        READERS,
        "changed-mind",
        "A book that changed your mind",
        "About a person, a place, or how something is done: what did you think before, and "
        "what since? Please name the page if you still know it.",
    ),
    Opener(
        READERS,
        "next",
        "What shall we read together next?",
        "Propose one book, no longer than a month’s evenings, and give one reason that is "
        "not a prize. After ten days we take the one that most people say yes to.",
    ),
    Opener(
        READERS,
        "as-a-child",
        "The book of a child you were",
        "Which book did you read until it fell apart, and would you give it to a child "
        "today? One reason for or against helps those of us who are looking for a present.",
    ),
    Opener(
        READERS,
        "ending",
        "An ending you would write anew",
        "Which ending let you down, and how would you end it, in three sentences? Warn us "
        "with the title in the first line, so that who has not read it can stop there.",
    ),
    Opener(
        HABITS,
        "smallest",
        "The smallest step that would still count",
        "On bad days the whole plan is too much. What is the smallest version of yours that"
        " you would still count, ten minutes, one page, round the block? Write it down "
        "here; on Sunday we ask how often it was that one.",
    ),
    Opener(
        HABITS,
        "in-the-way",
        "What came in the way last week?",
        "It is seldom the will. Name one thing that came between, and one that somebody "
        "here might have found a way round. Whoever knows the same answers with what "
        "helped.",
    ),
    Opener(
        HABITS,
        "when-exactly",
        "When exactly, and where?",
        "“More often” does not happen; “Tuesday at seven, at the kitchen table” does. Write"
        " your next time and place in one line. The day after, put a word below it, however"
        " it went.",
    ),
    Opener(
        HABITS,
        "who-with",
        "Would you do it at the same time as somebody?",
        "Two people at the same hour get further than two alone. Write which hour would "
        "suit you this week; whoever answers is your company, each at their own place.",
    ),
    Opener(
        HABITS,
        "pause",
        "What would you do with a week off it?",
        "Every habit needs room to rest. If you paused for a week on purpose, what would "
        "you miss, and what would you not? One sentence each.",
    ),
    Opener(
        HABITS,
        "proud",
        "Something that has become easy",
        "What cost you an effort in spring and goes by itself now? Please name it, however "
        "small; those who are at the beginning read it with other eyes.",
    ),
    Opener(
        HABITS,
        "change-one",
        "If you changed one thing about the plan",
        "We are some weeks in. What would you drop, shorten or move to another day, if you "
        "began today? With five answers we see whether it is the plan and not us.",
    ),
    Opener(
        HABITS,
        "tell-someone",
        "Whom have you told?",
        "Habits live longer when somebody outside knows of them. Have you told anybody, and"
        " what did they say? If not: who could it be? First names are not needed.",
    ),
    Opener(
        SUPPORT,
        "good-minute",
        "One good minute",
        "Not a good week, one minute. When did it feel a little lighter lately, and what "
        "was around you then? Two sentences are plenty, and reading along is taking part, "
        "too.",
    ),
    Opener(
        SUPPORT,
        "what-helped",
        "What somebody said that helped",
        "We all know sentences that do not help. Which one did, and who said it, a nurse, a"
        " neighbour, a stranger? We keep them here for the days when one looks for words.",
    ),
    Opener(
        SUPPORT,
        "what-to-say",
        "What you wish people would ask",
        "Friends mean well and ask the wrong thing. Which question would you like to be "
        "asked? Write it down; somebody here may ask it.",
    ),
    Opener(
        SUPPORT,
        "night",
        "What do you do at three in the morning?",
        "Some of us are awake then. What do you do until it gets light: tea, radio, "
        "counting? One line each; perhaps there is one among them that is new to you.",
    ),
    Opener(
        SUPPORT,
        "practical",
        "A form, a call, a waiting room",
        "There is always something practical that weighs more than it should. Name one that"
        " lies before you. Whoever has been through it writes what to bring and how long it"
        " took.",
    ),
    Opener(
        SUPPORT,
        "carry-on",
        "What have you kept doing in spite of it?",
        "A walk, a plant, a phone call on Sundays: what have you not given up, and what "
        "made it possible? It may be very small.",
    ),
    Opener(
        SUPPORT,
        "no-longer",
        "Something you do not apologise for any more",
        "Leaving early, saying no, sitting down: what have you stopped apologising for, and"
        " how did the others take it? It may give somebody else the courage.",
    ),
    Opener(
        SUPPORT,
        "for-newcomers",
        "What would you tell yourself of a year ago?",
        "Somebody new here reads along and is where you were. Write three sentences to who "
        "you were a year ago. Nothing has to be comforting; true is enough.",
    ),
    Opener(
        ANY,
        "brought-you",
        "What brought you here, and has it come true?",
        "Each of us came in with a hope. Which one was it, and what has become of it since?"
        " Say also what is missing; with five answers we know what to try next.",
    ),
    Opener(
        ANY,
        "one-question",
        "The question you did not dare to ask",
        "Everybody has one that seems too simple. Ask it here today; who knows an answer "
        "gives it in three sentences. Simple ones are the best: somebody else wonders, too.",
    ),
    Opener(
        ANY,
        "who-knows",
        "What do you know that nobody here suspects?",
        "A trade, a language, how to get a stain out of wool. Write one thing you could be "
        "asked about. We make a list, so that one knows whom to ask.",
    ),
    Opener(
        ANY,
        "last-month",
        "One thing from the last four weeks",
        "What have you tried, seen or understood since last month that belongs in this "
        "group? One thing each, in two sentences; who has a question about it asks it "
        "below.",
    ),
    Opener(
        ANY,
        "keep-and-drop",
        "One thing to keep, one to drop",
        "Groups get habits, too. Name one thing that we do here and should keep, and one "
        "that nobody would miss. The facilitators read every answer and say what they make "
        "of it.",
    ),
    Opener(
        ANY,
        "find",
        "A find for the others",
        "A page, a shop, a tool, a person worth knowing: share one find that would have "
        "saved you time had you known it earlier. Say in one sentence for whom it is good.",
    ),
    Opener(
        ANY,
        "disagree",
        "What do we see differently?",
        "We agree on much here, and say less about the rest. Name one thing that you do "
        "differently from what most here advise, and why it works for you. Answers begin "
        "with a question.",
    ),
    Opener(
        ANY,
        "together",
        "What could six of us finish in a week?",
        "Name one thing that is too big for one and small enough for six: a list, a letter,"
        " a box of things to give away. When six say “me, too”, we begin.",
    ),
)
OPENERS = {opener.key: opener for opener in LIBRARY}


def openers(kind="", language=""):
    """Those of a kind of group and a language; an empty one asks for all."""
    return [
        opener
        for opener in LIBRARY
        if kind in ("", opener.kind) and language in ("", opener.language)
    ]
