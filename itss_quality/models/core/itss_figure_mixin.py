from odoo import api, models


class ItssFigureMixin(models.AbstractModel):
    """Records that figures are taken from: whoever reports on a topic finds them by this mixin.

    All methods read the company's records, whoever asks (superuser mode).
    """

    _name = "itss.figure.mixin"
    _description = "Records That Figures Are Taken From"

    # topics of the management review that the records tell of, and their place among others there
    _figure_topics = {}

    @api.model
    def _get_figures(self, period):
        """Return what the records of a period say, read at once for all topics.

        :param period: ``tools.figures.Period``
        :return: dict of topics, each with a list of ``tools.figures.Figure``
        """
        raise NotImplementedError

    @api.model
    def _get_figure_domain(self, period):
        """Return the domain of the records behind the figures of a period."""
        raise NotImplementedError

    @api.model
    def _get_figure_label(self):
        """Return what the records are called, for the button that opens them."""
        raise NotImplementedError
