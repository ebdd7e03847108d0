from odoo import models
from odoo.tools.misc import format_date

from ...models.survey.itss_survey_result import SMALLEST_GROUP


class ItssSurveyWords(models.AbstractModel):
    """How a round is held and how it counts, in words: on paper and in Excel alike.

    Whoever may read the round may read all of it, the questionnaire and the numbers of participants
    included.
    """

    _name = "itss.survey.words"
    _description = "Words about a Survey Round"

    def _get_scheme(self, round_):
        """Return how the survey is held (满意度调查方案): lists of lines by their labels.

        :param round_: ``itss.survey.round``
        """
        return {
            self.env._("Subjects"): self._get_subjects(round_),
            self.env._("Ways of Asking"): self._get_ways(round_),
            self.env._("Frequency"): self._get_frequency(round_),
            self.env._("Period"): self._get_period(round_),
            self.env._("Content"): self._get_content(round_),
            self.env._("Scoring"): self._get_scoring(),
            self.env._("Weights"): self._get_weights(round_),
            self.env._("Targets"): self._get_targets(round_),
            self.env._("Anonymity"): [self._get_anonymity(round_)],
            self.env._("Person in Charge"): [round_.user_id.name],
        }

    def _get_purpose(self):
        return self.env._(
            "To learn how satisfied the customers of the O&M service are, whether the target is "
            "met, and what to improve."
        )

    def _get_subjects(self, round_):
        words = {
            "all": self.env._("All customers"),
            "random": self.env._("Random share of the customers: %g %%", round_.sample_share),
            "manual": self.env._("List made by hand"),
        }
        return [words[round_.sampling], self.env._("Participants: %s", round_.participant_count)]

    def _get_ways(self, round_):
        participants = self.env["itss.survey.participant"].sudo()
        counts = participants._read_group(
            [("round_id", "=", round_.id)], ["channel"], ["__count"], order="channel"
        )
        words = dict(participants._fields["channel"]._description_selection(self.env))
        lines = [f"{words[channel]}: {count}" for channel, count in counts]
        questionnaire = self.env._("Questionnaire: %s", round_.sudo().survey_id.display_name)
        return [questionnaire, *lines]

    def _get_frequency(self, round_):
        lines = [self.env._("At least once a year")]
        line = round_.sudo().plan_line_id
        if line:
            date_text = line._get_date_display()
            lines.append(
                self.env._(
                    "Planned date of line %(number)s of “%(plan)s”: %(date)s",
                    number=line.number or "",
                    plan=line.plan_id.name,
                    date=date_text,
                )
            )
        previous = round_.sudo().previous_round_id
        if previous:
            lines.append(self.env._("Compared with: %s", previous.display_name))
        return lines

    def _get_period(self, round_):
        lines = [
            self.env._(
                "%(start)s to %(end)s",
                start=format_date(self.env, round_.date_start),
                end=format_date(self.env, round_.date_end),
            )
        ]
        if round_.ended_at:
            lines.append(self.env._("Ended on %s", format_date(self.env, round_.ended_at)))
        if round_.accept_late:
            lines.append(self.env._("Late answers are accepted until the survey is ended."))
        if round_.reminder_max:
            lines.append(
                self.env._(
                    "Reminders: at most %(count)s, at least %(days)s days apart",
                    count=round_.reminder_max,
                    days=round_.reminder_days,
                )
            )
        if round_.final_notice_days:
            lines.append(
                self.env._("Final notice: %s days before the deadline", round_.final_notice_days)
            )
        return lines

    def _get_content(self, round_):
        survey = round_.sudo().survey_id
        lines = [
            f"{section.title}: {', '.join(section.question_ids.mapped('title'))}"
            for section in survey.page_ids
        ]
        without = survey.question_ids.filtered(lambda question: not question.page_id)
        return [*without.mapped("title"), *lines]

    def _get_scoring(self):
        return [
            self.env._(
                "Each answer counts 0 to 100: a scale's value as a share of its maximum, a "
                "choice's score as a share of the best choice's. A matrix counts as the average "
                "of its rows."
            ),
            self.env._(
                "“Not applicable”, skipped and unscored questions do not count, neither as 0 nor "
                "as anything else."
            ),
            self.env._(
                "A customer's satisfaction is the average of the questions, weighted; the "
                "survey's is the average of the customers. Every average is given with the "
                "number of its values (n)."
            ),
            self.env._(
                "With a probability of 95 % the average of all customers lies in the confidence "
                "interval (Student's t)."
            ),
            self.env._("Response rate: answers / recipients"),
        ]

    def _get_weights(self, round_):
        questions = round_.sudo().survey_id.question_ids
        questions = questions.filtered(lambda question: question._itss_can_score())
        return [f"{question.itss_weight:g} · {question.title}" for question in questions]

    def _get_targets(self, round_):
        return [
            self.env._("Average satisfaction: at least %g of 100", round_.target),
            self.env._("Response rate: at least %g %%", round_.target_response_rate),
            self.env._(
                "With fewer than %s scored answers nothing is said about whether the target is "
                "met.",
                round_.minimum_n,
            ),
            self.env._("Dissatisfied: a customer below %g", round_.dissatisfied_below),
        ]

    def _get_anonymity(self, round_):
        if not round_.is_anonymous:
            return self.env._("Answers are given by name.")
        return self.env._(
            "Anonymous: nobody can see who gave which answer. Figures are shown after the end only, "
            "and none of a group with fewer than %s answers.",
            SMALLEST_GROUP,
        )
