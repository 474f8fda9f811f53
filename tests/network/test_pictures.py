"""What the pictures show, and in which words the house speaks of numbers, names and times."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from network import pictures
from network.templatetags import kith

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)  # a Wednesday
LONG_AGO = timedelta(days=400)
GROUP = SimpleNamespace(
    pk="0197", name="The Slow Readers", colour="plum", seats_taken=38, cap=40, waiting=3
)
RUTH = SimpleNamespace(pk="0198", name="Ruth Vandersteen")


def windows(svg, kind, *, seats=1):
    """How many windows of a kind a street has: the area that the pattern fills, over one window's.

    A path is made of rectangles M x y h w v h; a window takes half a house by one storey.
    """
    drawn = re.search(rf'fill="url\(#{kind}\)" d="([^"]*)"', svg)
    if not drawn:
        return 0
    count = 0
    for wide, high in re.findall(r"h(\d+)v(-?\d+)h", drawn.group(1)):
        across = round(int(wide) / pictures.PITCH * 2) if int(wide) != pictures.HALF else 1
        count += across * abs(int(high)) // pictures.STOREY
    return count


class TestStreet:
    @given(st.integers(1, 300), st.data())
    def test_every_seat_is_one_window_and_light_is_people(self, cap, data):
        taken = data.draw(st.integers(0, cap))

        svg = pictures.street(taken, cap, "seed", "moss")

        assert windows(svg, "lit") == taken
        unlit = windows(svg, "free") + windows(svg, "bare")
        assert unlit == cap - taken
        assert windows(svg, "bare") == max(0, cap - -(-taken // 10) * 10)

    @given(st.integers(2, 150), st.data())
    def test_a_seat_kept_for_somebody_has_a_candle(self, cap, data):
        taken = data.draw(st.integers(0, cap - 1))
        held = data.draw(st.integers(1, cap - taken))

        svg = pictures.street(taken, cap, "seed", "moss", held=held)

        assert windows(svg, "candle") == held
        assert windows(svg, "lit") == taken

    def test_a_street_says_in_its_name_what_it_shows(self):
        svg = pictures.street(47, 60, "seed", "moss", waiting=2)

        assert 'role="img" aria-label="47 of 60 seats taken, 13 free, 2 waiting"' in svg

    def test_a_group_keeps_its_skyline_while_people_come_and_go(self):
        assert list(pictures.roofs("one", 6)) == list(pictures.roofs("one", 6))
        assert list(pictures.roofs("one", 6)) == list(pictures.roofs("one", 15))[:6]

    @given(st.text(), st.integers(2, 30))
    def test_two_neighbours_never_share_a_roof(self, seed, houses):
        kinds = [kind for kind, _ in pictures.roofs(seed, houses)]

        assert all(one != other for one, other in pairwise(kinds))

    def test_houses_in_which_nobody_lives_are_outlines(self):
        svg = pictures.street(12, 40, "seed", "moss")

        assert svg.count('class="plot"') == 1
        assert re.search(r'class="plot" d="([^"]*)"', svg).group(1).count("M") == 2

    def test_no_more_than_twelve_people_stand_on_the_pavement(self):
        svg = pictures.street(10, 10, "seed", "moss", waiting=40)

        assert re.search(r'class="waits" d="([^"]*)"', svg).group(1).count("M") == 12
        assert "40 waiting" in svg

    def test_a_street_of_150_is_small_and_a_huge_one_no_bigger_than_thirty_houses(self):
        assert len(pictures.street(118, 150, "seed", "harbour")) < 2_500
        assert len(pictures.street(5_000, 6_000, "seed", "harbour")) < 4_000
        assert pictures.people_per_window(6_000) == 20
        assert pictures.people_per_window(150) == 1

    def test_a_hostile_label_stays_text(self):
        svg = pictures.street(1, 10, "seed", "moss", label='"><script>alert(1)</script>')

        assert "<script>" not in svg

    def test_a_letter_draws_the_same_seats_from_cells(self):
        cells = pictures.street_of_cells(47, 60, "seed", "moss")

        assert cells.count("background:#FFD681") == 47
        assert cells.count("1px solid #E6E3DA") + cells.count("1px solid #77836F") == 13

    @pytest.mark.parametrize(
        ("taken", "cap", "facts", "said"),
        [
            (47, 60, {}, "47 of 60 seats taken, 13 free"),
            (40, 40, {"waiting": 7}, "40 of 40 seats taken, every window is lit, 7 waiting"),
            (
                56,
                60,
                {"held": 2},
                "56 of 60 seats taken, 2 windows left, 2 kept for somebody who was waiting",
            ),
            (9, 10, {"held": 1}, "9 of 10 seats taken, 1 kept for somebody who was waiting"),
        ],
    )
    def test_a_street_is_said_in_words(self, taken, cap, facts, said):
        assert pictures.say(taken, cap, **facts) == said


class TestFace:
    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("Bram de Groot", "BG"),
            ("jun watanabe", "JW"),
            ("王小明", "王"),
            ("Ana-Lucía Ferreira", "AF"),
            ("Cher", "C"),
            ("42", "·"),
            ("", "·"),
        ],
    )
    def test_initials_stand_for_a_name(self, name, shown):
        assert pictures.initials(name) == shown

    def test_a_group_is_known_by_its_words_and_not_by_its_article(self):
        assert pictures.monogram("The Slow Readers") == "SR"
        assert pictures.monogram("Balcony Growers") == "BG"
        assert pictures.monogram("The") == "T"

    def test_a_face_beside_a_name_is_silent_and_alone_it_speaks(self):
        assert 'aria-hidden="true"' in kith.face(RUTH)
        assert 'role="img" aria-label="Ruth, on duty"' in kith.face(RUTH, "s", "Ruth, on duty")

    def test_a_face_keeps_its_paint(self):
        assert kith.face(RUTH) == kith.face(SimpleNamespace(pk="0198", name="Ruth Vandersteen"))
        assert pictures.paint_of("0198") in kith.face(RUTH)

    def test_somebody_who_is_gone_has_a_window_too(self):
        assert "·" in kith.face(None)
        assert kith.name(None) == "a former member"

    def test_names_are_text_everywhere(self):
        evil = SimpleNamespace(
            pk=1, name="<img src=x>", colour='"><i>', seats_taken=1, cap=9, waiting=0
        )

        for drawn in (kith.face(evil), kith.face(evil, "s", evil.name), kith.stamp(evil)):
            assert "<img" not in drawn
            assert '"><i>' not in drawn


class TestTimes:
    @pytest.mark.parametrize(
        ("before", "said"),
        [
            (timedelta(seconds=20), "just now"),
            (timedelta(minutes=1), "a minute ago"),
            (timedelta(minutes=47), "47 minutes ago"),
            (timedelta(hours=1, minutes=10), "an hour ago"),
            (timedelta(hours=11), "11 hours ago"),
            (timedelta(hours=13), "yesterday"),
            (timedelta(hours=30), "yesterday"),
            (timedelta(days=3), "Sunday"),
            (timedelta(days=8), "2 June"),
            (LONG_AGO, "6 May 2025"),
        ],
    )
    def test_the_past_is_said_as_one_would_say_it(self, before, said):
        assert kith.ago(NOON - before, NOON) == said

    def test_shortly_after_midnight_the_hour_before_is_not_yet_yesterday(self):
        night = NOON.replace(hour=0, minute=30)

        assert kith.ago(night - timedelta(hours=2), night) == "2 hours ago"

    @pytest.mark.parametrize(
        ("after", "said"),
        [
            (timedelta(minutes=20), "in 20 minutes"),
            (timedelta(hours=5), "today, 17:00"),
            (timedelta(days=1), "tomorrow, 12:00"),
            (timedelta(days=2), "Friday, 12:00"),
            (timedelta(days=30), "10 July"),
        ],
    )
    def test_the_future_too(self, after, said):
        assert kith.until(NOON + after, NOON) == said

    def test_days_are_those_of_whoever_reads(self):
        evening = NOON.replace(hour=23)

        with timezone.override("Asia/Tokyo"):
            assert kith.at_hour(evening - timedelta(hours=9), evening) == "yesterday, 23:00"
        with timezone.override("UTC"):
            assert kith.at_hour(evening - timedelta(hours=9), evening) == "today, 14:00"

    def test_the_exact_time_stands_behind_the_kind_one(self):
        drawn = kith.moment(NOON - timedelta(hours=30), now=NOON)

        assert drawn == (
            '<time class="small quiet" datetime="2026-06-09T06:00:00+00:00"'
            ' title="9 June 2026, 6:00">yesterday</time>'
        )


class TestWords:
    def test_numbers_speak(self):
        assert kith.plural(1, "reply,replies") == "1 reply"
        assert kith.plural(9, "reply,replies") == "9 replies"
        assert kith.plural(0, "reply,replies") == "no replies"
        assert kith.plural_in_words(2, "person,people") == "two people"
        assert kith.in_words(13) == "13"

    def test_people_are_named_before_they_are_counted(self):
        def people(*names):
            return [SimpleNamespace(name=name) for name in names]

        assert kith.names([]) == ""
        assert kith.names(people("Ruth Vandersteen")) == "Ruth"
        assert kith.names(people("Ruth V", "Imani B")) == "Ruth and Imani"
        assert kith.names(people("Ruth V", "Imani B", "Jun W")) == "Ruth, Imani and Jun"
        assert kith.names(people("Ruth V", "Imani B", "Jun W", "Bo")) == "Ruth, Imani and 2 more"


def drawn(source, **context):
    return Template("{% load kith %}" + source).render(Context(context))


class TestComponents:
    def test_a_place_that_the_product_does_not_have_is_left_out(self):
        assert drawn('{% place "no_such_place" "Nowhere" %}') == ""

    def test_a_field_says_label_hint_error_and_control_in_that_order(self):
        class NameForm(forms.Form):
            name = forms.CharField(label="What shall people call you?", help_text="As at the door.")

        html = drawn('{% include "ui/field.html" with field=form.name only %}', form=NameForm({}))

        places = [
            html.index(part) for part in ("<label", 'id="id_name_helptext"', "_error", "<input")
        ]
        assert places == sorted(places)
        assert 'aria-describedby="id_name_helptext id_name_error"' in html
        assert 'aria-invalid="true"' in html

    def test_a_choice_tells_its_consequence(self):
        class DoorForm(forms.Form):
            door = forms.ChoiceField(
                choices=[("ask", "They ask\nSomebody says yes.")], widget=forms.RadioSelect
            )

        html = drawn('{% include "ui/field.html" with field=form.door only %}', form=DoorForm())

        assert "<b>They ask</b><small>Somebody says yes.</small>" in html

    def test_a_form_with_mistakes_names_and_links_them(self):
        class TwoForm(forms.Form):
            name = forms.CharField(label="Name")
            cap = forms.IntegerField(label="How many seats?")

        html = drawn('{% include "ui/errors.html" with form=form only %}', form=TwoForm({}))

        assert "Two answers need another look." in html
        assert 'href="#id_name"' in html
        assert 'href="#id_cap"' in html
        assert (
            drawn('{% include "ui/errors.html" with form=form only %}', form=TwoForm()).strip()
            == ""
        )

    def test_a_caption_has_the_figures_of_its_street(self):
        group = SimpleNamespace(**vars(GROUP), seats_left=2, is_over_policy=False)

        html = drawn('{% include "ui/seats.html" with group=group only %}', group=group)

        assert '<b class="num">38 of 40</b> seats taken' in html
        assert "2 free" in html
        assert "3 waiting" in html


class TestLetter:
    FACTS = {
        "heading": "Jun wrote back to you",
        "body": ["Somebody answered in Balcony Growers."],
        "quote": "Bring the <b>runners</b>,\nI bring the jar.",
        "quote_by": "Jun Watanabe",
        "button_url": "https://kith.example/t/1?a=1&b=2",
        "button_text": "Write back to Jun",
        "why": "You get this because Jun answered you.",
        "quiet": "Nothing comes between 21:00 and 8:00.",
        "change_url": "https://kith.example/me",
        "stop_url": "https://kith.example/stop",
        "network": "Harbour Quarter",
    }

    def test_both_parts_of_a_letter_say_the_same(self):
        html = drawn('{% include "email/letter.html" %}', **self.FACTS)
        text = drawn('{% include "email/letter.txt" %}', **self.FACTS)

        for words in ("heading", "quote_by", "button_text", "why", "quiet", "stop_url"):
            assert self.FACTS[words] in html
            assert self.FACTS[words] in text
        assert "Bring the &lt;b&gt;runners&lt;/b&gt;,<br>I bring the jar." in html
        assert "> Bring the <b>runners</b>,\n> I bring the jar." in text
        assert "https://kith.example/t/1?a=1&b=2" in text

    def test_a_letter_loads_nothing(self):
        html = drawn('{% include "email/letter.html" %}', seats=GROUP, **self.FACTS)

        assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)

    def test_a_letter_without_a_persons_words_says_who_wrote_it(self):
        html = drawn('{% include "email/letter.html" %}', heading="A code to come in", body=[])

        assert "Kith wrote this letter, not a person." in html
