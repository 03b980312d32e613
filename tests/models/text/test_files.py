from dataclasses import replace

import pytest

from models.text import files
from models.text.config import TextConfig, TextEncoderConfig


def test_other_weights_of_an_encoder_have_another_digest(tmp_path, monkeypatch):
    before = files.digests(TextConfig())
    assert files.digests(TextConfig()) == before
    for name in (files.WEIGHTS, "config.json"):
        (tmp_path / name).write_bytes((files.FOLDER / name).read_bytes()[:-1] + b" ")
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    after = files.digests(TextConfig())
    assert before.keys() == after.keys() == {"prompt", "long"}
    assert [role for role in before if after[role] != before[role]] == ["long"]


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer/tokenizer.json"])
def test_an_encoder_of_a_folder_has_the_digest_of_its_files(tmp_path, name):
    (tmp_path / "tokenizer").mkdir()
    for file in ("model.safetensors", "tokenizer/tokenizer.json"):
        (tmp_path / file).write_text("one")
    config = replace(TextConfig(), prompt=TextEncoderConfig("t5", 8, 4, source=str(tmp_path)))
    before = files.digests(config)["prompt"]
    (tmp_path / ".cache").mkdir()
    for beside in (".cache/model.json", "README.md", ".lock.txt"):
        (tmp_path / beside).write_text("what a download leaves")
    assert files.digests(config)["prompt"] == before
    (tmp_path / name).write_text("another")
    assert files.digests(config)["prompt"] != before


def test_an_encoder_of_the_hub_is_known_by_its_name_alone():
    config = replace(TextConfig(), prompt=TextEncoderConfig("t5", 8, 4, source="google/ul2"))
    assert "prompt" not in files.digests(config)
