"""The layout of a recipe, put on its network once the ranks have met."""

from typing import TYPE_CHECKING

from models.audio import AudioBackbone
from models.backbone import Backbone
from models.parallel import Layout, Parallel, parallelize

if TYPE_CHECKING:
    from models.training.module import FlowTraining


def lay_out(training: "FlowTraining") -> Parallel:
    """Lay the network of ``training`` out over all ranks.

    Raises:
        LayoutDoesNotFit: The recipe's layout fits neither the network nor the number of ranks.
    """
    recipe, network = training.recipe, training.network
    assert isinstance(network, Backbone | AudioBackbone)
    layout = Layout(
        data=max(1, training.replicas), context=recipe.context, ulysses=recipe.ulysses, tensor=recipe.tensor
    )
    return parallelize(network, layout, training.trainer.strategy.root_device.type)
