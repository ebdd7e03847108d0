from . import helpdesk_ticket, itss_callback
