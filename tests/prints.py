"""What a print says and how it looks: downloaded, read back as text, and as a picture."""

import io
import re
import subprocess
import unicodedata

import pytesseract
from PIL import Image
from pypdf import PdfReader

# Some characters look like a radical, and a font may give them the radical's code. NFKC gives them back, but one of them
# as the traditional character, and it does not know the radicals of the simplified script.
RADICALS = str.maketrans(
    "戶⻅⻆⻉⻋⻓⻔⻘⻚⻛⻜⻝⻢⻣⻤⻥⻦⻩⻬⻮⻰⺠⻄⺟⻁",
    "户见角贝车长门青页风飞食马骨鬼鱼鸟黄齐齿龙民西母虎",
)


def download(client, report, *record_ids):
    """Download a PDF: report is its XML id, client whoever has it printed."""
    ids = ",".join(map(str, record_ids))
    response = client.get(f"{client.url}/report/pdf/{report}/{ids}", timeout=120)
    response.raise_for_status()
    assert response.headers["content-type"] == "application/pdf"
    return response.content


def plain(text):
    """Text as a reader takes it: no white space, one code for characters that look the same."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text).translate(RADICALS))


def read_pages(content):
    """The text of each page of a PDF."""
    assert content.startswith(b"%PDF")
    return [plain(page.extract_text()) for page in PdfReader(io.BytesIO(content)).pages]


def look_at_pages(content, folder):
    """What can be read in the picture of each page of a PDF."""
    path = folder / "print.pdf"
    path.write_bytes(content)
    subprocess.run(["pdftoppm", "-r", "150", "-png", path, folder / "page"], check=True)
    pictures = sorted(folder.glob("page-*.png"))
    return [
        plain(pytesseract.image_to_string(Image.open(path), lang="chi_sim")) for path in pictures
    ]


def count_colors(path):
    """How many pixels of a picture have each color."""
    with Image.open(path) as picture:
        colors = picture.convert("RGB").getcolors(picture.width * picture.height)
    return {color: count for count, color in colors}
