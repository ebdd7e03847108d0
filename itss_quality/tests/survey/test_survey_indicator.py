from odoo.tests import freeze_time, tagged

from ..objective.common import IndicatorCommon


@tagged("post_install", "-at_install")
@freeze_time("2025-12-20 02:00:00")
class TestCompanySatisfaction(IndicatorCommon):
    def end(self, moment, *scores):
        """End a round at a time, whose participants gave these scores to speed."""
        with freeze_time(moment):
            round_ = self.make_round(len(scores) + 1, date_end="2099-12-31")
            round_.action_start()
            for participant, score in zip(round_.participant_ids, scores, strict=False):
                self.answer(participant, speed=score)
            round_.action_end()
            return round_

    def test_rounds_weigh_by_their_answers(self):
        self.end("2025-10-10 02:00:00", 5, 4)
        self.end("2025-10-31 15:59:59", 3)
        self.end("2025-10-31 16:00:00", 1)
        self.assertEqual(
            self.measure("satisfaction_company", "2025-10-01", "2025-10-31"),
            (100 + 80 + 60, 3, 80),
        )
        self.check("satisfaction_company", 11, (20, 1))

    def test_a_round_that_nobody_answered_is_no_data(self):
        self.end("2025-10-10 02:00:00")
        self.check("satisfaction_company", 10, (0, 0))
