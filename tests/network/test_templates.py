"""What holds for every template: the strict Content-Security-Policy leaves no room for these."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

FOLDER = Path(settings.BASE_DIR) / "templates"
EVERY = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
LETTERS = [name for name in EVERY if name.startswith("email/") or "/email/" in name]
PAGES = [name for name in EVERY if name not in LETTERS]
FORBIDDEN = {
    "a style attribute": r"<[a-z][^>]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline handler": r"<[a-z][^>]*\son[a-z]+\s*=",
    "an inline script": r"<script\b(?![^>]*\bsrc=)",
    "something from another host": r"""(?:src|href|action)=["']?(?:https?:)?//""",
    "htmx that runs code": r"hx-on|hx-vals=['\"]js:|hx-headers=['\"]js:",
}
SPRITE = (Path(settings.BASE_DIR) / "static/icons/kith.svg").read_text()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_nothing_inline_and_nothing_foreign(name):
    words = (FOLDER / name).read_text()
    words = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", words, flags=re.S)

    found = [what for what, pattern in FORBIDDEN.items() if re.search(pattern, words)]

    assert not found


@pytest.mark.parametrize("name", EVERY)
def test_a_template_is_well_formed(name):
    get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_every_icon_of_a_page_is_in_the_sprite(name):
    named = re.findall(r'{% icon "([a-z0-9-]+)" %}', (FOLDER / name).read_text())

    assert [icon for icon in named if f'id="i-{icon}"' not in SPRITE] == []


@pytest.mark.parametrize("name", EVERY)
def test_no_template_raises_its_voice(name):
    words = (FOLDER / name).read_text()
    for what in (r"{%.*?%}", r"{{.*?}}", r"{#.*?#}", r"<style>.*?</style>", r"<[^>]*>"):
        words = re.sub(what, "", words, flags=re.S)

    assert "!" not in words
