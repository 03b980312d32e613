"""The stages of curation over files, in order."""

from assets.curation.cutting import Cut
from assets.curation.engine.stage import Stage
from assets.curation.looking import LookAt


def stages() -> list[Stage]:
    """Cut into measured clips, then looked at for copies."""
    return [Cut(), LookAt()]
