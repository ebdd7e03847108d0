/*
 * Cuts the printed controlled documents into pages: head and foot on each, page numbers, table headings repeated, table
 * rows in one piece. The wkhtmltopdf that Debian and Ubuntu package can do none of that by itself. It runs this script,
 * which therefore has to do with the JavaScript of 2011; with a patched wkhtmltopdf the result is the same.
 */
(function () {
    "use strict";

    var INLINE = /^(A|ABBR|B|BDI|CODE|DEL|EM|FONT|I|INS|LABEL|MARK|Q|S|SMALL|SPAN|STRONG|SUB|SUP|U)$/;
    var HEADING = /^H[1-6]$/;
    var REPEATED = /^(CAPTION|COLGROUP|THEAD)$/;
    // elements an element may have to be laid out on trial, unless it stays whole anyway
    var SMALL = 100;

    function toArray(list) {
        return Array.prototype.slice.call(list);
    }

    function isText(node) {
        return node.nodeType === 3;
    }

    function isBlank(node) {
        return isText(node) ? !/\S/.test(node.data) : node.nodeType !== 1;
    }

    function isInline(node) {
        return isText(node) || INLINE.test(node.tagName);
    }

    function isWhole(node) {
        return node.tagName === "TR" || HEADING.test(node.tagName) || isInline(node);
    }

    function hasContent(part) {
        return toArray(part.childNodes).some(function (node) {
            return !isBlank(node) && !REPEATED.test(node.tagName);
        });
    }

    /* Move the end of `part` back to `node`, before `rest`, where a page must not end: after a heading, or in a line. */
    function retreat(part, node, rest) {
        var inLine = isInline(rest);
        var last = part.lastChild;
        while (last && (isBlank(last) || HEADING.test(last.tagName) || (inLine && isInline(last)))) {
            rest = node.insertBefore(last, rest);
            last = part.lastChild;
        }
    }

    /* Let the rest of a list go on where `part` ends; `partial`: an item is torn apart. */
    function continueList(node, part, partial) {
        if (node.tagName === "LI") {
            node.className += " itss_continued";
        } else if (node.tagName === "OL") {
            node.start = part.start + part.children.length - (partial ? 1 : 0);
        }
    }

    function Sheet(parent, head, foot) {
        this.element = parent.appendChild(document.createElement("div"));
        this.element.className = "itss_sheet";
        if (head) {
            this.element.appendChild(head.cloneNode(true));
        }
        this.slot = this.element.appendChild(document.createElement("div"));
        this.slot.className = "itss_slot";
        if (foot) {
            this.foot = this.element.appendChild(foot.cloneNode(true));
        }
        // tear apart what should stay whole, because it is longer than a page
        this.forced = false;
    }

    Sheet.prototype.fits = function () {
        var end = this.foot ? this.foot.getBoundingClientRect().top : this.element.getBoundingClientRect().bottom;
        return this.slot.getBoundingClientRect().bottom <= end;
    };

    /*
     * Append `node` to `parent`, which is on this sheet, as far as there is room.
     * Returns what is left of it or null.
     */
    Sheet.prototype.place = function (node, parent) {
        if (node.nodeType !== 1 || isWhole(node) || node.getElementsByTagName("*").length < SMALL) {
            parent.appendChild(node);
            if (this.fits()) {
                return null;
            }
            parent.removeChild(node);
        }
        if (isWhole(node) && !this.forced) {
            return node;
        }
        if (isText(node)) {
            return this.splitText(node, parent);
        }
        if (!node.firstChild) {
            return node;
        }
        return node.tagName === "TR" ? this.splitRow(node, parent) : this.split(node, parent);
    };

    Sheet.prototype.split = function (node, parent) {
        var part = parent.appendChild(node.cloneNode(false));
        var children = toArray(node.childNodes);
        var rest = null;
        var partial = false;
        for (var i = 0; i < children.length && !rest; i++) {
            if (REPEATED.test(children[i].tagName)) {
                part.appendChild(children[i].cloneNode(true));
                continue;
            }
            var last = part.lastChild;
            rest = this.place(node.removeChild(children[i]), part);
            if (rest) {
                node.insertBefore(rest, children[i + 1] || null);
                partial = part.lastChild !== last;
                if (!partial && !this.forced) {
                    retreat(part, node, rest);
                }
            }
        }
        if (!rest) {
            return null;
        }
        if (hasContent(part)) {
            continueList(node, part, partial);
        } else {
            parent.removeChild(part);
        }
        return node;
    };

    Sheet.prototype.splitRow = function (row, parent) {
        var part = parent.appendChild(row.cloneNode(false));
        var rest = null;
        toArray(row.children).forEach(function (cell) {
            var next = cell.nextSibling;
            var count = part.children.length;
            var left = this.place(row.removeChild(cell), part);
            if (part.children.length === count) {
                part.appendChild(cell.cloneNode(false));
            }
            row.insertBefore(left || cell.cloneNode(false), next);
            rest = rest || left;
        }, this);
        if (rest && !/\S/.test(part.textContent)) {
            parent.removeChild(part);
        }
        return rest && row;
    };

    Sheet.prototype.splitText = function (node, parent) {
        var text = node.data;
        var least = 0;
        var most = text.length;
        parent.appendChild(node);
        while (least < most) {
            var middle = Math.ceil((least + most) / 2);
            node.data = text.slice(0, middle);
            if (this.fits()) {
                least = middle;
            } else {
                most = middle - 1;
            }
        }
        // not within a Latin word
        node.data = text.slice(0, least).replace(/[!-~]+$/, "") || text.slice(0, least);
        if (!node.data) {
            parent.removeChild(node);
        }
        return document.createTextNode(text.slice(node.data.length));
    };

    function childrenOfClass(element, name) {
        return toArray(element.children).filter(function (child) {
            return (" " + child.className + " ").indexOf(" " + name + " ") >= 0;
        });
    }

    function takeOut(element) {
        return element.parentNode.removeChild(element);
    }

    function paginate(root) {
        var head = childrenOfClass(root, "itss_head").map(takeOut)[0];
        var foot = childrenOfClass(root, "itss_foot").map(takeOut)[0];
        childrenOfClass(root, "itss_section")
            .map(takeOut)
            .forEach(function (section) {
                var cover = section.className.indexOf("itss_cover") >= 0;
                var rest = section;
                while (rest) {
                    var sheet = new Sheet(root, cover ? null : head, cover ? null : foot);
                    rest = sheet.split(section, sheet.slot);
                    if (rest && !sheet.slot.firstChild) {
                        sheet.forced = true;
                        rest = sheet.split(section, sheet.slot);
                    }
                    if (rest && !sheet.slot.firstChild) {
                        // nothing can be done: let it run over the page
                        sheet.slot.appendChild(section);
                        rest = null;
                    }
                }
            });
        var sheets = childrenOfClass(root, "itss_sheet");
        sheets.forEach(function (sheet, index) {
            childrenOfClass(sheet, "itss_foot").forEach(function (element) {
                element.querySelector(".itss_page").textContent = index + 1;
                element.querySelector(".itss_pages").textContent = sheets.length;
            });
        });
        return sheets;
    }

    window.addEventListener("load", function () {
        var last = null;
        toArray(document.querySelectorAll(".itss_article > .itss_document")).forEach(function (root) {
            last = paginate(root).pop() || last;
        });
        if (last) {
            last.className += " itss_sheet_last";
        }
    });
})();
