"""Find the departments a cell of the plan's table names (plan chapter 7, 责任部门 and 配合部门)."""

import re
import unicodedata

SEPARATOR = "、"
# the last ones split only where every part is a department: 和 may be part of a name
_CONJUNCTIONS = re.compile(r"[和与及&]|\band\b")
_SEPARATORS = (
    *(re.compile(signs) for signs in (SEPARATOR, r"\n", r"[;；]", r"[,，]", r"/")),
    _CONJUNCTIONS,
)
_EVERYBODY = re.compile(
    r"(?:公司)?(?:各|所有|全体|全部|相关|有关|其他|其它)+(?:职能)?部门(?:[和及]人员)?"
    r"|(?:(?:all|other|the|relevant) )+departments?(?: concerned)?|departments concerned"
)


def fold_name(text):
    """Return a name as it is compared: without case, width, repeated blanks and outer signs.

    :param str text: a department's name as someone typed it
    :return: the name to compare
    """
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return text.strip(" .,;:。、")


def split_names(text, known):
    """Split a cell into the departments it names and the rest.

    What is a department as it stands is not split, so that names may hold the signs that
    separate others.

    :param str text: the cell, such as "运维部、质量部" or "IT/运维；各有关部门"
    :param dict known: by folded name the ids of the departments called so
    :return: (ids, rest): the departments of which there is exactly one of that name, and the
        other texts, in the cell's order, each once
    """
    ids, rest = {}, {}
    for part in _split(text, known, _SEPARATORS):
        if _is_department(part, known):
            ids.update(dict.fromkeys(known[fold_name(part)]))
        elif fold_name(part):
            rest[part.strip()] = True
    return list(ids), list(rest)


def names_everybody(text):
    """Return whether a text speaks of departments without naming one (各有关部门)."""
    return bool(_EVERYBODY.fullmatch(fold_name(text)))


def _split(text, known, separators):
    if not separators or _is_department(text, known):
        return [text]
    separator, *others = separators
    parts = separator.split(text)
    if separator is _CONJUNCTIONS and not all(_is_department(part, known) for part in parts):
        return [text]
    return [name for part in parts for name in _split(part, known, others)]


def _is_department(text, known):
    return len(known.get(fold_name(text), ())) == 1
