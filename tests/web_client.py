"""What a person does in Odoo's web client, for the stories of several roles."""

import re

from playwright.sync_api import TimeoutError as Timeout
from playwright.sync_api import expect

TRIES = 5
PATIENCE = 3_000  # milliseconds until a tab that was hit shows it


def open_tab(page, name):
    """Open a tab of the form by its page's name.

    The answer to what was typed last may come while the button is down and move the tabs away
    under the pointer. No click is left then; a person clicks again.
    """
    tab = page.locator(f".o_notebook .nav-link[name={name}]")
    for chance in reversed(range(TRIES)):
        tab.click()
        try:
            expect(tab).to_have_class(re.compile(r"\bactive\b"), timeout=PATIENCE)
            return
        except (AssertionError, Timeout):
            if not chance:
                raise
