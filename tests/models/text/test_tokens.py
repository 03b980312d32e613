import subprocess
import sys

import numpy as np

from models.recipes import FPS, TEXT_LENGTH
from models.text.tokens import prefixed, tokenize
from models.text.wheel import minilm_folder
from serving.text import TextStates, with_fps

TEXTS = ["", "FPS-16. a red circle moves left", "Umlaute: schöne Größe; 漢字 and 'quotes'", "word " * 80]


def test_ids_are_padded_or_cut_and_keep_their_end_token():
    ids, mask = tokenize(TEXTS)
    assert ids.shape == mask.shape == (4, TEXT_LENGTH)
    assert ids[0, :2].tolist() == [101, 102]
    assert mask.sum(1)[[0, 3]].tolist() == [2, TEXT_LENGTH]
    assert ids[3, -1] == 102
    assert not ids[~mask].any()


def test_serving_tokenises_alike():
    serving = TextStates(lambda **_: np.zeros(0), minilm_folder() / "tokenizer.json", length=TEXT_LENGTH, fps=FPS)
    theirs = serving.tokenize(TEXTS)
    ids, mask = tokenize(TEXTS)
    assert np.array_equal(theirs.input_ids, ids)
    assert np.array_equal(theirs.attention_mask.astype(bool), mask)
    assert with_fps("a dog", FPS) == prefixed("a dog")


def test_tokenising_imports_no_torch():
    code = "import sys, models.text.tokens as t; t.tokenize(['a']); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
