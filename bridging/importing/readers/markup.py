"""Other people's markup as our Markdown: HTML as forums cook it, Slack's own, and plain mail.

None of this has to be safe (network/text.py is); it has to keep the words, and what they look like.
HTML is cut into tags and text by one pattern and walked once, so that any input, however broken or
deep, takes time by its length.
"""

import re
from functools import cache
from html import unescape

TAG = re.compile(
    r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)((?:[^<>"']++|"[^"]{0,4000}+"|'[^']{0,4000}+'){0,60}+)>"""
)
DECLARATION = re.compile(r"<![a-zA-Z\[][^>]{0,1000}>")
ATTRIBUTE = re.compile(r"""([a-zA-Z:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
EMOJI_CODE = re.compile(r"\bemoji-((?:[0-9a-f]{2,5}-){0,8}[0-9a-f]{2,5})\b")
SPACE = re.compile(r"[ \t\n\r\f]{2,}|[\t\n\r\f]")  # a single space is one already

# What would mean something in Markdown and did not mean it here.
MEANT = re.compile(
    r"\\(?=[!-/:-@\[-`{-~])|[`*\[]|(?<!\w)_|_(?!\w)|~(?=~)|<(?=[A-Za-z][^\s<>]*[:@])"
    r"|&(?=#?\w+;)"
)
SIGN = re.compile(r"[\\`*\[_~<&]")  # most texts have none: a glance is cheaper than a search
BEGINNINGS = set("#-+>=~0123456789")
AT_START = re.compile(r"^([ ]*)(#{1,6}(?=\s|$)|[-+](?=\s|$)|>|=+\s*$|-+\s*$|~~~)", re.MULTILINE)
NUMBERED = re.compile(r"^([ ]*[0-9]{1,9})([.)](?=\s|$))", re.MULTILINE)

PARAGRAPHS = {"p", "div", "section", "article", "figure", "details", "summary", "aside", "header"}
PARAGRAPHS |= {"dl", "dt", "dd", "center", "main", "footer", "nav", "form", "figcaption", "table"}
PARAGRAPHS |= {"thead", "tbody", "tfoot", "caption"}
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}
UNSEEN = {"script", "style", "template", "noscript", "svg", "head", "iframe", "object", "button"}


def from_html(html):
    """HTML as Markdown: paragraphs, lists, quotes, code, links, emphasis, tables, formulas."""
    if "<" not in html:
        return escaped(SPACE.sub(" ", unescape(html)).strip())
    if "<!" in html:
        html = DECLARATION.sub("", without_comments(html))
    page = Page()
    parts = TAG.split(html)
    page.text(parts[0])
    for at in range(1, len(parts), 4):
        closing, tag, attributes, text = parts[at : at + 4]
        if tag != "span" or page.verbatim is None:  # code is coloured word by word
            page.tag(tag.lower(), bool(closing), attributes)
        if text:
            page.text(text)
    return page.finished()


def without_comments(html):
    """The HTML without what stands between `<!--` and `-->`."""
    kept, done = [], 0
    while (start := html.find("<!--", done)) >= 0 and (end := html.find("-->", start)) >= 0:
        kept.append(html[done:start])
        done = end + 3
    return "".join(kept) + html[done:]


class Page:
    """The Markdown written so far, and where in the page we are."""

    def __init__(self):
        self.lines = []
        self.words = []  # of the paragraph at hand
        self.opened = []  # [tag, where in words it began, its address]
        self.margins = []  # [next line, further lines, begun] of each quote and list item
        self.lists = []  # the next number of each list, None where it has bullets
        self.gap = False  # a blank line is due before the next block
        self.heading = ""
        self.verbatim = None  # the text of a code block
        self.code = None  # the text of code in a line
        self.language = ""
        self.unseen = [None, 0]  # the element we are passing over, and how deep in it we are
        self.formula = None  # the text of a formula
        self.cells = None
        self.rows = 0

    def text(self, text):
        if self.formula is not None:
            self.formula.append(text)
        elif self.unseen[1] or not text:
            return
        elif self.verbatim is not None:
            self.verbatim.append(unescape(text))
        elif self.code is not None:
            self.code.append(unescape(text))
        elif not text.isspace():
            text = SPACE.sub(" ", unescape(text) if "&" in text else text)
            self.words.append(escaped(text))
        elif self.words:
            self.words.append(" ")

    def tag(self, tag, closing, attributes):
        if self.unseen[1]:
            return self.pass_over(tag, closing)
        if self.verbatim is not None:
            return self.in_verbatim(tag, closing, attributes)
        if tag in ("span", "math") and not closing and 'class="katex' in attributes:
            self.unseen = [tag, 1]
        elif tag == "span" and not closing and (code := EMOJI_CODE.search(attributes)):
            self.words.append("".join(chr(int(part, 16)) for part in code[1].split("-")))
            self.unseen = [tag, 1]
        elif tag in UNSEEN and not closing:
            self.unseen = [tag, 1]
        elif tag == "code":
            self.in_line_code(closing)
        elif tag in AROUND or tag == "a":
            self.close(tag) if closing else self.open(tag, attributes)
        elif tag == "br":
            self.words.append("\n")
        elif tag == "img":
            self.picture(attributes_in(attributes))
        elif tag == "pre":
            self.block()
            self.verbatim = None if closing else []
        elif tag in ("td", "th", "tr"):
            self.table(tag, closing)
        elif tag == "blockquote":
            self.block()
            self.margin(closing, "> ", "> ")
        elif tag in ("ul", "ol"):
            self.list(tag, closing, attributes)
        elif tag == "li":
            self.item(closing)
        elif tag in HEADINGS:
            self.block()
            self.heading = "" if closing else "#" * HEADINGS[tag] + " "
        elif tag == "hr":
            self.block()
            self.write(["---"])
        elif tag in PARAGRAPHS:
            self.block()
            if "data-code-language" in attributes:
                self.language = attributes_in(attributes).get("data-code-language", "")
        return None

    def pass_over(self, tag, closing):
        """What is not shown; of a formula, the TeX that it was made of."""
        if tag == "annotation":
            if closing and self.formula is not None:
                self.words.append(escaped("$" + unescape("".join(self.formula)).strip() + "$"))
            self.formula = None if closing else []
        elif tag == self.unseen[0]:
            self.unseen[1] += -1 if closing else 1
            if not self.unseen[1]:
                self.formula = None

    # In a line.

    def open(self, tag, attributes):
        address = attributes_in(attributes).get("href", "") if tag == "a" else ""
        self.opened.append([tag, len(self.words), address])

    def close(self, tag):
        """The words since the tag was opened, with its marks around them."""
        if not any(opened[0] == tag for opened in self.opened):
            return
        while True:
            name, at, address = self.opened.pop()
            if name == tag:
                break
        words = "".join(self.words[at:])
        inner = words.strip()
        if at > len(self.words) or not inner:
            return
        made = link(inner, address) if tag == "a" else AROUND[tag] + inner + AROUND[tag]
        lead = words[: len(words) - len(words.lstrip())]
        if at and self.words[at - 1].endswith(" "):
            lead = ""
        self.words[at:] = [lead, made, words[len(words.rstrip()) :]]

    def in_line_code(self, closing):
        if not closing:
            self.code = []
        elif self.code is not None:
            self.words.append(in_backticks("".join(self.code)))
            self.code = None

    def picture(self, attributes):
        words = attributes.get("title") or attributes.get("alt") or ""
        kind = attributes.get("class", "")
        if "emoji" in kind:
            self.words.append(with_emoji(words))
        elif "avatar" in kind or "site-icon" in kind:
            return
        elif address := outward(attributes.get("src", "")):
            words = escaped(SPACE.sub(" ", words or address.rpartition("/")[2])).replace("]", "")
            self.words.append(f"![{words}]({address})")
        elif words:
            self.words.append(escaped(words))

    # Blocks.

    def block(self):
        """Write the paragraph at hand, if there is one."""
        if self.code:
            self.in_line_code(True)
        text, self.words, self.opened = "".join(self.words), [], []
        if self.cells is not None:
            text = text.strip()
            if text:
                self.cells[-1] += (" " if self.cells[-1] else "") + text.replace("\n", " ")
            return
        lines = [line.strip() for line in text.strip().split("\n")]
        if any(lines):
            text = at_start("\n".join(lines))
            if self.heading:
                text = self.heading + text.replace("\n", " ")
            self.write(text.split("\n"))

    def write(self, lines):
        if self.gap:
            begun = (rest for _, rest, begun in self.margins if begun)
            self.lines.append("".join(begun).rstrip())
        for line in lines:
            self.lines.append(("".join(margin[0] for margin in self.margins) + line).rstrip())
            for margin in self.margins:
                margin[0], margin[2] = margin[1], True
        self.gap = True

    def margin(self, closing, first, rest):
        if not closing and len(self.margins) < 18:
            self.margins.append([first, rest, False])
        elif closing and self.margins and self.margins[-1][1] == rest:
            self.margins.pop()

    def list(self, tag, closing, attributes):
        self.block()
        if closing:
            if self.lists:
                self.lists.pop()
            self.gap = True
        else:
            start = attributes_in(attributes).get("start", "1")
            number = int(start) if start.isdigit() and len(start) < 7 else 1
            self.gap = self.gap and not self.lists
            self.lists.append(None if tag == "ul" else number)

    def item(self, closing):
        self.block()
        if closing:
            if self.margins and self.margins[-1][1].isspace():
                self.margins.pop()
            self.gap = False
            return
        number = self.lists[-1] if self.lists else None
        if number is None:
            self.margin(False, "- ", "  ")
        else:
            self.lists[-1] = number + 1
            mark = f"{number}. "
            self.margin(False, mark, " " * len(mark))

    def table(self, tag, closing):
        if tag == "tr":
            if self.cells is not None:
                self.block()
                self.row()
            if not closing:
                self.block()
                self.rows = self.rows if self.lines and self.lines[-1].endswith("|") else 0
                self.cells = [""]
        elif self.cells is not None:
            self.block()
            if not closing and (len(self.cells) > 1 or self.cells[0]):
                self.cells.append("")
            elif closing:
                self.cells[-1] = self.cells[-1].replace("|", "\\|") or " "

    def row(self):
        cells, self.cells = self.cells, None
        lines = ["| " + " | ".join(cells) + " |"]
        if not self.rows:
            lines.append("|" + " - |" * len(cells))
        self.gap = self.gap and not self.rows
        self.rows += 1
        self.write(lines)

    def in_verbatim(self, tag, closing, attributes):
        if tag == "br":
            self.verbatim.append("\n")
        elif tag == "code" and not closing:
            self.language = language_in(attributes) or self.language
        elif tag == "pre" and closing:
            code, self.verbatim = "".join(self.verbatim), None
            self.write(fenced(code, self.language))
            self.language = ""

    def finished(self):
        if self.verbatim is not None:
            self.in_verbatim("pre", True, "")
        self.block()
        if self.cells is not None:
            self.row()
        return "\n".join(self.lines).strip("\n")


def attributes_in(attributes):
    """The attributes of a tag by name."""
    return {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in ATTRIBUTE.findall(attributes)
    }


def language_in(attributes):
    """The language that a code block says it is in."""
    found = re.search(r"\blang(?:uage)?-([A-Za-z0-9_+#.-]{1,30})", attributes)
    return found[1] if found and found[1] not in ("auto", "nohighlight", "plaintext") else ""


def escaped(text):
    """The text, so that Markdown leaves it as it is."""
    return MEANT.sub(r"\\\g<0>", text) if SIGN.search(text) else text


def at_start(text):
    """The text, so that no line of it begins something that it was not."""
    if BEGINNINGS.isdisjoint(line.lstrip(" ")[:1] for line in text.split("\n")):
        return text
    text = AT_START.sub(r"\1\\\2", text)
    return NUMBERED.sub(r"\1\\\2", text)


def link(words, address):
    """The words as a link; the address alone where the words are the address."""
    words = words.replace("\n", " ")
    address = outward(address)
    if not address or (words.startswith("![") and words.endswith(f"]({address})")):
        return words
    if words.replace("\\", "") in (address, address.removeprefix("mailto:")):
        return address if address.startswith("http") else words
    return f"[{words}]({address})"


def outward(address):
    """The address, if it leads anywhere from here."""
    address = address.strip()
    if address.startswith("//"):
        address = "https:" + address
    if not re.match(r"(?:https?://|mailto:)\S", address, re.IGNORECASE):
        return ""
    for mark, code in ((" ", "%20"), ("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        address = address.replace(mark, code)
    return re.sub(r"[\s\\]", "", address)


def in_backticks(code):
    """The code in a line, in as many backticks as it takes."""
    code = SPACE.sub(" ", code)
    if not code.strip():
        return code
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * (longest + 1)
    space = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{fence}{space}{code}{space}{fence}"


def fenced(code, language=""):
    """The code as a block, in as many backticks as it takes."""
    longest = max(map(len, re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    language = re.sub(r"[^A-Za-z0-9_+#.-]", "", language)[:30]
    return [fence + language, *code.strip("\n").split("\n"), fence]


# Names that are usual in forums and chats and unknown to the list of emoji.
OTHERWISE = {
    "simple_smile": "🙂",
    "slight_smile": "🙂",
    "crazy_face": "🤪",
    "like": "👍",
    "up": "👍",
    "down": "👎",
    "favourite": "⭐",
}


@cache
def emoji_named(name):
    """The emoji that goes by the name; `:name:` where there is none."""
    import emoji  # its list is large, and only an import of a community needs it

    name, _, tone = name.strip(":").partition("::skin-tone-")
    found = OTHERWISE.get(name) or emoji.emojize(f":{name}:", language="alias")
    if found.isascii():
        return found
    return found + (chr(0x1F3FB + int(tone) - 2) if tone in ("2", "3", "4", "5", "6") else "")


NAMED = re.compile(r":([a-z0-9_+'-]{1,50}(?:::skin-tone-[2-6])?):(?::skin-tone-([2-6]):)?")


def with_emoji(text):
    """The text with each `:name:` that is an emoji as that emoji."""
    return NAMED.sub(
        lambda match: emoji_named(match[1] + (f"::skin-tone-{match[2]}" if match[2] else "")), text
    )


# Slack.

SLACK_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
SLACK_TAG = re.compile(r"<([^<>\n]{1,3000})>")
SLACK_MARKS = {"*": "**", "_": "_", "~": "~~"}
SLACK_AROUND = re.compile(r"(?<![\w*_~\\])([*_~])(?=\S)([^\n]{1,400}?)(?<=\S)\1(?![\w*_~])")
SLOT = re.compile("\ue000(\\d+)\ue001")


def from_slack(text, usernames=None):
    """Slack's mrkdwn as Markdown; people are mentioned by the username that `usernames` knows."""
    text = text.replace("\ue000", "").replace("\ue001", "")
    parts = SLACK_CODE.split(text)
    for at, part in enumerate(parts):
        if at % 2 == 0:
            parts[at] = slack_words(part, usernames or {})
        elif part.startswith("```"):
            before = "\n" if at and parts[at - 1] and not parts[at - 1].endswith("\n") else ""
            parts[at] = before + "\n".join(fenced(slack_code(part[3:-3]))) + "\n"
        else:
            parts[at] = in_backticks(slack_code(part[1:-1]))
    return "".join(parts).strip("\n")


def slack_code(text):
    """Code as it was typed: links as their words, nothing escaped."""
    return unescape(SLACK_TAG.sub(lambda tag: tag[1].rpartition("|")[2], text))


def slack_words(text, usernames):
    """What stands outside of code."""
    slots = []

    def keep(made):
        slots.append(made)
        return f"\ue000{len(slots) - 1}\ue001"

    text = SLACK_TAG.sub(lambda tag: keep(slack_tag(tag[1], usernames)), text)
    text = unescape(text.replace("&gt;&gt;&gt;", "&gt; "))
    text = emphasised(text, keep)
    text = MEANT.sub(r"\\\g<0>", with_emoji(text))
    lines = (
        line.replace("• ", "- ", 1) if line.lstrip().startswith("• ") else started(line)
        for line in text.split("\n")
    )
    text = "\n".join(lines)
    for _ in range(4):  # marks may stand around marks
        text = SLOT.sub(lambda slot: slots[int(slot[1])], text)
    return text


def emphasised(text, keep):
    """The text with Slack's one-letter marks as ours, in slots that nothing else touches."""
    return SLACK_AROUND.sub(
        lambda match: (
            keep(SLACK_MARKS[match[1]]) + emphasised(match[2], keep) + keep(SLACK_MARKS[match[1]])
        ),
        text,
    )


def started(line):
    """The line, so that it begins nothing but a quote."""
    return line if line.startswith(">") else at_start(line)


def slack_tag(tag, usernames):
    """What stands between < and >: somebody, a channel, everybody, or a link."""
    target, bar, words = tag.partition("|")
    words = unescape(words)
    if target.startswith("@"):
        return "@" + usernames.get(target[1:], re.sub(r"\W", "", words) or "somebody")
    if target.startswith("#"):
        return escaped("#" + (words or target[1:]))
    if target.startswith("!"):
        return escaped(words or "@" + target[1:].partition("^")[0])
    address = outward(unescape(target))
    if not address:
        return escaped(words or unescape(target))
    if not bar:
        return address if address.startswith("http") else escaped(address.removeprefix("mailto:"))
    return link(escaped(with_emoji(words)), address)


# Mail.

QUOTED = re.compile(r"^((?:>[ ]?){1,12})(.*)$")


def from_plain(text):
    """Plain text, as in a mail, as Markdown: quotes stay quotes, the rest is taken as it stands."""
    return "\n".join(plain_line(line) for line in text.split("\n"))


def plain_line(line):
    quote = QUOTED.match(line)
    lead, words = (quote[1], quote[2]) if quote else ("", line)
    if words.startswith(("    ", "\t")):  # would be code, and often is
        return lead + words
    return lead + at_start(escaped(words))
