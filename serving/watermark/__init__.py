"""The invisible mark in delivered video: spread-spectrum embedding, blind detection, decision by p-value."""

from serving.watermark.detection import P_VALUE, Detection
from serving.watermark.payload import distance, payload_hex, payload_of
from serving.watermark.watermarker import Watermarker

__all__ = ["P_VALUE", "Detection", "Watermarker", "distance", "payload_hex", "payload_of"]
