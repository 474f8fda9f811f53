"""What counts as telling of a hard time, and what as support: told from a few words alone."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from facilitation.comfort import rules
from facilitation.comfort.rules import sounds_like_support, tells_of_hardship

TOLD = (
    *("I feel so alone since he left.", "I'm really lonely here", "I am completely exhausted"),
    *("I have been so sad these weeks", "I've been feeling overwhelmed", "I can't cope any more"),
    *("I cannot stop crying", "I keep crying", "My husband died in March", "We lost our baby"),
    *("My old dog died on Sunday", "I just lost my best friend", "I've lost my job", "I feel low"),
    *("I was diagnosed with it on Monday", "I have no one to talk to", "I want to end my life"),
    *("Since mum died I do not sleep", "I'm really struggling", "I feel like a failure"),
    *("I miss my mother so much", "I am not okay", "im so lonely", "I can't do this anymore"),
)
NOT_TOLD = (
    *("I am alone with the watering this week", "I'm afraid I can't come", "I'm down for that"),
    *("I don't feel lonely", "I am not lonely", "I don't think I am depressed", "I never cry"),
    *("If I feel lonely, I water", "Whenever I am overwhelmed I count the pots"),
    *("She feels so alone", "Her husband died", "My friend's husband died", "He has lost his job"),
    *(
        "She says I can't cope",
        "My sister wrote: I feel so alone",
        "The chorus sings I keep crying",
    ),
    *("How to help somebody who is lonely?", "Suicide prevention week begins", "You feel so alone"),
    *("Overdose of fertiliser, and my tomatoes", "My basil died", "I lost my trowel"),
    *("I have no one to water my pots", "I am so low on soil"),
    *("Since her mum died she does not sleep", "I'm struggling with the netting"),
)
KIND = (
    *("I'm so sorry", "I am with you", "We are thinking of you", "Same here", "Been there."),
    *("That's hard.", "That sounds awful", "You're not alone", "Hugs", "❤️", "Call me tonight"),
    *("Thank you for telling us", "I know how that feels", "Es tut mir leid", "un abrazo"),
)
PLAIN = (
    *("Try soap, twice a week.", "I agree with you. Use soap.", "See a doctor about it"),
    *("The office is open until four", "What have you tried?", "Where is she now?"),
)

# Words between which a sentence may stand: no quotes, and nobody who says something.
FILLERS = st.lists(st.sampled_from(["basil", "pots", "the north side", "twice, and light"]))
SENTENCES = st.sampled_from(TOLD)
SPEAKERS = st.sampled_from(["She", "He", "My neighbour", "The doctor", "Somebody", "They"])
FIRST_PERSON = {"i", "im", "i'm", "ive", "i've", "my", "myself", "we", "me"}


@pytest.mark.parametrize("text", TOLD)
def test_of_oneself_and_of_now_in_so_many_words_is_told(text):
    assert tells_of_hardship(text)


@pytest.mark.parametrize("text", NOT_TOLD)
def test_what_is_denied_only_possible_another_persons_or_a_pots_is_not(text):
    assert not tells_of_hardship(text)


@pytest.mark.parametrize("text", KIND)
def test_a_kind_word_is_support(text):
    assert sounds_like_support(text)


@pytest.mark.parametrize("text", [*PLAIN, "> I am so sorry\n\nTry soap."])
def test_advice_and_what_somebody_else_said_is_none(text):
    assert not sounds_like_support(text)


@given(FILLERS, SENTENCES, FILLERS)
def test_it_is_found_wherever_it_stands_and_however_it_is_typed(before, told, after):
    text = f"{' '.join(before)}. {told}. {' '.join(after)}"

    assert tells_of_hardship(text)
    assert tells_of_hardship(text.upper().replace("'", "’").replace(" ", "\n"))


@given(FILLERS, SENTENCES, st.sampled_from(["“{}”", '"{}"', "„{}“", "«{}»", "`{}`", "‘{}’"]))
def test_nothing_that_is_quoted_is_told(before, told, quotes):
    assert not tells_of_hardship(f"{' '.join(before)} {quotes.format(told)} {' '.join(before)}")


@given(st.lists(SENTENCES, min_size=1), FILLERS)
def test_nothing_in_a_quoted_block_is_told_nor_kind(told, after):
    quoted = "\n".join(f"> {each} I am so sorry." for each in told)

    assert not tells_of_hardship(f"{quoted}\n\n{' '.join(after)}")
    assert not sounds_like_support(f"{quoted}\n\n{' '.join(after)}")


@given(SPEAKERS, st.sampled_from(["said", "says that", "wrote:", "told me", "asked:"]), SENTENCES)
def test_nothing_that_somebody_else_says_is_told(who, says, told):
    assert not tells_of_hardship(f"{who} {says} {told}")


@given(st.text(), st.sampled_from([*rules.STATES, *rules.STRONG_STATES]), SPEAKERS)
def test_without_a_first_person_nothing_is_told(text, state, who):
    words = set(rules.said(text).replace("\n", " ").replace(",", " ").split())
    assume(not any(each in word for word in words for each in FIRST_PERSON))

    assert not tells_of_hardship(f"{text}\n\n{who} feels so {state}")


@given(st.text(), st.sampled_from(rules.SUPPORT))
def test_each_word_of_support_counts_in_whatever_text(text, words):
    assert sounds_like_support(f"{text}\n\n{words}")


@pytest.mark.parametrize("piece", [" 'a", "“", "if i want to die ", "i feel so ", "```", "my a "])
def test_no_text_takes_long(piece):
    text = (piece * 40_000)[:40_000]

    assert sounds_like_support(text) is False
    tells_of_hardship(text)
