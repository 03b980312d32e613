import numpy as np
import pytest

from assets.checkers.contrastive import states as kept
from assets.checkers.contrastive.states import TextStates
from models.contrastive import reading
from models.contrastive.reading import packaged_reader


def test_each_text_has_its_states_whichever_part_it_lies_in(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_TEXTS", 2)
    texts = ["a red ball", "a ball", "a red ball", "a frog jumps in green hills"]
    states = TextStates(tmp_path, texts, lambda *_: None)
    for text, found in zip(texts, states.of(texts), strict=True):
        assert found.dtype == np.float16
        assert np.allclose(found, packaged_reader().states([text])[0], atol=0.1)  # read in bfloat16
    monkeypatch.setattr(reading, "packaged_reader", lambda: pytest.fail("a text was read again"))
    again = TextStates(tmp_path, texts, lambda *_: None)
    assert np.array_equal(again.of(texts[3:])[0], states.of(texts[3:])[0])
    with pytest.raises(KeyError):
        states.of(["a bee"])
