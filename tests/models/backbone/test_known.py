import pytest
import torch

from models.backbone import LatentDoesNotFit, WeightsDoNotFit, initialise_from, load_backbone, save_backbone
from models.backbone.known import Given, drawn_given, first_known, known_frames

NONE = torch.zeros(4, dtype=torch.bool)


def clips(length=3):
    """Latents of four clips and of their first and last pictures; no value is zero."""
    latent = torch.arange(4 * 16 * length * 2 * 4).reshape(4, 16, length, 2, 4).float() + 1
    return latent, -latent[:, :, 0], -2 * latent[:, :, -1]


def test_whole_frames_are_told_with_the_first_mask_and_nothing_of_the_others():
    latent, first, last = clips()
    known = known_frames(latent, first, last, Given(torch.tensor([0, 1, 2, 0]), NONE, NONE))
    assert known.shape == (4, 18, 3, 2, 4)
    for row, count in enumerate((0, 1, 2, 0)):
        assert torch.equal(known[row, :16, :count], latent[row, :, :count])
        assert (known[row, 16, :count] == 1).all()
        assert not known[row, :, count:].any()
    assert not known[:, 17].any()


def test_pictures_stand_at_their_ends_and_the_second_mask_says_which():
    latent, first, last = clips()
    given = Given(
        torch.zeros(4, dtype=torch.long),
        torch.tensor([True, False, True, False]),
        torch.tensor([False, True, True, False]),
    )
    known = known_frames(latent, first, last, given)
    assert torch.equal(known[0, :16, 0], first[0])
    assert torch.equal(known[1, :16, -1], last[1])
    assert torch.equal(known[2, :16, 0], first[2])
    assert torch.equal(known[2, :16, -1], last[2])
    assert known[:, 17, 0].mean((1, 2)).tolist() == [1, 0, 1, 0]
    assert known[:, 17, -1].mean((1, 2)).tolist() == [0, -1, -1, 0]
    assert not known[:, :, 1].any()
    assert not known[3].any()
    assert not known[:, 16].any()


def test_the_first_pictures_alone_are_the_condition_of_validation():
    latent, first, last = clips()
    given = Given(torch.zeros(4, dtype=torch.long), ~NONE, NONE)
    assert torch.equal(first_known(first, 3), known_frames(latent, first, last, given))


def test_training_gives_everything_in_the_shares_that_it_says():
    given = drawn_given(torch.rand(20_000, 2, generator=torch.Generator().manual_seed(0)), 8)
    both = given.first & given.last
    nothing = ~given.first & ~given.last & (given.whole == 0)
    for found, share in (
        (nothing, 0.15),
        (given.first & ~both, 0.2),
        (given.last & ~both, 0.1),
        (both, 0.1),
        (given.whole > 0, 0.45),
    ):
        assert abs(found.float().mean() - share) < 0.015
    assert not ((given.first | given.last) & (given.whole > 0)).any()
    assert set(given.whole.tolist()) == set(range(8))


def test_a_clip_of_one_latent_frame_gives_at_most_its_first_picture():
    given = drawn_given(torch.rand(200, 2), 1)
    assert given.first.any()
    assert not given.last.any()
    assert not given.whole.any()


def test_known_frames_that_are_new_leave_the_output_of_the_earlier_model_and_can_learn(make, inputs, tmp_path):
    base = make()
    save_backbone(base, tmp_path)
    model = make(awake=False, seed=5, known=True)
    initialise_from(model, tmp_path)
    known = torch.randn(2, 18, 3, 6, 8)
    velocity = model(**inputs, known_BKTHW=known)
    # The sums behind the two outputs are grouped differently, so they agree to rounding.
    torch.testing.assert_close(velocity, base(**inputs), rtol=0, atol=1e-5)
    velocity.square().sum().backward()
    assert model.embed.weight.grad[:, -18 * 4 :].any()


def test_nothing_known_is_what_the_model_takes_without_the_condition(make, inputs):
    model = make(known=True)
    assert torch.equal(model(**inputs), model(**inputs, known_BKTHW=torch.zeros(2, 18, 3, 6, 8)))
    assert (model(**inputs) - model(**inputs, known_BKTHW=torch.randn(2, 18, 3, 6, 8))).abs().max() > 1e-3


def test_a_model_with_known_frames_is_stored_and_gets_no_source_afterwards(make, inputs, tmp_path):
    model = make(known=True)
    save_backbone(model, tmp_path)
    assert torch.equal(load_backbone(tmp_path)(**inputs), model(**inputs))
    with pytest.raises(WeightsDoNotFit, match="a source comes before known frames"):
        initialise_from(make(source=True, known=True), tmp_path)
    with pytest.raises(WeightsDoNotFit, match="known condition would be lost"):
        initialise_from(make(), tmp_path)


def test_a_source_and_known_frames_stand_beside_each_other(make, inputs, tmp_path):
    base = make(source=True)
    save_backbone(base, tmp_path)
    model = make(seed=5, source=True, known=True)
    initialise_from(model, tmp_path)
    source = torch.randn(2, 16, 3, 6, 8)
    both = model(**inputs, source_BCTHW=source, known_BKTHW=torch.randn(2, 18, 3, 6, 8))
    torch.testing.assert_close(both, base(**inputs, source_BCTHW=source), rtol=0, atol=1e-5)


def test_known_frames_are_refused_by_a_model_that_takes_none(make, inputs):
    with pytest.raises(LatentDoesNotFit, match="a known condition was given to a backbone without one"):
        make()(**inputs, known_BKTHW=torch.zeros(2, 18, 3, 6, 8))
