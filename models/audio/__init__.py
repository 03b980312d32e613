"""The video-to-audio flow-matching network and its storage."""

from models.audio.network import AudioBackbone
from models.audio.storage import initialise_from, load_audio_backbone, save_audio_backbone, warm_start

__all__ = ["AudioBackbone", "initialise_from", "load_audio_backbone", "save_audio_backbone", "warm_start"]
