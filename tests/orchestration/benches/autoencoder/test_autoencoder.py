import pytest
import torch

from orchestration.benches import autoencoder, envelope
from orchestration.benches.autoencoder.sides import FRAMES, OURS, PEERS, Ours, side
from orchestration.benches.envelope import names


def test_the_autoencoder_bench_is_listed():
    assert "autoencoder" in names()


def test_without_diffusers_the_bench_says_what_to_install(monkeypatch):
    monkeypatch.setattr(envelope, "find_spec", lambda name: None)
    with pytest.raises(envelope.PeerMissing, match="bench"):
        autoencoder.run()


def test_our_side_takes_turns_learns_and_is_judged():
    clips = torch.rand(8, 3, FRAMES + 1, 1, 1, generator=torch.Generator().manual_seed(0)) * 2 - 1
    clips = clips.expand(-1, -1, -1, 32, 32)
    times = autoencoder.timed({OURS: side(OURS)}, pixels=16, rounds=1)
    assert set(times) == {"ours_encode_ms", "ours_decode_ms"}
    assert min(times.values()) > 0
    one = Ours.new()
    before = [value.clone() for value in one.model.parameters() if value.requires_grad]
    assert autoencoder.trained(one, clips, clips[:2], seconds=0.5, batch=2) > 5.0
    assert any(not torch.equal(old, new) for old, new in zip(before, one.model.parameters(), strict=True))


@pytest.mark.parametrize("name", PEERS)
def test_peers_have_as_many_parameters_and_give_the_frames_back(name):
    pytest.importorskip("diffusers")
    ours, peer = side(OURS), side(name)
    counts = [sum(p.numel() for p in one.model.parameters()) for one in (ours, peer)]
    assert counts[1] == pytest.approx(counts[0], rel=0.06)
    clip = torch.rand(1, 3, peer.frames, 16, 16) * 2 - 1
    with torch.inference_mode():
        mean, logvar = peer.encode(clip)
        assert mean.shape == logvar.shape == (1, 16, 5, 2, 2)
        assert peer.decode(mean).shape == clip.shape
