import pytest
import torch

from models.backbone import Backbone
from models.recipes import BackboneConfig
from tests.models.texts import random_text


@pytest.fixture
def make():
    """A small backbone whose silent weights are woken, so that every part has a say."""

    def make(*, awake=True, seed=0, **fields):
        torch.manual_seed(seed)
        sizes = {"layers": 2, "width": 32, "ffn": 48, "heads": 2, "positions": (4, 3, 4)} | fields
        model = Backbone(BackboneConfig(**sizes)).eval()
        if awake:
            for parameter in model.parameters():
                if parameter.ndim > 1 and not parameter.detach().any():
                    torch.nn.init.normal_(parameter, std=0.2)
        return model

    return make


@pytest.fixture
def inputs():
    """Inputs of a batch of two, the second text shorter than the first."""
    generator = torch.Generator().manual_seed(1)
    text = random_text(2, 7, generator=generator)
    text[0][1][1, 4:] = False
    return {
        "latent_BCTHW": torch.randn(2, 16, 3, 6, 8, generator=generator),
        "time_B": torch.tensor([0.2, 0.7]),
        "text": text,
    }


@pytest.fixture(autouse=True)
def one_thread():
    """Small matrices on several threads of a busy machine spend their time waiting for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
