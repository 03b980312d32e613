"""The spatial upsampler: a flow from an enlarged picture to the sharp one, and its storage."""

from models.upsampler.blocks import folded, unfolded
from models.upsampler.network import Upsampler
from models.upsampler.storage import load_upsampler, save_upsampler

__all__ = ["Upsampler", "folded", "load_upsampler", "save_upsampler", "unfolded"]
