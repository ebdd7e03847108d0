"""What a print may hold: pictures kept here, and nothing that is fetched from elsewhere."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.tests import BaseCase, HttpCase, tagged

from ...tools.print_html import keep_local
from ..samples import SampleCommon

NOTE = "略去"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
DATA = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
# {}: an address of somebody else's
FOREIGN = (
    '<img src="{}">',
    '<img src=" {}">',
    '<img alt="x" srcset="{} 2x">',
    '<p><picture><source srcset="{0}"><img src="{0}"></picture></p>',
    '<p style="background: url({})">x</p>',
    "<p style=\"background-image: url( '{}' )\">x</p>",
    '<p style="background: u\\72l({})">x</p>',
    '<p style="list-style: /**/url({})">x</p>',
    "<p style=\"background: image-set('{}' 1x)\">x</p>",
    '<table background="{0}"><tr background="{0}"><td background="{0}">x</td></tr></table>',
    '<svg><image xlink:href="{0}" href="{0}"></image></svg>',
    '<iframe src="{}"></iframe>',
    '<object data="{}"></object>',
    '<embed src="{}">',
    '<video poster="{}"></video>',
    '<input type="image" src="{}">',
    '<image src="{}">',
    '<noscript><img src="{}"></noscript>',
    '<textarea><img src="{}"></textarea>',
    '<!--><img src="{}">-->',
)
# nothing that anybody would miss
SILENT = (
    '<link rel="stylesheet" href="{}">',
    '<style>@import "{}";</style>',
    '<script src="{}">body {{}}</script>',
    '<script>new Image().src = "{}"</script>',
    '<meta http-equiv="refresh" content="0; url={}">',
    '<base href="{}">',
    '<p onmouseover="x" onload="{}">x</p>',
)


@tagged("post_install", "-at_install")
class TestPrintHtml(BaseCase):
    def clean(self, body, own=("body {}",)):
        page = f"<html><head><link href='/own.css'></head><body>{body}</body></html>"
        local = {"/web/image/5": DATA}
        return keep_local(page.encode(), {*own}, local.get, NOTE).decode()

    def test_nothing_is_left_to_fetch(self):
        for address in ("http://a.example", "//a.example/x", "file:///a.example", "/a.example"):
            for form in (*FOREIGN, *SILENT):
                with self.subTest(form=form, address=address):
                    page = self.clean(f"before {form.format(address)} after")
                    self.assertNotIn("a.example", page)
                    self.assertIn("before", page)
                    self.assertIn("after", page)
                    self.assertEqual(NOTE in page, form in FOREIGN)

    def test_pictures_kept_here_stand_in_the_page(self):
        for form in ('<img src="{}">', '<p style="color: red; background: url({})">x</p>'):
            for source in ("/web/image/5", DATA):
                with self.subTest(form=form, source=source):
                    page = self.clean(form.format(source))
                    self.assertIn(DATA, page)
                    self.assertNotIn(NOTE, page)

    def test_drawings_and_forged_pictures_are_left_out(self):
        for source in ("data:image/svg+xml;base64,AAAA", "data:text/html;base64,AAAA", "data:x"):
            self.assertIn(NOTE, self.clean(f'<img src="{source}">'))

    def test_what_people_write_stays_as_it_was(self):
        text = (
            '<p class="a" style="color: rgb(1, 2, 3); width: calc(50% - 3px)">甲<br>乙</p>'
            '<ul><li>丙 &lt;img&gt;</li></ul><a href="https://a.example">丁</a>'
        )
        self.assertIn(text, self.clean(text))
        self.assertIn("<a>戊</a>", self.clean('<a href="java\nscript:x">戊</a>'))
        self.assertIn("己", self.clean("<o:p>己</o:p>"))

    def test_the_page_s_own_styles_and_scripts_stay(self):
        own = '<style type="text/css">body {}</style>'
        page = self.clean(own)
        self.assertIn(own, page)
        self.assertIn("/own.css", page)
        self.assertNotIn("body {}", self.clean(own, own=()))


class Listener(ThreadingHTTPServer):
    """A web server that notes what it is asked for."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_details):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PIXEL)

    def log_message(self, *_details):
        pass


@tagged("post_install", "-at_install")
class TestPrintPictures(SampleCommon, HttpCase):
    """Every print of ours, with foreign pictures wherever people write."""

    def find_reports(self):
        reports = self.env["ir.actions.report"].search(
            [("report_name", "=like", "itss_quality.%"), ("report_type", "=", "qweb-pdf")]
        )
        self.assertGreater(len(reports), 10)
        return reports

    def fill(self, record, text):
        """Write a text as HTML wherever a record, or what belongs to it, has some."""
        for one in (record, *(record[name] for name in self.get_parts(record))):
            for name, field in one._fields.items():
                if field.type == "html" and field.store and one:
                    # as it may come in by import, too: not sanitized
                    self.env.flush_all()
                    self.env.cr.execute(
                        f'UPDATE "{one._table}" SET "{name}" = %s WHERE id = ANY(%s)',
                        [text, one.ids],
                    )
                    self.env.invalidate_all()

    def get_parts(self, record):
        return [
            name
            for name, field in record._fields.items()
            if field.type == "one2many" and field.comodel_name.startswith("itss.")
        ]

    def make_document(self, report, text):
        record = self.get_sample(report.model)
        occasion = {"itss.audit": "audit_id", "itss.review": "review_id"}.get(report.model)
        if occasion and not record.meeting_ids:
            meeting = self.env["itss.meeting"]
            kinds = meeting._get_occasion_fields()
            kind = next(kind for kind, name in kinds.items() if name == occasion)
            self.create_sample("itss.meeting", **{occasion: record.id, "kind": kind})
        self.fill(record, text)
        return record

    def test_no_print_asks_anybody_for_anything(self):
        reports = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        asked = []
        with Listener() as listener:
            text = "<p>词</p>" + "".join(
                form.format(f"{listener.url}/{number}")
                for number, form in enumerate((*FOREIGN, *SILENT))
            )
            # that the listener hears the converter
            reports._run_wkhtmltopdf([f"<html><body>{text}</body></html>"])
            self.assertTrue(listener.seen)
            listener.seen.clear()
            for report in self.find_reports():
                with self.subTest(report=report.report_name):
                    record = self.make_document(report, text)
                    content, kind = reports._render_qweb_pdf(report.report_name, record.ids)
                    self.assertEqual((kind, content[:4]), ("pdf", b"%PDF"))
                    self.assertEqual(listener.seen, [])
                    page, _kind = reports._render_qweb_html(report.report_name, record.ids)
                    asked.append("词" in page.decode())
                    self.assertNotIn(listener.url, page.decode())
        self.assertGreater(sum(asked), 2)
