"""What a print may hold: pictures that are kept here, and nothing that is fetched from elsewhere.

The converter fetches whatever a page names, as the server and from within its network. So what
people write is taken over by lists of what is known to be harmless; all else is left out.
"""

import re
from urllib.parse import urlsplit

from lxml import html
from lxml.builder import E

TAGS = frozenset(
    """
    a abbr address article aside b bdi bdo big blockquote body br caption center cite code col
    colgroup dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header
    hr i img ins kbd label li main mark nav ol p pre q s samp section small span strike strong sub
    summary sup table tbody td tfoot th thead time tr tt u ul var wbr
    """.split()
)
# what shows something of its own, which a note stands for when it is left out
SHOWN = frozenset(
    """
    applet audio canvas embed frame frameset iframe image input math object svg video
    """.split()
)
# what is left out with all it holds; of all else the text stays
DROPPED = frozenset(
    """
    applet audio canvas iframe math object script style svg template title video
    """.split()
)
ATTRIBUTES = frozenset(
    """
    align alt bgcolor border cellpadding cellspacing class color colspan cols datetime dir face
    headers height href id lang name nowrap reversed rows rowspan scope size span start style
    summary target title type valign value width
    """.split()
)
# attributes by which something is shown that has to be fetched
FETCHED = frozenset("background data dynsrc lowsrc poster src srcset".split())
# elements into which no note goes
ROWS = frozenset("br col colgroup hr table tbody tfoot thead tr wbr".split())

LINK_SCHEMES = ("", "http", "https", "mailto", "tel")
PICTURES = ("image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp")
DATA = re.compile(rf"data:({'|'.join(PICTURES)});base64,[A-Za-z0-9+/=%\s]+", re.IGNORECASE)
URL = re.compile(r"""url\(\s*(?P<quote>['"]?)(?P<url>[^'"()\\]*)(?P=quote)\s*\)""", re.IGNORECASE)
# a declaration in which nothing can be fetched: only these functions, no escapes and no comments
DECLARATION = re.compile(
    r"\s*-?[a-z-]+\s*:(?:(?!/\*)[^\\()<>@]|(?:calc|hsla?|rgba?)\([\s\w.,%+*/-]*\))*", re.IGNORECASE
)

# what would be fetched, or may hide that behind an escape
FETCHING = re.compile(
    r"\\|@import|(url|image|image-set|src|cross-fade|element)\s*\(", re.IGNORECASE
)


def keep_local(page, own, read_picture, note):
    """Return a page to print without anything that would have to be fetched.

    :param bytes page: the page; its head is the server's own and stays as it is
    :param own: texts of the scripts and styles within the body that are ours
    :param read_picture: function that returns the picture at an address as ``data:`` URI, or ``None``
    :param str note: what stands in place of what is left out
    """
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    root = html.document_fromstring(page, parser=parser)
    _Cleaner(own, read_picture, note).clean(root.find("body"))
    return html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>").encode()


class _Cleaner:
    def __init__(self, own, read_picture, note):
        self.own = own
        self.read_picture = read_picture
        self.note = note

    def clean(self, body):
        for node in list(body.iter()):
            if node is body or node.getparent() is not None:
                self.clean_node(node)

    def clean_node(self, node):
        if self.is_own(node):
            return
        if node.tag in SHOWN:
            node.addprevious(self.make_note())
        # comments have no name
        if not isinstance(node.tag, str) or node.tag in DROPPED:
            node.drop_tree()
        elif node.tag == "img":
            self.embed(node)
        elif node.tag not in TAGS:
            node.drop_tag()
        elif self.clean_attributes(node):
            self.add_note(node)

    def is_own(self, node):
        return (
            node.tag in ("script", "style")
            and (node.text or "").strip() in self.own
            and not {*node.attrib} - {"type"}
        )

    def embed(self, node):
        """Put the picture itself in place of its address, or a note where there is none."""
        source = self.find_picture(node.attrib.pop("src", ""))
        self.clean_attributes(node)
        if source:
            node.set("src", source)
        else:
            node.addprevious(self.make_note())
            node.drop_tree()

    def find_picture(self, url):
        url = url.strip()
        if DATA.fullmatch(url):
            return url
        return self.read_picture(url)

    def clean_attributes(self, node):
        """Take the attributes away that are not known, and say whether something was to be shown."""
        is_missed = False
        for name, value in node.attrib.items():
            if name == "style":
                style, is_cut = self.clean_style(value)
                is_missed |= is_cut
                node.set("style", style)
            elif name == "href":
                if node.tag != "a" or _get_scheme(value) not in LINK_SCHEMES:
                    del node.attrib[name]
            elif name not in ATTRIBUTES and not name.startswith("data-"):
                is_missed |= name in FETCHED
                del node.attrib[name]
        return is_missed

    def clean_style(self, style):
        """Return the harmless declarations of a style, and whether a picture was left out."""
        pictures = []

        def keep(match):
            picture = self.find_picture(match["url"])
            if not picture:
                return match[0]
            pictures.append(picture)
            return f" itss-picture-{len(pictures) - 1} "

        parts = URL.sub(keep, style).split(";")
        kept = [part for part in parts if DECLARATION.fullmatch(part)]
        is_cut = any(FETCHING.search(part) for part in parts if part not in kept)
        text = ";".join(kept)
        for index, picture in enumerate(pictures):
            text = text.replace(f" itss-picture-{index} ", f"url({''.join(picture.split())})")
        return text, is_cut

    def add_note(self, node):
        if node.tag in ROWS:
            table = next(node.iterancestors("table"), None) if node.tag != "table" else node
            (node if table is None else table).addprevious(self.make_note())
        else:
            note = self.make_note()
            note.tail, node.text = node.text, None
            node.insert(0, note)

    def make_note(self):
        return html.fragment_fromstring(
            html.tostring(E.span(self.note, {"class": "itss_left_out"}), encoding="unicode")
        )


def _get_scheme(url):
    # browsers skip control characters and spaces in a scheme
    try:
        return urlsplit(re.sub(r"[\x00-\x20]", "", url)).scheme.lower()
    except ValueError:
        return None
