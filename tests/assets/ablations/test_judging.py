import numpy as np
import torch

from assets.ablations import data
from assets.ablations.judging import distance, flow_losses, guided, judged, real, sampled, seen
from assets.ablations.recipe import OURS
from assets.ablations.training import Flow, law, network
from assets.evaluation.prompts import Prompt
from assets.starter.latents import SIDE
from assets.world.render import pictures
from models.flow import velocity
from models.recipes import FPS
from models.training.shards import open_shards


def test_the_distance_of_normal_laws_is_frechets():
    generator = np.random.default_rng(0)
    known = generator.normal(size=(200_000, 2)) * [1.0, 3.0]
    found = generator.normal(size=(200_000, 2)) * [2.0, 3.0] + [0.0, 1.5]
    assert abs(distance(found, known) - (0.5**2 + (2 - 1) ** 2)) < 0.03
    assert abs(distance(known, known)) < 1e-6


def test_features_are_of_what_stays_and_of_what_changes():
    latents = np.zeros((2, 3, 4, 2, 2), np.float32)
    latents[0, 1] = 5.0
    latents[1, 2, 1::2] = 1.0
    assert np.allclose(data.features(latents), [[0, 5, 0, 0, 0, 0], [0, 0, 0.5, 0, 0, 1]])


def test_guidance_goes_past_the_text_and_at_one_is_the_text_alone(small, index):
    torch.manual_seed(0)
    model = network(OURS, small, 0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    text, null = data.states(["a red ball rolls left", "a star"], small.model.text), open_shards(index).null
    state, times = torch.randn(2, 16, 4, 8, 8), torch.full((2,), 0.3)
    with torch.inference_mode():
        none, one, three = (guided(model, text, null, scale)(state, times) for scale in (0.0, 1.0, 3.0))
    assert (one - none).abs().max() > 0.01
    assert torch.allclose(three, none + 3 * (one - none), atol=1e-3)


def test_models_of_a_seed_share_noise_and_seeds_do_not_share_prompts(small, index):
    class Still:
        """A network that predicts nothing: samples are the noise."""

        def __call__(self, state, times, text):
            return torch.zeros_like(state)

    first, again, other = (sampled(Still(), Flow(), small, seed, index) for seed in (0, 0, 1))
    assert first.shape == (2, 16, 4, 8, 8)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    asked = [{clip.id for clip in data.held_out(small, seed)} for seed in (0, 1)]
    assert not asked[0] & asked[1]


def test_a_model_that_says_nothing_has_the_loss_of_the_velocity_itself(small, index):
    chosen, told = flow_losses(network(OURS, small, 0), Flow(), index)
    bucket = data.videos(index, "validation")
    for loss, rows in ((chosen, [0, 1]), (told, [2, 3])):
        latent = bucket.gather(rows)["latent"]
        expected = velocity(latent, torch.randn(latent.shape)).square().mean()
        assert abs(loss / float(expected) - 1) < 0.1
    assert flow_losses(network(OURS, small, 0), law("v-cosine"), index) != (chosen, told)


def test_a_model_gets_every_figure_and_real_clips_those_of_samples(small, index):
    model = network(OURS, small, 0)
    found, reached = judged(model, Flow(), small, 0, index), real(small, 0, index)
    assert found.keys() - reached.keys() == {"flow_loss", "choosing_loss", "weights", "operations"}
    assert found["weights"] == sum(value.numel() for value in model.parameters())
    assert found["operations"] > 2 * 64 * found["weights"] / 4  # most weights are used for each of 64 tokens
    assert reached["distance"] < found["distance"]
    assert reached["score"] > 0.5 > found["score"]


def test_scores_are_of_what_the_checkers_see(small):
    clip = data.held_out(small, 0)[0]
    frames = pictures(clip.spec, SIDE, SIDE, FPS, 32)
    prompt = data.prompts([clip])[0]
    wrong = Prompt(prompt.text, "pink", "bomb", "orange", "jump")
    found = seen([prompt, wrong], [frames, frames])
    assert found["seen"] == 1.0
    assert found["background"] == found["colour"] == 0.5
    assert 0.25 <= found["score"] <= 0.625
