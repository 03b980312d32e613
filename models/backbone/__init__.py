"""The video and image backbone, its presets and its storage."""

from models.backbone.errors import LatentDoesNotFit, TextDoesNotFit, WeightsDoNotFit
from models.backbone.network import Backbone
from models.backbone.presets import PRESETS, core_parameters
from models.backbone.reference import REFERENCE_TOKENS, ReferenceEncoder
from models.backbone.storage import initialise_from, load_backbone, save_backbone, warm_start
from models.backbone.text import Text

__all__ = [
    "PRESETS",
    "REFERENCE_TOKENS",
    "Backbone",
    "LatentDoesNotFit",
    "ReferenceEncoder",
    "Text",
    "TextDoesNotFit",
    "WeightsDoNotFit",
    "core_parameters",
    "initialise_from",
    "load_backbone",
    "save_backbone",
    "warm_start",
]
