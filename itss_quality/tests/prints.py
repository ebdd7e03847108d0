"""How tests read a print before it is a PDF."""


def text(node):
    return " ".join(node.text_content().split())


def by_class(node, name):
    return node.xpath(f".//*[contains(concat(' ', @class, ' '), ' {name} ')]")
