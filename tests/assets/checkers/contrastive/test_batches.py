from types import SimpleNamespace

import numpy as np

from assets.checkers.contrastive.batches import batch, tells_apart, varied
from assets.checkers.contrastive.statements import Facts, Statement
from assets.checkers.contrastive.store import Texts


def texts(kind="frog", colour="red", place="in green hills", camera="static", short=None):
    thing = (kind, colour, "green", "jump")
    said = short or (f"a {colour} {kind} jumps {place}", f"{place}, a {colour} {kind} leaps up")
    statements = ((Statement(kind=kind), f"a {kind}"), (Statement(colour=colour), f"a {colour} thing"))
    return Texts(Facts((thing,), place, camera), said, f"long: {colour} {kind} {place}, {camera}", statements)


def test_a_caption_tells_twins_apart_only_by_what_it_mentions():
    one = texts()
    assert tells_apart(one.short[0], one, texts(colour="blue"))
    assert tells_apart(one.short[0], one, texts(place="in a desert"))
    assert not tells_apart("a red frog jumps, a bee nearby", one, texts(place="in a desert"))
    assert not tells_apart(one.short[0], one, texts(camera="pan left"))
    assert tells_apart(one.long, one, texts(camera="pan left"))
    assert not tells_apart(one.short[0], one, texts(colour="blue", short=one.short))


def test_a_batch_pairs_twins_and_judges_statements_of_all_against_all():
    said = [texts(), texts(colour="blue"), texts("robot"), texts("robot", place="in a desert")]
    pixels = np.zeros((4, 8, 64, 64, 3), np.uint8)
    store = SimpleNamespace(texts=said, frames=lambda clips: pixels[list(clips)])
    drawn = batch(store, np.array([1, 0]), 4, np.random.default_rng(0))
    assert tuple(drawn.frames.shape) == (4, 4, 64, 64, 3)
    assert "robot" in drawn.captions[0]
    assert "blue" in drawn.captions[3]
    assert len(drawn.statements) == 8
    for row, text in enumerate(drawn.statements):
        kinds = ["robot", "robot", "frog", "frog"]
        colours = ["red", "red", "red", "blue"]
        expected = [
            int(text in {f"a {kind}", f"a {colour} thing"}) for kind, colour in zip(kinds, colours, strict=True)
        ]
        assert drawn.truth[row].tolist() == expected
        assert drawn.hard[row].tolist() == [row < 4] * 2 + [row >= 4] * 2
    assert [tuple(named.shape) for named in drawn.named] == [(12, len(words)) for words, _ in drawn.words]
    kinds, truth = drawn.words[0]
    for row, text in enumerate([*drawn.captions, *drawn.statements]):
        named = [kind for kind, one in zip(kinds, drawn.named[0][row], strict=True) if one]
        whole = [f"a {kind}" for kind in ("robot", "frog") if kind in text and text.startswith("long:")]
        assert named == ([text] if text in kinds else whole)
    assert truth[:, [kinds.index("a robot"), kinds.index("a frog")]].tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]


def test_varied_clips_keep_the_order_of_their_frames_and_nearly_their_light():
    clip = np.broadcast_to((np.arange(8, dtype=np.uint8) * 30)[None, :, None, None, None], (1, 8, 64, 64, 3))
    for frames in (1, 2, 4, 8):
        found = varied(clip, frames, np.random.default_rng(frames)).mean(axis=(2, 3, 4))[0]
        assert len(found) == frames
        assert (np.diff(found) > 0).all()
        if frames == 8:
            assert np.abs(found - np.arange(8) * 30).max() < 25
