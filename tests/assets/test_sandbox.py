"""The checks of the corpus asset: they hold on what was drawn, and notice captions that are not true."""

from dataclasses import replace

import pytest

from assets.artifact import Artifact
from assets.manifest import write_manifest
from assets.sandbox import captions_are_true, corpus_is_sound
from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.stage import MANIFEST
from models.recipes import smoke


@pytest.fixture(scope="module")
def drawn():
    return [record("video", "train", index, smoke().world) for index in range(18)]


def corpus(folder, records):
    write_manifest(folder / MANIFEST, [record.row() for record in records])
    return Artifact(folder, "corpus", {})


def test_a_drawn_corpus_passes_both_checks(tmp_path, drawn):
    artifact = corpus(tmp_path, drawn)
    found = captions_are_true(sandbox_corpus=artifact)
    assert found.passed
    assert found.metadata["judged"].value == 18
    assert corpus_is_sound(sandbox_corpus=artifact).passed


def test_captions_of_other_clips_are_noticed(tmp_path, drawn):
    lies = [replace(one, short=other.short) for one, other in zip(drawn, [*drawn[1:], drawn[0]], strict=True)]
    assert not captions_are_true(sandbox_corpus=corpus(tmp_path, lies)).passed


def test_one_caption_for_all_is_noticed(tmp_path, drawn):
    lies = [replace(one, short=drawn[0].short) for one in drawn]
    assert not captions_are_true(sandbox_corpus=corpus(tmp_path, lies)).passed
