"""The drawing rules of Kith's pictures: pure functions, each returns markup or words.

street()    seats taken, free, held and people waiting; one house for ten seats.
gable()     one façade outline; the roofline of a group is fixed by its seed.
paint_of()  the paint of a person, from its stable public id.
initials()  what stands in a window for a name.
"""

import zlib

from django.utils.html import escape
from django.utils.safestring import mark_safe

# By day, as in tokens.css: a letter, or a picture that stands alone, cannot read them there.
PAINT = {
    "brick": "#843825",
    "plum": "#733D62",
    "bottle": "#265E4E",
    "slate": "#355672",
    "ochre": "#724900",
    "rose": "#873046",
    "moss": "#4E591B",
    "harbour": "#125B70",
    "umber": "#6A4A35",
    "heather": "#544782",
}
PAINTS = list(PAINT)
KIN = {
    "brick": ("umber", "ochre"),
    "plum": ("heather", "rose"),
    "bottle": ("moss", "harbour"),
    "slate": ("harbour", "heather"),
    "ochre": ("brick", "moss"),
    "rose": ("plum", "brick"),
    "moss": ("bottle", "ochre"),
    "harbour": ("slate", "bottle"),
    "umber": ("brick", "plum"),
    "heather": ("slate", "plum"),
}
WIDE, ROWS, STOREY, GROUND = 20, 5, 9, 11  # one house: 2 x 5 windows above a door
TALL = 14 + ROWS * STOREY + GROUND
SILL, EAVES = TALL - GROUND, 14  # between them the windows
PITCH, HALF = WIDE + 1, 10  # from house to house; from a window to its neighbour
LONGEST = 30  # houses; a longer street lets each window stand for more people
SOFT_FULL = 0.8  # from here on one says how few windows are left
QUEUE = 12  # people drawn on the pavement; the caption has the number


def paint_of(key):
    """The paint of a person or group, from its stable public id."""
    return PAINTS[zlib.crc32(str(key).encode()) % len(PAINTS)]


def gable(kind, x, top, foot):
    """Path of a façade from x to x + WIDE, eaves at `top`, pavement at `foot`; kind 0 to 5."""
    roof = (
        "h3v-3h3v-3h2v-3h4v3h2v3h3v3h3",  # stepped
        f"L{x + WIDE / 2:g} {top - 11:g}L{x + WIDE:g} {top:g}",  # spout
        "c4 0 3-6 5.5-8.5q4.5-3 9 0c2.5 2.5 1.5 8.5 5.5 8.5",  # bell
        "h1q4-1 4-6v-3h3l2-2 2 2h3v3q0 5 4 6h1",  # neck
        f"v-4h-1v-2h{WIDE + 2}v2h-1v4",  # cornice
        f"v-1a{WIDE / 2:g} 9 0 0 1 {WIDE} 0v1",  # round
    )[kind]
    return f"M{x:g} {foot:g}V{top:g}{roof}V{foot:g}z"


def roofs(seed, houses):
    """The roof and the tone (0 to 3) of each house; two neighbours never share a roof."""
    rng, before = zlib.crc32(str(seed).encode()), -1
    for _ in range(houses):
        rng = (rng * 1103515245 + 12345) & 0x7FFFFFFF
        kind = (rng >> 8) % 6
        before = (kind + 1) % 6 if kind == before else kind
        yield before, (rng >> 16) % 4


