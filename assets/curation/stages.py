"""The stages of curation over files, in order."""

from assets.curation.cutting import Cut
from assets.curation.engine.stage import Stage


def stages() -> list[Stage]:
    """One: each file is decoded once, cut into clips, measured and looked at for copies."""
    return [Cut()]
