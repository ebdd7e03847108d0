"""What a person does in Odoo's web client, for the stories of several roles."""

import re

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
        except AssertionError:
            if not chance:
                raise


def give_reason(page, words):
    """Say why, or what was seen, in the dialog that a step asks it in, and take the step."""
    page.fill(".modal .o_field_widget[name=reason] textarea", words)
    page.click(".modal-footer .btn-primary")
    page.wait_for_selector(".modal", state="detached")
