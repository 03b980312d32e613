"""How does the camera move?"""

from typing import ClassVar

from assets.checkers.camera import camera
from assets.checkers.evaluation.question import Answers, Choice
from assets.checkers.evaluation.sources import MOVING, Footage
from assets.world.render import RenderedClip


class Camera(Choice[RenderedClip, Footage, str]):
    """One of sixteen classes."""

    name: ClassVar[str] = "camera"
    source = MOVING

    def find(self, view: Footage) -> str:
        """The class."""
        return camera(view.frames).value

    def answers(self, truth: RenderedClip, found: str) -> Answers:
        """The class."""
        return [(found, truth.truth.camera)]
