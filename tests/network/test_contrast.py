"""WCAG 2.2 contrast of every pair of text or picture and ground that kith.css uses."""

import re

import pytest
from django.conf import settings

from network.pictures import PAINT, PAINTS

CSS = (settings.BASE_DIR / "static/css/kith.css").read_text()
PAPERS = ["ground", "surface", "raised", "sunken"]
THEMES = ["day", "evening"]

TEXT = [(ink, paper) for ink in ("ink", "ink-2", "ink-3", "act-ink") for paper in PAPERS]
TEXT += [(ink, p) for ink in ("lamp-ink", "good", "info", "wrong") for p in PAPERS[:3]]
TEXT += [("on-act", "act"), ("on-act", "act-hover"), ("lamp-ink", "lamp-soft")]
TEXT += [("good", "good-soft"), ("info", "info-soft"), ("wrong", "wrong-soft")]
TEXT += [("act-ink", "act-soft"), ("on-lamp", "window-lit")]
SOFT = ["act-soft", "lamp-soft", "good-soft", "info-soft", "wrong-soft", "sky-high", "sky-low"]
TEXT += [(ink, soft) for ink in ("ink", "ink-2") for soft in SOFT]
TEXT += [("ink-3", "act-soft"), ("ink-3", "lamp-soft")]
TEXT += [("act-ink", ground) for ground in ("sky-low", "sky-high", "lamp-soft")]
for paint in PAINTS:
    solid, soft, ink = f"paint-{paint}", f"paint-{paint}-soft", f"paint-{paint}-ink"
    TEXT += [("on-paint", solid), (ink, soft), (ink, "surface"), (ink, "ground")]
    TEXT += [("ink", soft), ("ink-2", soft)]

PICTURES = [("line-strong", paper) for paper in ("surface", "raised", "ground")]
PICTURES += [("lamp-edge", paper) for paper in PAPERS] + [("act", paper) for paper in PAPERS]
PICTURES += [("hour-night", "hour-day"), ("knob", "act")]
PICTURES += [("chart-us", "surface"), ("chart-network", "surface")]
PICTURES += [("window-lit", f"paint-{paint}") for paint in PAINTS]
PICTURES += [(f"window-free on {paint}", f"paint-{paint}") for paint in PAINTS]


def colours():
    """Each token's colour by day and in the evening; free windows as they look on each façade."""
    pair = r"--([\w-]+): light-dark\((#\w{6})\w{0,2}, (#\w{6})\w{0,2}\)"
    found = {name: (day, evening) for name, day, evening in re.findall(pair, CSS)}
    found |= {name: (both, both) for name, both in re.findall(r"--([\w-]+): (#\w{6});", CSS)}
    glass = r"rgb\(255 252 243 / (\.\d+)\)"
    alphas = re.search(rf"--window-free: light-dark\({glass}, {glass}\)", CSS).groups()
    for paint in PAINTS:
        found[f"window-free on {paint}"] = tuple(
            mixed("#FFFCF3", float(alpha), back)
            for alpha, back in zip(alphas, found[f"paint-{paint}"], strict=True)
        )
    return found


def mixed(colour, alpha, back):
    parts = [
        round(int(colour[i : i + 2], 16) * alpha + int(back[i : i + 2], 16) * (1 - alpha))
        for i in (1, 3, 5)
    ]
    return "#{:02X}{:02X}{:02X}".format(*parts)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


COLOURS = colours()


@pytest.mark.parametrize(
    ("pairs", "least"), [(TEXT, 4.5), (PICTURES, 3.0)], ids=["text", "pictures"]
)
@pytest.mark.parametrize("theme", THEMES)
def test_what_must_be_seen_stands_out_from_its_ground(pairs, least, theme):
    which = THEMES.index(theme)

    too_faint = [
        f"{front} on {back}: {ratio:.2f}"
        for front, back in pairs
        if (ratio := contrast(COLOURS[front][which], COLOURS[back][which])) < least
    ]

    assert not too_faint


def test_black_on_white_is_twenty_one_to_one():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_letters_know_the_paints_of_the_day():
    assert {paint: COLOURS[f"paint-{paint}"][0] for paint in PAINTS} == PAINT
