import pytest
import torch

from models.backbone import LatentDoesNotFit
from models.flow import flow_loss
from tests.models.texts import random_text


def first_of(inputs):
    """The first sample of a batch."""
    text = tuple((states[:1], mask[:1]) for states, mask in inputs["text"])
    return {name: value[:1] for name, value in inputs.items() if name != "text"} | {"text": text}


def test_the_velocity_has_the_shape_of_the_latent_and_is_zero_at_first(make, inputs):
    velocity = make(awake=False)(**inputs)
    assert velocity.shape == inputs["latent_BCTHW"].shape
    assert not velocity.any()


def test_future_frames_change_past_outputs(make, inputs):
    model = make()
    before = model(**inputs)
    changed = inputs["latent_BCTHW"].clone()
    changed[:, :, -1] += 1
    after = model(**inputs | {"latent_BCTHW": changed})
    assert (after - before)[:, :, 0].abs().max() > 1e-4


def test_positions_at_every_layer_differ_from_positions_at_the_first_only(make, inputs):
    model = make()
    everywhere = model(**inputs)
    for block in model.blocks[1:]:
        block.register_forward_pre_hook(lambda _m, args: (args[0], torch.zeros_like(args[1]), *args[2:]))
    assert (model(**inputs) - everywhere).abs().max() > 1e-4


def test_without_positions_shuffled_tokens_give_shuffled_outputs_and_with_them_not(make, inputs):
    model = make()
    order = torch.tensor([2, 0, 1])
    shuffled = inputs | {"latent_BCTHW": inputs["latent_BCTHW"][:, :, order]}
    assert (model(**shuffled) - model(**inputs)[:, :, order]).abs().max() > 1e-3
    for table in model.positions.parameters():
        torch.nn.init.zeros_(table)
    torch.testing.assert_close(model(**shuffled), model(**inputs)[:, :, order], rtol=0, atol=1e-4)


def test_padding_text_tokens_do_not_change_the_output(make, inputs):
    model = make()
    padded = tuple(
        (torch.cat([states, more], dim=1), torch.cat([mask, torch.zeros_like(real)], dim=1))
        for (states, mask), (more, real) in zip(inputs["text"], random_text(2, 5), strict=True)
    )
    torch.testing.assert_close(model(**inputs | {"text": padded}), model(**inputs), rtol=0, atol=1e-5)


def test_text_and_time_change_the_output(make, inputs):
    model = make()
    before = model(**inputs)
    for place, (states, mask) in enumerate(inputs["text"]):
        other = (*inputs["text"][:place], (states.flip(0), mask), *inputs["text"][place + 1 :])
        assert (model(**inputs | {"text": other}) - before).abs().max() > 1e-3
    assert (model(**inputs | {"time_B": inputs["time_B"].flip(0)}) - before).abs().max() > 1e-3


def test_samples_of_a_batch_do_not_see_each_other(make, inputs):
    model = make()
    alone = model(**first_of(inputs))
    torch.testing.assert_close(alone, model(**inputs)[:1], rtol=0, atol=1e-5)


def test_every_weight_gets_a_gradient_once_the_silent_ones_are_awake(make, inputs):
    model = make(source=True, reference=True)
    latent = inputs.pop("latent_BCTHW")
    times = inputs.pop("time_B")
    extra = {"reference": torch.randn(2, 3, 64, 64), "source_BCTHW": torch.randn_like(latent)}
    flow_loss(lambda x, t: model(x, t, **inputs, **extra), latent, times, torch.randn_like(latent)).backward()
    grid = (3, 3, 4)
    for name, parameter in model.named_parameters():
        gradient = parameter.grad
        assert gradient is not None, name
        if name == "positions.time_TD":
            gradient = gradient[: grid[0]]
        assert gradient.any(), name


def test_images_and_their_tokens_are_the_same_reference(make, inputs):
    model = make(reference=True)
    image = torch.randn(2, 3, 64, 64)
    tokens = model.reference_encoder(image)
    assert tokens.shape == (2, 16, 32)
    assert torch.equal(model(**inputs, reference=image), model(**inputs, reference=tokens))
    assert (model(**inputs, reference=image) - model(**inputs)).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 16, 5, 6, 8), "exceeds the position tables"), ((1, 16, 3, 5, 8), "multiples of the patch")],
)
def test_a_latent_that_does_not_fit_is_refused(make, inputs, shape, message):
    one = first_of(inputs)
    with pytest.raises(LatentDoesNotFit, match=message):
        make()(**one | {"latent_BCTHW": torch.randn(shape)})


@pytest.mark.parametrize("extra", [{"source_BCTHW": torch.zeros(2, 16, 3, 6, 8)}, {"reference": torch.zeros(2, 1, 32)}])
def test_a_condition_that_the_network_lacks_is_refused(make, inputs, extra):
    with pytest.raises(LatentDoesNotFit, match="was given to a backbone without one"):
        make()(**inputs, **extra)


def test_grown_tables_keep_the_outputs_on_the_old_grid_and_take_larger_ones(make, inputs):
    model = make()
    before = model(**inputs)
    model.grow((6, 5, 7))
    assert torch.equal(model(**inputs), before)
    assert model.config.positions == (6, 5, 7)
    assert model(**inputs | {"latent_BCTHW": torch.randn(2, 16, 6, 10, 14)}).shape[2:] == (6, 10, 14)
