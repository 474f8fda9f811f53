"""Hands that know no mouse."""

NAME = """
() => {
  const e = document.activeElement;
  const name = e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.textContent;
  return e === document.body ? "" : name.trim().replace(/\\s+/g, " ");
}
"""
FIELD = "() => document.activeElement.matches('input, textarea, select')"


def reach(page, name, *, field=False, most=80):
    """Press Tab until what begins with this name has the focus; fails when it never comes.

    field: pass over links of this name, as those in a summary of mistakes.
    """
    passed = []
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(NAME)
        if here.startswith(name) and (not field or page.evaluate(FIELD)):
            return
        passed.append(here)
    raise AssertionError(f"Tab does not reach “{name}”; it passes {passed}")


def write(page, name, text):
    """Go to a field and write into it, over what stands there."""
    reach(page, name, field=True)
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def press(page, name, key="Enter"):
    """Go to a button or a link and press it; answers when the next page is there."""
    reach(page, name)
    with page.expect_navigation():
        page.keyboard.press(key)
