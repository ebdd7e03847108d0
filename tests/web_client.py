"""What a person does in Odoo's web client, for the stories of several roles."""

import re

from playwright.sync_api import expect
from prints import read_pages

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


def press(page, name):
    """Press a button of the form."""
    page.click(f".o_form_view button[name={name}]:visible")


def offers(page, name):
    """Whether the form shows a button."""
    return page.query_selector(f".o_form_view button[name={name}]:visible") is not None


def confirm(page):
    """Answer the dialog with its first button, and see it close."""
    page.click(".modal footer .btn-primary")
    page.wait_for_selector(".modal", state="detached")


def sign(page, name, state):
    """Take a step, confirm it and see the record reach the state."""
    press(page, name)
    page.click(".modal footer .btn-primary")
    wait_for_state(page, state)


def wait_for_state(page, state):
    page.wait_for_selector(f".o_statusbar_status .o_arrow_button_current[data-value={state}]")


def wait_for_label(page, label):
    """See the record in a state by its name, in the language of the user."""
    page.wait_for_selector(f".o_statusbar_status .o_arrow_button_current:has-text('{label}')")


def give_reason(page, words):
    """Say why, or what was seen, in the dialog that a step asks it in, and take the step."""
    page.fill(".modal .o_field_widget[name=reason] textarea", words)
    confirm(page)


def fill(page, name, text):
    """Write into a field."""
    page.fill(f".o_field_widget[name={name}] textarea, .o_field_widget[name={name}] input", text)


def choose(page, name, text, within=""):
    """Choose a record by its name in a field for records."""
    page.fill(f"{within} .o_field_widget[name={name}] input", text)
    page.click(f".o-autocomplete--dropdown-item:has-text('{text}')")


def save(page):
    page.click(".o_form_button_save")
    page.wait_for_selector(".o_form_button_save", state="hidden")


def record_id(page):
    """Return the id of the record that the form shows, once it has one."""
    page.wait_for_url(re.compile(r"/\d+(\?|$)"))
    return int(re.search(r"/(\d+)(?:\?|$)", page.url)[1])


def draw_signature(page):
    """Sign in Odoo's own dialog with the pointer."""
    page.click(".modal .o_field_widget[name=signature] .o_signature")
    page.click(".o_web_sign_draw_button")
    box = page.locator("canvas.o_web_sign_signature").bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 40):
        page.mouse.move(x + 6 * step, y + 25 * (-1) ** step)
    page.mouse.up()
    page.click(".modal:has(canvas.o_web_sign_signature) footer .btn-primary")
    page.wait_for_selector("canvas.o_web_sign_signature", state="detached")
    page.wait_for_selector(".modal .o_field_widget[name=signature] img[src^='data:image']")


def read_pdf(page, path):
    """Download a PDF as the user of the page and return its text without white space."""
    response = page.request.get(path)
    assert response.ok and response.headers["content-type"] == "application/pdf"
    return "".join(read_pages(response.body()))
