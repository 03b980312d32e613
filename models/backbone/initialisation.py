"""Starting weights of the transformers: unit-scale signals, silent outputs."""

from collections.abc import Iterator

import torch
from torch import nn

from models.backbone.attention import CrossAttention
from models.backbone.time import Head, Modulation, TimeEmbedding


def initialise(network: nn.Module) -> None:
    """Fill a transformer's weights in place.

    Linear maps start with variance 1 / fan-in, which keeps unit-scale signals at unit scale at every width (LLaMa's
    fixed 0.02 is that for a width of 2,500 and too quiet for 192). Modulations, the output, a step's span and the
    reference's way into cross-attention start at zero (DiT's adaLN-zero): the first prediction is zero, and gradients
    decide what opens. Modules with tables of their own fill them in ``reset_parameters``.
    """
    silent = _silent(network)
    for module in network.modules():
        _fill(module, silent=module in silent)


def initialised(network: nn.Module, seed: int) -> Iterator[tuple[str, nn.Module]]:
    """Give a network that was made on the meta device its starting weights on the CPU, module by module.

    They are those of a network made on the CPU after ``torch.manual_seed(seed)``, bit for bit.

    Args:
        network: Of this package or of ``models.audio``.
        seed: Of torch's generator, which goes on from it.

    Yields:
        Name and module, once the module's own parameters are filled (those of its parts come after it): a caller may
        take them away before the next are made, so that nobody ever holds all of them.
    """
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Linear):  # torch fills each as it makes it, and the generator goes on from there
            for parameter in module.parameters(recurse=False):
                torch.empty(parameter.shape).uniform_()
    silent = _silent(network)
    for name, module in network.named_modules():
        for own, parameter in list(module.named_parameters(recurse=False)):
            setattr(module, own, nn.Parameter(torch.empty_like(parameter, device="cpu")))
        _fill(module, silent=module in silent)
        yield name, module


def _silent(network: nn.Module) -> set[nn.Module]:
    """The linear maps whose weights start at zero."""
    found: set[nn.Module] = set()
    for module in network.modules():
        if isinstance(module, Modulation | Head):
            found.add(module.linear)
        elif isinstance(span := getattr(module, "span", None), TimeEmbedding):
            found.add(span.second)
        elif isinstance(module, CrossAttention) and module.reference_out is not None:
            found.add(module.reference_out)
    return found


def _fill(module: nn.Module, *, silent: bool) -> None:
    """A module's own parameters. A silent one draws as the others do: what is drawn after it does not depend on it."""
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if silent:
            nn.init.zeros_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif callable(reset := getattr(module, "reset_parameters", None)):
        reset()
