"""The whole of objective and network, on data whose loss without text is known."""

import torch

from models.backbone import Backbone
from models.flow import flow_loss, logit_normal_times, validation_flow_loss
from models.recipes import BackboneConfig
from tests.models.texts import random_text


def test_a_hundred_steps_teach_the_text_so_that_swapped_texts_hurt():
    torch.manual_seed(0)
    texts = random_text(8, 3)
    colours = torch.randn(8, 16, 1, 1, 1)
    latents = (colours / colours.std(0)).expand(8, 16, 1, 4, 4)
    model = Backbone(BackboneConfig(layers=2, width=64, ffn=128, heads=2, positions=(1, 2, 2)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(100):
        chosen = torch.randint(8, (32,))
        loss = flow_loss(
            lambda x, t, chosen=chosen: model(x, t, [(states[chosen], mask[chosen]) for states, mask in texts]),
            latents[chosen],
            logit_normal_times(32),
            torch.randn(32, 16, 1, 4, 4),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def validation(text):
        return validation_flow_loss(lambda x, t: model(x, t, text), latents).mean().item()

    assert validation(texts) < 0.5  # a silent model has 2, the variance of the velocity
    assert validation([(states.roll(1, 0), mask) for states, mask in texts]) > 2 * validation(texts)
