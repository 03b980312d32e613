import numpy as np
import pytest
import torch

from models.export.graphs import torch_graphs
from models.starter import AUTOENCODER
from orchestration.benches import decode, envelope
from orchestration.benches.autoencoder.sides import PEERS
from orchestration.benches.decode.seams import CUT, Uneven, boundaries, latents, measured
from orchestration.benches.decode.sides import Ours, peer
from orchestration.benches.envelope import names
from serving.decoding.tiles import Tiles


def nearest(*, latent):
    """Repeats the first three channels."""
    return latent[:, :3].repeat(8, axis=2).repeat(8, axis=3).repeat(8, axis=4)


def test_the_bench_is_found_by_its_name():
    assert "decode" in names()


def test_without_diffusers_the_bench_says_what_to_install(monkeypatch):
    monkeypatch.setattr(envelope, "find_spec", lambda name: None)
    with pytest.raises(envelope.PeerMissing, match="bench"):
        decode.run()


def test_tiles_of_the_starter_show_no_seam_and_planted_ones_do():
    torch.set_num_threads(1)
    graph = torch_graphs({"autoencoder": AUTOENCODER})["autoencoder_decode"]
    figures = decode.summed(measured(graph, list(latents(2))))
    assert figures["seam"] <= 1.05
    assert figures["seam_planted"] >= 1.5


def test_a_decoder_that_sees_one_position_has_no_seam_at_all():
    latent = np.random.default_rng(0).uniform(-1, 1, (16, 8, 16, 16)).astype(np.float32)
    figures = measured(nearest, [latent])
    for axis in ("time", "rows", "columns"):
        assert figures[f"seam_{axis}"] == pytest.approx(1, abs=1e-3)


def test_boundaries_are_where_tiles_begin_and_end():
    latent = np.zeros((16, 8, 16, 12))
    assert boundaries(latent, CUT) == ([16, 32, 48], [32, 64, 96], [32, 64])
    assert boundaries(latent, Tiles(overlap=0, side=64, side_overlap=0)) == ([32], [64], [32, 64])


def test_every_other_tile_is_brighter():
    uneven = Uneven(nearest)
    one, other = (uneven(latent=np.zeros((1, 3, 1, 1, 1), np.float32)) for _ in range(2))
    assert one.min() > 0
    assert not other.any()


def test_sides_take_turns_and_times_are_a_frames():
    turns = []

    def side(name, pieces):
        def run(frames):
            turns.append(name)
            return iter([np.zeros((frames // pieces, 1))] * pieces)

        return run

    times = decode.timed({"a": side("a", 2), "b": side("b", 1)}, frames=4, rounds=2)
    assert turns == ["b", "a", "a", "b", "b", "a"]
    assert set(times) == {"a", "b"}


def test_ours_streams_the_frames_that_are_asked_for():
    pieces = list(Ours(nearest, Tiles())(20))
    assert [len(piece) for piece in pieces] == [8, 8, 4]
    assert pieces[0].shape == (8, 256, 256, 3)


@pytest.mark.parametrize("name", PEERS)
def test_peers_decode_in_tiles(name):
    pytest.importorskip("diffusers")
    one = peer(name)
    assert one.model.use_tiling
    assert one.model.tile_sample_min_height == one.model.tile_sample_min_width == 128
