"""What a pair of eyes would notice on a page: told as sentences, none when all is well."""

from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    "--renderer-process-limit=1",  # one page at a time is looked at: whoever comes next is at home
    "--js-flags=--no-maglev --no-opt",  # no page stays long enough for its scripts to be tuned
]
WIDTHS = (390, 1280)
THEMES = ("light", "dark")
AT_FIRST = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
JUDGED_BY = dict(zip(THEMES, (RULES, COLOURS), strict=True))  # another light changes colours only
# Made anew in each document, but read once: Chromium knows a script again by its text.
LEND_AXE = f"window.lendAxe = () => {{ {Axe().axe_script} }};"
JUDGE = """
async (rules) => {
  if (typeof axe === "undefined") lendAxe();
  const found = await axe.run({ runOnly: rules, resultTypes: ["violations"], selectors: false });
  const told = ({ html, failureSummary }) => ({ html, failureSummary });
  return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(told) }));
}
"""

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PRESSED = (
    "button, summary, select, label.choice, .button, .icon-link, .input, .tabs a, .nav a,"
    " .tabbar a, .foot a"
)
TOO_SMALL = """
(pressed) => [...document.querySelectorAll(pressed)]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
  .map(e => e.textContent.trim().slice(0, 40) || e.outerHTML.slice(0, 60))
"""
NAME = """
() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  return (e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || e.name).trim();
}
"""


def chromium():
    """The path of a Chromium on this machine, or a sentence that says what to install."""
    for path in CHROMIUM:
        if Path(path).exists():
            return path
    raise RuntimeError(f"No Chromium at {', '.join(CHROMIUM)}: apt-get install chromium.")


@contextmanager
def open_browser():
    """A headless Chromium that asks nobody for anything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def watch(page):
    """Keep in `page.noticed` what a page does that it must not: foreign requests, errors, CSP.

    What it opens from here on can be looked at.
    """
    page.noticed = []
    home = {"data", "blob", "about"}

    def asked(request):
        parts = urlsplit(request.url)
        if parts.scheme not in home and parts.hostname not in ("127.0.0.1", "localhost"):
            page.noticed.append(f"It asks another host: {request.url}")

    def said(message):
        if "Content Security Policy" in message.text:
            page.noticed.append(f"It goes against its CSP: {message.text[:200]}")

    page.add_init_script(LEND_AXE)
    page.on("request", asked)
    page.on("console", said)
    page.on("pageerror", lambda error: page.noticed.append(f"Its script fails: {error}"))
    return page


def look(page):
    """Complaints about the page at both widths and in both lights, and at 320 pixels."""
    complaints = list(getattr(page, "noticed", []))
    before = page.viewport_size
    themes = [*THEMES]
    for width in reversed(WIDTHS):  # the widest first, as pages are opened: each change is dear
        page.set_viewport_size({"width": width, "height": 900})
        whole = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": whole})  # what sticks covers nothing
        for theme in themes:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found = axe_finds(page, JUDGED_BY[theme])
            complaints += [f"{width} {theme}: {what}" for what in found]
        complaints += [f"{width}: {what}" for what in too_wide(page)]
        complaints += [f"{width}: {what}" for what in too_small(page)]
        themes.reverse()  # the light stays as it is while the width changes
    page.set_viewport_size({"width": 320, "height": 900})
    complaints += [f"320: {what}" for what in too_wide(page)]
    page.set_viewport_size(before)
    return complaints


def axe_finds(page, rules=RULES):
    for violation in page.evaluate(JUDGE, rules):
        for node in violation["nodes"]:
            why = node["failureSummary"].splitlines()[-1].strip()
            yield f"{violation['id']}: {node['html'][:160]} ({why})"


def too_wide(page):
    over = page.evaluate(SIDEWAYS)
    if over > 0:
        yield f"It scrolls sideways by {over} pixels."


def too_small(page):
    for what in page.evaluate(TOO_SMALL, PRESSED):
        yield f"Too small for a thumb: {what}"


def focus_order(page, *, most=200):
    """The names of what the Tab key reaches, in order, until it comes round."""
    reached = []
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(NAME)
        if name is None:
            break
        reached.append(name)
    return reached
