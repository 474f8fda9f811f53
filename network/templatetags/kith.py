"""Words and pictures for templates: `{% load kith %}`. templates/ui/README.md shows each in use."""

import re
from functools import cache, lru_cache

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from network import pictures

register = template.Library()

FORMER = "a former member"
KITH = "Kith"
SMALL_NUMBERS = [
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


KINDLY = {  # what Django and allauth say, and what we say instead
    "This field is required.": "This one is still empty.",
    "Enter a whole number.": "Write a whole number, in figures.",
    "Enter a valid email address.": "This does not look like a whole address: name@place.example.",
    "The email address and/or password you specified are not correct.": (
        "E-mail and password do not match. Nothing is locked; try again, or choose a new password."
    ),
    "Too many failed login attempts. Try again later.": (
        "That was a lot at once. Try again in a few minutes."
    ),
    "This password is too common.": (
        "Too many people have this password. Four plain words are a good one."
    ),
    "This password is entirely numeric.": "Figures alone are easy to guess. Add a word or two.",
    "Incorrect code.": "This is not the code in the letter. Look once more?",
    "This account is currently inactive.": "This account rests. An admin can tell you more.",
    "Email": "E-mail",
    "Code": "The code from the letter",
    "Current Password": "Your password so far",
    "New Password": "New password",
    "New Password (again)": "Once more",
    "Password (again)": "Once more",
}
TOO_LONG = re.compile(r"Ensure this value has at most (\d+) characters? \(it has (\d+)\)\.")
POSTMARK = (
    '<svg class="postmark" viewBox="0 0 120 64" aria-hidden="true" fill="none"'
    ' stroke="currentColor"><circle cx="32" cy="32" r="27"/><circle cx="32" cy="32" r="18"/>'
    '<path d="M62 20q8-5 15 0t15 0 15 0 12-2M63 28q8-5 15 0t15 0 15 0 12-2'
    'M63 36q8-5 15 0t15 0 15 0 12-2M62 44q8-5 15 0t15 0 15 0 12-2"/>'
    '<text x="32" y="36" font-size="10" text-anchor="middle" fill="currentColor"'
    ' stroke="none">{}</text></svg>'
)


# Pictures


@cache
def sprite():
    """The address of the one file that holds every icon."""
    return static("icons/kith.svg")


@register.simple_tag
@cache
def icon(name):
    """A line icon beside a word; it never stands alone without one."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        sprite(),
        name,
    )


@register.simple_tag
def wordmark():
    """The word mark of Kith, read as its name."""
    return format_html(
        '<svg class="wordmark" role="img" aria-label="Kith"><use href="{}#i-kith"/></svg>',
        sprite(),
    )


@register.simple_tag
def face(person, size="", note="", host=False):
    """A person's arched window. Decorative beside a written name; alone it takes a `note`.

    size: s, l or xl; `host` adds the lamp ring of who is on duty.
    """
    name, key = (person.name, person.pk) if person else ("", "")
    return window(name, key, size, note, host)


@lru_cache(5_000)
def window(name, key, size, note, host):
    return format_html(
        '<span class="face{}{}" data-paint="{}" {}>{}</span>',
        f" {size}" if size else "",
        " host" if host else "",
        pictures.paint_of(key) if key else "slate",
        format_html('role="img" aria-label="{}"', note)
        if note
        else mark_safe('aria-hidden="true"'),
        pictures.initials(name),
    )


@register.simple_tag
def crest(group):
    """A group's gable with its initials, in the paint it chose. Decorative beside its name."""
    return format_html(
        '<span class="crest" data-paint="{}" aria-hidden="true">{}</span>',
        group.colour,
        pictures.monogram(group.name),
    )


@register.simple_tag
def stamp(group):
    """The stamp on a group's postcards. Decorative beside the group's name."""
    return format_html(
        '<span class="stamp" data-paint="{}" aria-hidden="true"><b>{}</b><span>{}</span></span>',
        group.colour,
        pictures.monogram(group.name),
        group.name,
    )


@register.simple_tag
def postmark(at):
    """The round mark over a stamp, with the day on which the card was sent."""
    day = dateformat.format(timezone.localtime(at), "j M").upper()
    return format_html(POSTMARK, day)


@register.simple_tag
def panes():
    """The windows that streets are made of; base.html has them once for the page."""
    return pictures.panes()


@register.simple_tag
def street_svg(group, scale=1, held=0, hide=False):
    """A group's street without caption; `hide` where the words beside it say all."""
    svg = pictures.street(
        group.seats_taken - held,
        group.cap,
        group.pk,
        group.colour,
        waiting=group.waiting,
        held=held,
        scale=scale,
    )
    return svg if not hide else mark_safe(svg.replace('role="img"', 'aria-hidden="true"', 1))


@register.simple_tag
def plot_svg(cap, paint="moss", scale=1.25, seed="plot"):
    """The empty street of a group that is only thought of: so long would it be."""
    return pictures.street(0, cap, seed, paint, label=f"{cap} seats, none taken yet", scale=scale)


@register.simple_tag
def drawn_street(taken, cap, paint, waiting=0):
    """A street of no group, where the picture itself is explained."""
    return pictures.street(taken, cap, paint, paint, waiting=waiting)


@register.filter
def per_window(group):
    """How many people one window of this group's street stands for: one, unless it is huge."""
    return pictures.people_per_window(group.cap)


@register.filter
def seats_in_words(group):
    """`47 of 60 seats taken, 13 free`"""
    return pictures.say(group.seats_taken, group.cap, waiting=group.waiting)


# Words


@register.filter
def name(person):
    """The person's name; `a former member` where nobody is known any more."""
    return person.name if person else FORMER


@register.filter
def first_name(person):
    """What one calls somebody: `Jun` for Jun Watanabe; the whole name where it is one word."""
    return (person.name.split() or [FORMER])[0] if person else FORMER


@register.filter
def who(said):
    """Who wrote a thread or a post: a name, or `Kith` where no person did."""
    return KITH if said.by_kith else name(said.author)


@register.filter
def first_who(said):
    """The same by the first name."""
    return KITH if said.by_kith else first_name(said.author)


@register.simple_tag
def face_of(said, size=""):
    """The window of who wrote a thread or a post; Kith's holds a lantern."""
    return kith_face(size) if said.by_kith else face(said.author, size)


@lru_cache(4)
def kith_face(size=""):
    """How Kith stands where a person's window would."""
    css = f" {size}" if size else ""
    return format_html(
        '<span class="face kith{}" aria-hidden="true">{}</span>', css, icon("lantern")
    )


@register.filter
def names(people):
    """`Ruth`, `Ruth and Imani`, `Ruth, Imani and 2 more`: people by their first names."""
    firsts = [first_name(person) for person in people]
    if len(firsts) > 3:
        return f"{firsts[0]}, {firsts[1]} and {len(firsts) - 2} more"
    return " and ".join(
        part for part in (", ".join(firsts[:-1]), firsts[-1] if firsts else "") if part
    )


@register.filter
def plural(number, forms):
    """`{{ n|plural:"reply,replies" }}`: `1 reply`, `9 replies`, `no replies`."""
    one, many = forms.split(",")
    return f"{number or 'no'} {one if number == 1 else many}"


@register.filter
def minus(number, other):
    """`{{ thread.posts_count|minus:1 }}`: what is left, for figures that stand in a sentence."""
    return number - other


@register.filter
def in_words(number):
    """`two` for 2; figures above twelve."""
    return SMALL_NUMBERS[number] if 0 <= number < len(SMALL_NUMBERS) else str(number)


@register.filter
def plural_in_words(number, forms):
    """`two replies`, `one reply`, `no replies`, `13 replies`."""
    one, many = forms.split(",")
    return f"{in_words(number)} {one if number == 1 else many}"


@register.filter
def ago(at, now=None):
    """How long ago, as one would say it: `just now`, `an hour ago`, `yesterday`, `3 June`."""
    now = now or timezone.now()
    if at > now:
        return until(at, now)
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    days = days_between(at, now)
    hours = minutes // 60
    if days == 0 or hours < 6:
        return "an hour ago" if hours == 1 else f"{hours} hours ago"
    if days == 1:
        return "yesterday"
    return day_in_words(at, now, days)


@register.filter
def until(at, now=None):
    """How long it will be: `in an hour`, `tomorrow, 18:30`, `Thursday, 9:00`, `3 June`."""
    now = now or timezone.now()
    minutes = max(0, int((at - now).total_seconds() // 60))
    if minutes < 60:
        return "in a minute" if minutes <= 1 else f"in {minutes} minutes"
    days, hour = -days_between(at, now), dateformat.format(timezone.localtime(at), "G:i")
    if days == 0:
        return f"today, {hour}"
    if days == 1:
        return f"tomorrow, {hour}"
    if days < 7:
        return f"{dateformat.format(timezone.localtime(at), 'l')}, {hour}"
    return day_in_words(at, now, days)


NEAR = {0: "today", 1: "yesterday", -1: "tomorrow"}


@register.filter
def at_hour(at, now=None):
    """The day and the hour: `today, 7:40`, `yesterday, 9:15`, `3 June, 18:00`."""
    now = now or timezone.now()
    days = days_between(at, now)
    day = NEAR.get(days) or day_in_words(at, now, days)
    return f"{day}, {dateformat.format(timezone.localtime(at), 'G:i')}"


@register.simple_tag
def moment(at, words="ago", css="small quiet", now=None):
    """A `<time>` in kind words with the exact time in its title. words: ago, until or at_hour."""
    say = {"ago": ago, "until": until, "at_hour": at_hour}[words]
    local = timezone.localtime(at)
    return format_html(
        '<time class="{}" datetime="{}" title="{}">{}</time>',
        css,
        at.astimezone(timezone.get_default_timezone()).isoformat(timespec="seconds"),
        dateformat.format(local, "j F Y, G:i"),
        say(at, now),
    )


def days_between(at, now):
    """Days on the calendar of whoever reads, from `at` to `now`."""
    return (timezone.localtime(now).date() - timezone.localtime(at).date()).days


def day_in_words(at, now, days):
    local = timezone.localtime(at)
    if abs(days) < 7:
        return dateformat.format(local, "l")
    same_year = local.year == timezone.localtime(now).year
    return dateformat.format(local, "j F" if same_year else "j F Y")


@register.filter
def paragraphs(text):
    """The paragraphs of a letter whose text is one line with `¶` between them."""
    return [part.strip() for part in str(text).split("¶") if part.strip()]


@register.filter
def quoted(text):
    """A person's words in a plain letter: each line behind a `>`."""
    return "\n".join(f"> {line}".rstrip() for line in str(text).splitlines())


@register.simple_tag
def letter_street(group):
    """A group's street for a letter: drawn from table cells, for programs that load no picture."""
    return pictures.street_of_cells(group.seats_taken, group.cap, group.pk, group.colour)


# The frame of a page


@register.simple_tag(takes_context=True)
def place(context, url_name, words, icon_name=""):
    """A link of the main navigation; nothing where the product has no such page.

    Lit when the page is there, or when the view says so by `here` (`here="care"`).
    """
    try:
        url = reverse(url_name)
    except NoReverseMatch:
        return ""
    return format_html(
        '<a href="{}"{}>{}{}</a>',
        url,
        is_here(context, url_name),
        icon(icon_name) if icon_name else "",
        words,
    )


def is_here(context, url_name):
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if match and match.url_name == url_name:
        return mark_safe(' aria-current="page"')
    return mark_safe(' aria-current="true"') if context.get("here") == url_name else ""


@register.simple_tag(takes_context=True)
def tab(context, name, url, words):
    """A tab of a group page; lit when the page says `tab` is this one."""
    here = mark_safe(' aria-current="page"') if context.get("current") == name else ""
    return format_html('<a href="{}"{}>{}</a>', url, here, words)


# Forms


@register.simple_tag
def control(field, hint="", bare=False):
    """The input, textarea or select of a form field, dressed for `.field`."""
    attrs = {"maxlength": False}  # a browser would cut off what is pasted, and not say so
    if field.widget_type in ("number", "time", "date"):
        attrs["class"] = "input short"
    elif field.widget_type not in ("textarea", "select"):
        attrs["class"] = "input"
    if hint and not field.help_text:
        said = [f"{field.auto_id}_helptext", f"{field.auto_id}_error" if field.errors else ""]
        attrs["aria-describedby"] = " ".join(said).strip()
    if bare:
        attrs["placeholder"] = ""
    return field.as_widget(attrs=attrs)


@register.filter
def consequence_words(label):
    """The words of a choice: the first line of its label."""
    return str(label).partition("\n")[0]


@register.filter
def consequence_means(label):
    """What a choice means: the second line of its label, if any."""
    return str(label).partition("\n")[2]


@register.filter
def kindly(error):
    """A form's complaint in the words of the house; others stay as they are."""
    if too_long := TOO_LONG.fullmatch(str(error)):
        return f"This is {too_long[2]} characters; {too_long[1]} fit."
    return KINDLY.get(str(error), error)


@register.filter
def wrong_fields(form):
    """The fields of a form that need another look, in the order of the page."""
    return [field for field in form if field.errors]


@register.filter
def first_id(field):
    """The id to jump to for a field: that of its control, or of the whole set of choices."""
    return field.id_for_label or field.auto_id
