"""What people type into forms."""

import re

from odoo.exceptions import UserError
from odoo.tools import email_normalize


def clean_text(text, length):
    """Return what came from outside (a form, a header, a file's name) as the database can store it.

    :param text: anything, as a forged form may send a file
    :param int length: most characters
    """
    text = text if isinstance(text, str) else ""
    # PostgreSQL stores no zero bytes, and no halves of characters as JSON can bring them
    text = text.replace("\x00", "").encode(errors="ignore").decode()
    return text.strip()[:length]


def clean_line(text, length):
    """Return what came from outside as one line: a name, or what goes into a mail's header.

    :param text: anything
    :param int length: most characters
    """
    return one_line(clean_text(text, length))


def one_line(text):
    """Return a text in one line, as the header of a mail has to be."""
    return re.sub(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*", " ", text).strip()


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


def get_mailbox(email):
    """Return a normalised address without what stands behind a "+", which leads to the same place."""
    return re.sub(r"\+[^@]*@", "@", email)
