"""Photographs pages of a running Kith at both widths and in both lights, into $KITH_VAR/shots.

python -m tests.browser.shots http://127.0.0.1:8000 --as leyla@example.org:password / /discover/
python -m tests.browser.shots http://127.0.0.1:8000 --as visitor /
"""

import argparse
import os
import re
import sys
from pathlib import Path

from tests.browser import eyes


def main():
    options = read_options()
    folder = Path(os.environ.get("KITH_VAR") or "var") / "shots"
    folder.mkdir(parents=True, exist_ok=True)
    with eyes.open_browser() as browser:
        for account in options.accounts:
            for width in eyes.WIDTHS:
                for theme in eyes.THEMES:
                    photograph(browser, options, account, width, theme, folder)


def photograph(browser, options, account, width, theme, folder):
    email, _, password = account.partition(":")
    context = browser.new_context(
        base_url=options.url, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    page = eyes.watch(context.new_page())
    if password:
        come_in(page, email, password)
    for path in options.paths:
        page.goto(path)
        page.evaluate("document.fonts.ready")
        name = re.sub(r"\W+", "-", path).strip("-") or "home"
        who = email.partition("@")[0]
        shot = folder / f"{name}-{who}-{width}-{theme}.png"
        page.screenshot(path=shot, full_page=True)
        remarks = [*page.noticed, *eyes.too_wide(page)]
        if options.axe:
            remarks += eyes.axe_finds(page)
        sys.stdout.write("\n  ".join([str(shot), *remarks]) + "\n")
        page.noticed.clear()
    context.close()


def come_in(page, email, password):
    page.goto("/accounts/login/")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    with page.expect_navigation():
        page.click("main form button[type=submit] >> nth=0")
    if "/accounts/login" in page.url:
        raise SystemExit(f"{email} cannot come in: {page.inner_text('.told')}")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="where Kith runs, like http://127.0.0.1:8000")
    parser.add_argument("paths", nargs="+", help="pages, like / /discover/")
    parser.add_argument(
        "--as", dest="accounts", action="append", default=[], help="email:password, or visitor"
    )
    parser.add_argument("--axe", action="store_true", help="say what axe finds")
    options = parser.parse_args()
    options.accounts = options.accounts or ["visitor"]
    return options


if __name__ == "__main__":
    main()
