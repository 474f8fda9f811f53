"""The eyes see: a page with faults is not called well."""

from tests.browser import eyes

FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title>
<meta name="viewport" content="width=device-width">
<style>@media (prefers-color-scheme: dark) { .dim { color: #333; background: #222 } }
@media (min-width: 600px) { .narrow { display: none } }</style></head>
<body><main><h1>Faulty</h1><p class="dim">In the evening nobody can read this.</p>
<div style="width: 350px">Wider than a small phone.</div>
<button style="height: 20px">Tiny</button><input>
<select class="narrow"><option>On a phone alone</option></select></main></body></html>"""


def test_the_eyes_see_what_is_wrong(chromium):
    page = eyes.watch(chromium.new_page())
    page.goto("about:blank")
    page.set_content(FAULTY)

    complaints = eyes.look(page)
    page.close()

    found = {":".join(c.split(":")[:2]) for c in complaints}
    assert {"390 dark: color-contrast", "1280 dark: color-contrast"} <= found
    assert not {"390 light: color-contrast", "1280 light: color-contrast"} & found
    assert {"390 light: label", "1280 light: label", "390 light: select-name"} <= found
    assert "1280 light: select-name" not in found
    assert any(c.startswith("320: It scrolls sideways") for c in complaints)
    assert any(c == "390: Too small for a thumb: Tiny" for c in complaints)


def test_the_eyes_see_a_request_to_another_host(chromium):
    page = eyes.watch(chromium.new_page())
    page.route("**/*", lambda route: route.abort())
    page.set_content('<img src="https://elsewhere.example/pixel.gif" alt="">')
    page.close()

    assert page.noticed == ["It asks another host: https://elsewhere.example/pixel.gif"]


def test_the_tab_key_goes_through_a_page_in_order(chromium):
    page = chromium.new_page()
    page.set_content('<a href="#x">One</a><button>Two</button><label>Three<input></label>')

    order = eyes.focus_order(page)
    page.close()

    assert order == ["One", "Two", "Three"]
