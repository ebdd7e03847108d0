"""The lines of a questionnaire, as its prints and workbooks number them."""

from typing import Any, NamedTuple


class Item(NamedTuple):
    """Line of the questionnaire: a section, a question, or a row of a matrix."""

    dimension: str
    question: Any
    row: Any
    number: str
    is_scored: bool

    @property
    def key(self):
        return self.dimension, self.question.id, self.row.id

    @property
    def name(self):
        title = self.question.title
        return f"{title}: {self.row.value}" if self.row else title


def get_items(survey):
    """Return the lines of a questionnaire, in its order.

    :param survey: ``survey.survey``
    :return: list of Item
    """
    items, number = [], 0
    none = survey.env["survey.question.answer"]
    for question in survey.question_and_page_ids:
        if question.is_page:
            is_scored = any(one._itss_can_score() for one in question.question_ids)
            items.append(Item("section", question, none, "", is_scored))
            continue
        number += 1
        is_scored = question._itss_can_score()
        items.append(Item("question", question, none, str(number), is_scored))
        items += [
            Item("row", question, row, f"{number}.{index}", is_scored)
            for index, row in enumerate(question.matrix_row_ids, 1)
        ]
    return items
