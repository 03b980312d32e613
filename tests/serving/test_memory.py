import numpy as np
import pytest

from serving import memory
from serving.bundle import OnnxGraph
from serving.decoding import trial as decoding_trial
from serving.decoding.tiles import Tiles
from serving.errors import RequestRefused
from serving.memory import cut_within
from serving.trial import Need
from serving.upsampling import trial as upsampling_trial

LATENT, SIZE = (16, 8, 8, 14), (480, 854)
MIB = 1 << 20


@pytest.fixture(autouse=True)
def trials(monkeypatch):
    """Trials that take so many bytes a place; what was tried."""
    tried = []

    def tile(bytes_a_place):
        def need(path, threads, shape):
            tried.append(shape)
            size = bytes_a_place * int(np.prod(shape))
            return Need(size, size + size // 4)

        return need

    def delivery(source, size, frames, fps):
        tried.append((source, size, frames, fps))
        return Need(60 * MIB, 90 * MIB)

    monkeypatch.setattr(decoding_trial, "tile_need", tile(6000))
    monkeypatch.setattr(upsampling_trial, "tile_need", tile(700))
    monkeypatch.setattr(memory, "delivery_need", delivery)
    monkeypatch.setattr(OnnxGraph, "provider", "cpu")
    return tried


@pytest.fixture
def upsampled(pipeline, tmp_path):
    for name in ("autoencoder_decode", "upsampler"):
        pipeline.graphs[name] = OnnxGraph(tmp_path / name, ["CPUExecutionProvider"], 1)
    return pipeline


def test_more_memory_buys_larger_tiles_first_for_the_enlarger_and_none_is_exceeded(upsampled):
    found = []
    for budget in (140, 160, 200, 400, 2000):
        cut = cut_within(upsampled, LATENT, SIZE, budget * MIB)
        assert cut.predicted <= budget * MIB
        found.append((cut.enlarger.tiles.side, int(np.prod(cut.tiles.latent_shape(LATENT[1:])))))
    assert [side for side, _ in found] == sorted(side for side, _ in found)
    assert found[0][0] < found[-1][0] == 256
    assert cut.tiles == Tiles()


def test_a_budget_too_small_is_refused_with_the_least_that_suffices(upsampled):
    with pytest.raises(RequestRefused, match=r"854x480 takes (\d+) MiB .* budget is 9: give \1 MiB") as refused:
        cut_within(upsampled, LATENT, SIZE, 9 * MIB)
    least = int(str(refused.value).split(" takes ")[1].split()[0])
    assert cut_within(upsampled, LATENT, SIZE, least * MIB).enlarger.tiles.side == 32
    with pytest.raises(RequestRefused):
        cut_within(upsampled, LATENT, SIZE, (least - 1) * MIB)


def test_without_an_upsampler_delivering_is_counted_still(upsampled, trials):
    del upsampled.graphs["upsampler"]
    with pytest.raises(RequestRefused, match=r"takes \d\d\d MiB"):
        cut_within(upsampled, LATENT, (1080, 1920), 60 * MIB)
    assert trials[0] == ((64, 112), (1080, 1920), 64, 16)
    assert cut_within(upsampled, LATENT, (1080, 1920), 300 * MIB).tiles == Tiles()


def test_what_is_delivered_comes_from_the_last_doubling(upsampled, trials):
    cut_within(upsampled, LATENT, SIZE, 2000 * MIB)
    assert trials[0] == ((256, 448), SIZE, 64, 16)


def test_a_graph_that_cannot_be_tried_is_refused(pipeline):
    with pytest.raises(RequestRefused, match="a memory budget needs a bundle's graph"):
        cut_within(pipeline, LATENT, SIZE, 2000 * MIB)
