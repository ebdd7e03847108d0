"""What people type into forms."""

from odoo.exceptions import UserError
from odoo.tools import email_normalize


def clean_text(text, length):
    """Return what somebody entered on a public page in a way the database can store.

    :param text: anything, as a forged form may send a file
    :param int length: most characters
    """
    text = text if isinstance(text, str) else ""
    # PostgreSQL can't store zero bytes
    return text.replace("\x00", "").strip()[:length]


def normalize_email(env, vals):
    """Return values of a record with the address by which contacts are compared.

    :param dict vals: values of ``create`` or ``write``, with an ``email`` or without
    :raise UserError: it is no address, or several
    """
    if not vals.get("email"):
        return vals
    email = email_normalize(vals["email"])
    if not email:
        raise UserError(env._("This is no e-mail address: please check it."))
    return {**vals, "email": email}
