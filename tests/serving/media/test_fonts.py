import subprocess
import sys

import pytest

from serving.media.fonts import font, font_file, uncovered


def test_the_font_comes_from_an_installed_package_that_is_not_imported():
    code = "import sys; from serving.media.fonts import font; font(20); sys.exit('matplotlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert "site-packages" in str(font_file(bold=True))


@pytest.mark.parametrize(("text", "missing"), [("Grüße, Łódź 100 %", ""), ("日本 a 日", "日本"), ("हि", "हि")])
def test_what_the_font_cannot_draw_is_named_once(text, missing):
    assert uncovered(text) == missing


def test_a_glyph_is_drawn_for_a_covered_character():
    drawn = font(40).getmask("Ω")
    assert max(drawn) == 255
