import pytest
import torch

from models.contrastive.config import FRAMES, SIDE, ContrastiveConfig
from models.contrastive.video import Mixing, VideoTower


@pytest.fixture(scope="module")
def tower():
    torch.manual_seed(0)
    return VideoTower(ContrastiveConfig()).eval()


def clips(batch, frames, seed=0):
    return torch.randint(
        0, 256, (batch, frames, SIDE, SIDE, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


@pytest.mark.parametrize("frames", [1, 2, 3, FRAMES, 13])
@torch.no_grad()
def test_clips_of_any_number_of_frames_are_unit_vectors(tower, frames):
    vectors = tower(clips(2, frames))
    assert vectors.shape == (2, ContrastiveConfig().dim)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)


@torch.no_grad()
def test_a_clip_does_not_depend_on_the_others_of_its_batch(tower):
    both = clips(2, 4)
    assert torch.allclose(tower(both)[:1], tower(both[:1]), atol=1e-5)


@torch.no_grad()
def test_a_clip_played_backwards_is_another_clip(tower):
    clip = clips(1, 4)
    assert not torch.allclose(tower(clip), tower(clip.flip(1)), atol=1e-3)


@torch.no_grad()
def test_mixing_looks_one_frame_back_and_one_ahead_and_not_into_other_clips():
    torch.manual_seed(0)
    mixing = Mixing(8, 4)
    maps = torch.randn(6, 8, 5, 5)  # two clips of three frames
    moved = maps.clone()
    moved[2] += 1.0
    differing = (mixing(maps, 3) != mixing(moved, 3)).flatten(1).any(dim=1)
    assert differing.tolist() == [False, True, True, False, False, False]


@torch.no_grad()
def test_mixing_starts_as_the_identity_and_convolutions_keep_the_size_of_what_is_seen(tower):
    maps = torch.randn(4, 64, 16, 16)
    assert torch.equal(tower.fine(maps, 2), maps)
    fan_in = tower.shrink.weight[0].numel()
    assert tower.shrink.weight.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.05)
