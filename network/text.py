"""Words to HTML, once: what a person writes in Markdown becomes safe HTML when it is written.

`render` answers the HTML with the version of the renderer that made it; both are stored, and a
command renders again what an older version made. `clean` and `one_line` take what came in over a
form, an endpoint or an import; `plain` and `gist` give the words alone, for excerpts and mail.
Three gates stand one behind the other: the parser knows no raw HTML, it links only to http, https,
mailto and pages of our own, and nh3 lets through nothing but the elements named here.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

RENDERER_VERSION = 1
MAX_TEXT = 40_000  # characters of a post
MAX_HTML = 400_000  # bytes that one text may become
MAX_NESTING = 20
MAX_EFFORT = 150_000  # microseconds of parsing that a text may ask for, as `effort` guesses them
MAX_CELLS = 6_000  # lines by columns of a text that may hold a table
MAX_LINK = 2_000  # characters of one address
LINK_REL = "nofollow ugc noopener noreferrer"

# fmt: off
TAGS = {
    "p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote",
    "ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td",
}
# fmt: on
OURS = re.compile(r"/(?![/\\])[^\s\\]*\Z")
OUTSIDE = re.compile(r"(?:https?://|mailto:)[^\s\\]+\Z", re.IGNORECASE)
LANGUAGE = re.compile(r"language-[A-Za-z0-9_+#.-]{1,30}\Z")
ADDRESS = re.compile(r"https?://[^\s<>\"'`\u201c\u201d]{1,1990}", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w@/.:])@([A-Za-z0-9_]{1,30})(?![\w@])")

# What nobody can see but what changes how others read: direction overrides and isolates, characters
# without width, language tags (a flag may keep its own), and heaps of marks on one letter.
NEWLINE = re.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
UNSEEN = re.compile(
    r"(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)"
    r"|[\u061c\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
JOINERS = re.compile(r"[\u200c-\u200f]{2,}")
STRAY_JOINER = re.compile(r"(?<![\u0590-\u1fff\u2300-\U0010ffff])[\u200c\u200d]+|[\u200e\u200f]")
MARK = r"[\u0300-\u036f\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
MARKS = re.compile(rf"({MARK}{{4}}){MARK}+")
# Words alone, in lines and paragraphs: nothing that Markdown, HTML or we could read as a mark.
WORD = r"[^\s\\`*_~<>&\[\]|@#+=\-0-9:\xa0]"
REST = r"[^\s\\`*_~<>&\[\]|@/\xa0]"
LINE = rf"{WORD}(?:{REST}|[ ](?={REST}))*+"
PROSE = re.compile(rf"{LINE}(?:\n\n?{LINE})*+")
SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Rendered:
    """HTML that is safe to show, and the version of the renderer that made it."""

    html: str
    version: int = RENDERER_VERSION

    def __str__(self):
        return self.html


# What comes in.


def clean(text):
    """The text with plain newlines, composed letters and nothing that cannot be seen."""
    text = str(text)
    if not text.replace("\n", "").isprintable():  # what is taken out is not printable, and rare
        text = CONTROLS.sub("", NEWLINE.sub("\n", text))
        text = UNSEEN.sub(lambda match: match[1] or "", text)
        text = JOINERS.sub("", text)
    if text.isascii():
        return text
    return MARKS.sub(r"\1", unicodedata.normalize("NFC", text))


def one_line(text):
    """The text as a title or a name: one line, single spaces, nothing that cannot be seen."""
    text = clean(text)
    if not text.isascii():
        text = STRAY_JOINER.sub("", text)
    return " ".join(text.split())


# What goes out.


def render(text, *, mentions=()):
    """The Markdown text as safe HTML; `@name` becomes a link for the usernames in `mentions`."""
    return Rendered(to_html(text, mentions=mentions))


def to_html(text, *, mentions=()):
    """The Markdown text as safe HTML; one that asks for too much work or HTML stays as written."""
    text = clean(text)
    return prose(text) if PROSE.fullmatch(text) else marked(text, mentions)


def marked(text, mentions=()):
    """What the parser makes of a clean text."""
    tokens = parse(text)
    if tokens is None or weight(tokens) > MAX_HTML:
        return as_written(text)
    shape(tokens, set(mentions))
    html = sanitise(parser().renderer.render(tokens, parser().options, {}))
    return html if len(html.encode()) <= MAX_HTML else as_written(text)


def prose(text):
    """What the parser makes of a text without any mark in it, and most are; ten times as fast."""
    return "<p>" + text.replace("\n", "<br>\n").replace("<br>\n<br>\n", "</p>\n<p>") + "</p>"


def as_written(text):
    """The text without any markup, in paragraphs, as it was typed."""
    parts = [part for part in re.split(r"\n\s*\n", text[:MAX_TEXT]) if part.strip()]
    lines = (escape(part.strip("\n"), quote=False).replace("\n", "<br>\n") for part in parts)
    return sanitise("\n".join(f"<p>{part}</p>" for part in lines))


def sanitise(html):
    """The HTML with nothing in it but what our own texts are made of."""
    return sieve().clean(html).strip()


def plain(html, limit=None):
    """The words of rendered HTML on one line, cut at a word's end to at most `limit` characters."""
    words = SPACE.sub(" ", unescape(bare().clean(html))).strip()
    return shorten(words, limit) if limit else words


def gist(text, limit=200):
    """The words of a Markdown text on one line, cut to at most `limit` characters."""
    return plain(to_html(text), limit)


