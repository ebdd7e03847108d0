"""helpdesk_mgmt's own tests, run once more with this addon installed."""

import importlib
import inspect
import pkgutil
import sys

from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tests.loader import get_module_test_cases

import odoo.addons.helpdesk_mgmt.tests as helpdesk_tests


def find_tests():
    """Yield the test classes that the modules of helpdesk_mgmt's tests define."""
    for info in pkgutil.iter_modules(helpdesk_tests.__path__):
        if info.name.startswith("test_"):
            module = importlib.import_module(f"{helpdesk_tests.__name__}.{info.name}")
            for test in vars(module).values():
                if inspect.isclass(test) and test.__module__ == module.__name__:
                    if issubclass(test, BaseCase):
                        yield test


def own_tests(test):
    """Return the tests that a class defines itself: Odoo's loader runs no inherited ones."""
    return {
        name: value
        for name, value in vars(test).items()
        if name.startswith("test_") and callable(value)
    }


def run_here(test):
    """Return the test class as one of this module, to be run once everything is installed."""
    name = f"With{test.__name__}"
    copy = type(name, (test,), {"__module__": __name__, "__qualname__": name, **own_tests(test)})
    return tagged("post_install", "-at_install")(copy)


HELPDESK_TESTS = list(find_tests())
globals().update({f"With{test.__name__}": run_here(test) for test in HELPDESK_TESTS})


@tagged("post_install", "-at_install")
class TestHelpdeskMgmt(TransactionCase):
    def test_every_test_of_helpdesk_mgmt_is_run_with_the_addon(self):
        found = {case.id() for case in get_module_test_cases(sys.modules[__name__])}
        for test in HELPDESK_TESTS:
            for name in own_tests(test):
                self.assertIn(f"{__name__}.With{test.__name__}.{name}", found)
        self.assertGreaterEqual(len(found), 30)
