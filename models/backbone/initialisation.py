"""Starting weights of the transformers: unit-scale signals, silent outputs."""

from torch import nn

from models.backbone.attention import CrossAttention
from models.backbone.time import Head, Modulation


def initialise(network: nn.Module) -> None:
    """Fill a transformer's weights in place.

    Linear maps start with variance 1 / fan-in, which keeps unit-scale signals at unit scale at every width (LLaMa's
    fixed 0.02 is that for a width of 2,500 and too quiet for 192). Modulations, the output and the reference's way
    into cross-attention start at zero (DiT's adaLN-zero): the first prediction is zero, and gradients decide what
    opens. Modules with tables of their own fill them in ``reset_parameters``.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif callable(reset := getattr(module, "reset_parameters", None)):
            reset()
    for module in network.modules():
        if isinstance(module, Modulation | Head):
            nn.init.zeros_(module.linear.weight)
        elif isinstance(module, CrossAttention) and module.reference_out is not None:
            nn.init.zeros_(module.reference_out.weight)