def shorten(words, limit):
    """The words cut at a word's end, with an ellipsis, to at most `limit` characters."""
    if len(words) <= limit:
        return words
    cut = words[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit // 2 else cut).rstrip(" ,;:.-–—") + "…"


def usernames_in(text):
    """The usernames that a Markdown text mentions, in order, each once; not those in code."""
    inlines = (token for token in parse(clean(text)) or () if token.type == "inline")
    texts = (token for inline in inlines for token in outside_links(inline.children))
    found = (match[1].lower() for token in texts for match in MENTION.finditer(token.content))
    return list(dict.fromkeys(found))


def count_links(html):
    """How many links to elsewhere the rendered HTML holds, mentions and own pages not counted."""
    return len(re.findall(r'<a href="(?!/)', html))


# How Markdown is read.


@cache
def parser(*, tables=True):
    """CommonMark with strikethrough, tables and the line breaks that were typed."""
    options = {"html": False, "breaks": True, "maxNesting": MAX_NESTING}
    parser = MarkdownIt("commonmark", options).enable("strikethrough")
    parser.disable(["html_block", "html_inline"])  # they would be asked at each line, in vain
    parser.validateLink = is_link  # type: ignore[method-assign]
    return parser.enable("table") if tables else parser


def parse(text):
    """The text as tokens, or None where that would take too long."""
    if len(text) > 4_000 and effort(text) > MAX_EFFORT:
        return None
    return parser(tables=cells(text) <= MAX_CELLS).parse(text)


def effort(text):
    """A guess, on the high side, of the microseconds that reading the text takes."""
    lines, brackets = text.count("\n"), text.count("[")
    marks = sum(text.count(mark) for mark in "*_~`<&\\|]")
    return 30 * (lines + brackets) + 20 * text.count("@") + 12 * marks + len(text) // 2


def cells(text):
    """The most cells that a table in the text could have."""
    lines = text.split("\n")
    return len(lines) * max(line.count("|") for line in lines)


def is_link(address):
    """Whether the address may be linked to: http, https, mailto, or a page of our own."""
    return len(address) <= MAX_LINK and bool(OUTSIDE.match(address) or OURS.match(address))


def weight(tokens):
    """About how many bytes the tokens become: what is said once may be repeated by reference."""
    total = 0
    for token in tokens:
        total += 20 + len(token.content)
        for child in token.children or ():
            total += 10 + sum(len(str(value)) for value in child.attrs.values())
    return total


def shape(tokens, usernames):
    """Fit the text into a page: headings below the page's own, pictures as links, mentions."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type == "inline":
            token.children = pictures_as_links(token.children)
            if "://" in token.content:
                token.children = cut(token.children, addresses_in)
            if usernames and "@" in token.content:
                token.children = cut(token.children, mentions_in, usernames)


def pictures_as_links(tokens):
    """The tokens with each picture as a link to it, or as its words inside another link."""
    if not any(token.type == "image" for token in tokens):
        return tokens
    shaped, depth = [], 0
    for token in tokens:
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "image":
            shaped.append(token)
            continue
        words = text_token(token.content or str(token.attrs.get("src", "")))
        shaped += [words] if depth else linked(str(token.attrs.get("src", "")), words)
    return shaped


def cut(tokens, find, *facts):
    """The tokens with each text outside of links and code replaced by what `find` makes of it."""
    free = {id(token) for token in outside_links(tokens)}
    shaped = []
    for token in tokens:
        shaped += find(token.content, *facts) if id(token) in free else [token]
    return shaped


def addresses_in(text):
    """The text as tokens, with bare addresses as links."""
    tokens, done = [], 0
    for match in ADDRESS.finditer(text):
        address = without_tail(match[0])
        tokens.append(text_token(text[done : match.start()]))
        tokens += linked(address, text_token(address))
        done = match.start() + len(address)
    return [*tokens, text_token(text[done:])]


def without_tail(address):
    """The address without the punctuation of the sentence around it."""
    spare = {
        closing: address.count(closing) - address.count(opening)
        for opening, closing in ("()", "[]", "{}")
    }
    end = len(address)
    while end and (address[end - 1] in ".,:;!?*_~" or spare.get(address[end - 1], 0) > 0):
        end -= 1
        if address[end] in spare:
            spare[address[end]] -= 1
    return address[:end]


def mentions_in(text, usernames):
    """The text as tokens, cut where somebody is mentioned."""
    tokens, done = [], 0
    for match in MENTION.finditer(text):
        username = match[1].lower()
        if username in usernames:
            tokens.append(text_token(text[done : match.start()]))
            tokens += linked(f"/people/{username}/", text_token(match[0]))
            done = match.end()
    return [*tokens, text_token(text[done:])]


def outside_links(tokens):
    """The text tokens that stand in no link and in no code."""
    depth = 0
    for token in tokens or ():
        depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type == "text" and not depth:
            yield token


def text_token(content):
    return Token("text", "", 0, content=content)


def linked(address, words):
    """The words as a link, or alone where the address is none that we link to."""
    if not is_link(address):
        return [words]
    return [
        Token("link_open", "a", 1, attrs={"href": address}),
        words,
        Token("link_close", "a", -1),
    ]


# What HTML may hold.


@cache
def sieve():
    """Lets through the elements of our own texts and nothing else."""
    return nh3.Cleaner(
        tags=TAGS,
        clean_content_tags={"script", "style"},
        attributes={"*": set(), "a": {"href"}, "code": {"class"}, "ol": {"start"}},
        attribute_filter=allowed_value,
        url_schemes={"http", "https", "mailto"},
        link_rel=LINK_REL,
    )


def allowed_value(tag, attribute, value):
    """The value of an attribute where it may stand, or None."""
    if attribute == "href":
        return value if is_link(value) else None
    if attribute == "class":
        return value if LANGUAGE.match(value) else None
    if attribute == "start":
        return value if re.fullmatch(r"\d{1,9}", value) else None
    return value


@cache
def bare():
    """Lets through words only."""
    return nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"})
