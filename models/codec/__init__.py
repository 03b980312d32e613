"""The audio codec and its training."""

from models.codec.network import AudioCodec, WrongModelError

load_codec = AudioCodec.load

__all__ = ["AudioCodec", "WrongModelError", "load_codec"]
