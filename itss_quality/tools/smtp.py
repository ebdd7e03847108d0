"""Handing mails over to the mail server, each once.

Odoo's own queue can send a mail twice when the server dies, which does no harm to the link of a
callback. An invitation is sent once or is reported as unconfirmed, and most deaths leave nothing to
report: until the mail server has taken the recipient nothing has left, and the next run sends the
mail. A claim committed before ``send_email`` is called could not tell that death from one after the
text went out, so the claim stands where SMTP has the two apart: between RCPT and DATA.
"""

import contextlib
import smtplib


class NotClaimed(Exception):
    """A mail is not to be sent any more."""


class ClaimedSession:
    """What ``send_email`` gets for a connection: the same, but it claims a mail before its text."""

    # Python's own dialogue, with the commands of this class
    send_message = smtplib.SMTP.send_message
    sendmail = smtplib.SMTP.sendmail

    def __init__(self, connection, claim):
        self.connection = connection
        self.claim = claim

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def data(self, text):
        """Send the text of the mail, once it is claimed."""
        if not self.claim():
            raise NotClaimed
        return self.connection.data(text)


@contextlib.contextmanager
def mail_session(env, smtp_from):
    """Open a connection to the mail server for several mails, and close it again.

    :param env: its company is the sender's
    :param str smtp_from: sender, by which Odoo chooses among several mail servers
    :return: what :func:`hand_over` takes
    """
    servers = env["ir.mail_server"].sudo()
    # Odoo would look for them mail by mail, unless there is something: "-" is no address either
    servers = servers.with_context(
        domain_bounce_address=servers._get_default_bounce_address() or smtp_from,
        domain_notifications_email=servers._get_default_from_address() or "-",
    )
    connection = servers._connect__(smtp_from=smtp_from)
    try:
        yield servers, connection
    finally:
        if connection:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()


def hand_over(session, message, claim):
    """Send one mail; right before its text goes out, ``claim()`` commits that it does.

    Until that moment the mail server has taken nothing, so a mail that nobody claimed can be sent
    again. Whoever dies later can't know whether it arrived, and does not send it twice.

    :param session: what :func:`mail_session` yields
    :param message: ``email.message.EmailMessage``
    :param claim: called without arguments, once, unless the mail server refuses the mail before;
        returns whether the mail is to be sent at all
    :return: whether it was
    :raise odoo.addons.base.models.ir_mail_server.MailDeliveryException: the server refused it
    :raise smtplib.SMTPServerDisconnected: the connection broke
    """
    servers, connection = session
    if not connection:
        # the test suite has no mail server
        return claim() and bool(servers.send_email(message))
    try:
        servers.send_email(message, smtp_session=ClaimedSession(connection, claim))
    except Exception as error:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.rset()  # the next mail starts afresh
        if isinstance(error.__context__, NotClaimed):
            return False
        raise
    return True


def get_refusal(error):
    """Return ``(words, is_temporary)`` of the mail server that refused a mail.

    :param Exception error: what :func:`hand_over` raised
    """
    cause = error.__context__ if isinstance(error.__context__, Exception) else error
    replies = []
    if isinstance(cause, smtplib.SMTPRecipientsRefused):
        replies = list(cause.recipients.values())
    elif isinstance(cause, smtplib.SMTPResponseException):
        replies = [(cause.smtp_code, cause.smtp_error)]
    if not replies:
        return str(cause), False
    words = "; ".join(
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"
        for code, text in replies
    )
    return words, all(400 <= code < 500 for code, _text in replies)