def seats_from(first, last, cap):
    """Path over the windows of seats `first` to `last`; a pattern of windows fills it.

    Houses fill from the left, windows from the ground up, so whole houses are one rectangle.
    """
    pieces, seat = [], first
    while seat < last:
        house, row = divmod(seat, 10)
        x = 1 + house * PITCH
        if row == 0 and (whole := (last - seat) // 10):
            pieces.append(f"M{x} {EAVES}h{whole * PITCH}v{ROWS * STOREY}h-{whole * PITCH}z")
            seat += whole * 10
            continue
        top = SILL - (row // 2 + 1) * STOREY
        if row % 2 or seat + 1 == last:
            left = x + row % 2 * HALF
            pieces.append(f"M{left} {top}h{HALF}v{STOREY}h-{HALF}z")
            seat += 1
        else:
            rows = (min(last, (house + 1) * 10) - seat) // 2
            pieces.append(f"M{x} {top + STOREY}h{PITCH}v-{rows * STOREY}h-{PITCH}z")
            seat += rows * 2
    return "".join(pieces)


def people_per_window(cap):
    """How many seats one window stands for: one, unless the street would be too long to draw."""
    return -(-cap // (LONGEST * 10))


def street(taken, cap, seed, paint, *, waiting=0, held=0, label=None, scale=1):
    """An <svg> that says in its name what it shows. Length is the cap, light is people.

    scale: 1 in cards and lists (all of one list alike), .75 in tables, 1.25 alone in text,
    1.75 in a head.
    """
    words = label or say(taken, cap, waiting=waiting, held=held)
    many = people_per_window(cap)
    taken, cap, held = -(-taken // many), -(-cap // many), held // many
    houses = -(-cap // 10)
    queue = min(waiting, QUEUE)
    wide = houses * PITCH + (queue * 5 + 8 if queue else 0) + 2
    parts = houses_of(taken, cap, seed, paint, held)
    if queue:
        parts.append(f'<path class="waits" d="{people(houses * PITCH + 8, queue)}"/>')
    parts.append(f'<path class="pavement" d="M0 {TALL + 0.5:g}h{wide}"/>')
    return mark_safe(
        f'<svg role="img" aria-label="{escape(words)}" viewBox="0 0 {wide} {TALL + 2}"'
        f' width="{wide * scale:g}" height="{(TALL + 2) * scale:g}">{"".join(parts)}</svg>'
    )


def houses_of(taken, cap, seed, paint, held):
    """The paths of all houses: one for each tone, one for each kind of window."""
    tones = (paint, paint, *KIN[paint])
    painted, plots = {}, []
    lived_in = -(-(taken + held) // 10)
    for n, (kind, tone) in enumerate(roofs(seed, -(-cap // 10))):
        rows = -(-min(10, cap - n * 10) // 2)
        facade = gable(kind, 1 + n * PITCH, SILL - rows * STOREY - 1, TALL)
        (painted.setdefault(tones[tone], []) if n < lived_in else plots).append(facade)
    parts = [f'<path data-paint="{tone}" d="{"".join(d)}"/>' for tone, d in painted.items()]
    if plots:
        parts.append(f'<path class="plot" d="{"".join(plots)}"/>')
    if lived_in:
        doors = f"M1 {TALL - 8}h{lived_in * PITCH}v8h-{lived_in * PITCH}z"
        parts.append(f'<path fill="url(#doors)" d="{doors}"/>')
    homes = min(cap, lived_in * 10)
    for what, first, last in (
        ("lit", 0, taken),
        ("free", taken, homes),
        ("candle", taken, taken + held),
        ("bare", homes, cap),
    ):
        if first < last:
            parts.append(f'<path fill="url(#{what})" d="{seats_from(first, last, cap)}"/>')
    return parts


def panes():
    """The patterns that fill a street's windows and doors; each page has them once."""
    arch = "a2.3 2.3 0 0 1 4.6 0v3.9h-4.6z"
    flame = "a1.2 1.2 0 1 0 2.4 0a1.2 1.2 0 1 0-2.4 0"
    pair = f"M3.6 3.7{arch}M11.8 3.7{arch}"
    drawn = [pane(name, EAVES, STOREY, pair) for name in ("lit", "free", "bare")]
    drawn.append(pane("candle", EAVES, STOREY, f"M4.7 5.4{flame}M12.9 5.4{flame}"))
    drawn.append(pane("doors", TALL - 8, 8, "M7.6 2.4a2.4 2.4 0 0 1 4.8 0v5.6h-4.8z"))
    defs = "".join(drawn)
    return mark_safe(f'<svg class="panes" width="0" height="0" aria-hidden="true">{defs}</svg>')


def pane(name, y, height, d):
    return (
        f'<pattern id="{name}" x="1" y="{y}" width="{PITCH}" height="{height}"'
        f' patternUnits="userSpaceOnUse"><path d="{d}"/></pattern>'
    )


def people(x, number):
    """Path of small figures that stand on the pavement from x on."""
    body = f"{TALL}v-5a1.6 1.6 0 0 1 3.2 0v5z"
    head = "m.3-8.2a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0"
    return "".join(f"M{x + i * 5:g} {body}{head}" for i in range(number))


CELL = (
    '<td width="6" height="8" style="width:6px;height:8px;line-height:8px;font-size:1px;'
    "border-radius:3px 3px 0 0;box-sizing:border-box;{}"
)
CELLS = {
    "lit": CELL.format(
        'background:#FFD681;border:1px solid #FFD681;" bgcolor="#FFD681">&nbsp;</td>'
    ),
    "free": CELL.format('border:1px solid #E6E3DA;">&nbsp;</td>'),
    "bare": CELL.format('border:1px solid #77836F;">&nbsp;</td>'),
    "wall": CELL.format('">&nbsp;</td>'),
}
LETTER_HOUSES = 15  # what 560 pixels hold; a longer street lets each window stand for more


def street_of_cells(taken, cap, seed, paint):
    """A street as nested tables. Decoration: the words below it say the same."""
    many = -(-cap // (LETTER_HOUSES * 10))
    taken, cap = -(-taken // many), -(-cap // many)
    tones = (paint, paint, *KIN[paint])
    houses = []
    for n, (_, tone) in enumerate(roofs(seed, -(-cap // 10))):
        seats, lit = min(10, cap - n * 10), min(10, max(0, taken - n * 10))
        wall = PAINT[tones[tone]] if lit else ""
        kinds = ["lit"] * lit + ["free" if lit else "bare"] * (seats - lit) + ["wall"] * (seats % 2)
        rows = [kinds[i : i + 2] for i in range(0, len(kinds), 2)]
        cells = "".join(f"<tr>{CELLS[a]}{CELLS[b]}</tr>" for a, b in reversed(rows))
        look = f"background:{wall};" if wall else "border:1px dashed #77836F;border-bottom:0;"
        houses.append(
            '<td valign="bottom" style="padding:0 1px 0 0;"><table role="presentation"'
            f' cellspacing="3" cellpadding="0" border="0" style="{look}border-radius:11px 11px 0 0;'
            f'padding-top:5px;">{cells}<tr><td colspan="2" height="5" style="height:5px;'
            'line-height:5px;font-size:1px;">&nbsp;</td></tr></table></td>'
        )
    return mark_safe(
        '<table role="presentation" cellspacing="0" cellpadding="0" border="0" aria-hidden="true"'
        f' style="border-bottom:2px solid #77836F;"><tr>{"".join(houses)}</tr></table>'
    )


def few_left(taken, cap):
    """Whether four of five windows are lit, and not all: one says how many are left (R4)."""
    return cap * SOFT_FULL <= taken < cap


def say(taken, cap, *, waiting=0, held=0):
    """The sentence that a street shows: seats taken, free, kept, and who waits."""
    free = cap - taken - held
    said = [f"{taken} of {cap} seats taken"]
    if few_left(taken + held, cap):
        said.append(f"{free} {'window' if free == 1 else 'windows'} left")
    elif free:
        said.append(f"{free} free")
    elif not held:
        said.append("every window is lit")
    if held:
        said.append(f"{held} kept for somebody who was waiting")
    if waiting:
        said.append(f"{waiting} waiting")
    return ", ".join(said)


def monogram(name):
    """What stands on a group's gable: Balcony Growers BG, The Slow Readers SR."""
    return initials(name.removeprefix("The ") or name)


def initials(name):
    """One or two letters: Bram de Groot BG, jun watanabe JW, 王小明 王.

    Particles in small letters are passed over; a name without letters gets a dot.
    """
    words = [w for w in name.replace("-", " ").split() if w[0].isalpha()]
    words = [w for w in words if not w[0].islower()] or words
    if not words:
        return "·"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
