"""Guess what kind of work a plan line stands for from the words of its work item."""

import re

# the first match wins: training of auditors is training, a survey's evaluation is the survey
_KINDS = [
    (kind, re.compile(words))
    for kind, words in (
        ("training", r"培训|\btraining\b"),
        ("survey", r"满意度|\bsurvey|\bsatisfaction\b"),
        ("review", r"管理评审|\bmanagement review\b"),
        ("audit", r"内审|内部审核|\binternal audit"),
        (
            "evaluation",
            r"实施效果|(?:目标|效果).*评价|\bevaluat.*\bobjective|\bobjective.*\bevaluat",
        ),
        ("objectives", r"目标.*(?:分解|策划|展开|制定)|(?:分解|策划|制定).*目标|\bobjectives?\b"),
        ("feedback", r"反馈|\bfeedback\b"),
        ("process_control", r"过程控制|\bprocess control\b"),
        ("documents", r"文件|修订|\bdocuments?\b|\bdocumentation\b"),
    )
]


def guess_kind(name):
    """Return the kind of plan line (``itss.plan.line.kind``) a work item's words speak of.

    :param str name: the cell 工作项目, Chinese or English
    :return: one of the selection's values; ``other`` when no word is known
    Plan chapter 7: the eight lines of the 2025 plan all get their own kind.
    """
    name = (name or "").casefold()
    return next((kind for kind, words in _KINDS if words.search(name)), "other")
