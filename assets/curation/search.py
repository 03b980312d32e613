"""Search: which clips a text means, by the joint embedding of clips and texts."""

from collections.abc import Sequence

import numpy as np

from assets.curation.signals.embedding import unpacked


def nearest(text: str, embeddings: Sequence[str], limit: int) -> list[tuple[int, float]]:
    """Places of the at most ``limit`` clips nearest to a text, with their cosines, the nearest first.

    Args:
        text: What a clip should show.
        embeddings: Of clips, as ``assets.curation.signals.embedding`` packs them.
        limit: How many at most.
    """
    from models.contrastive.embedder import packaged_embedder

    if not embeddings:
        return []
    cosines = np.array([unpacked(each) for each in embeddings]) @ packaged_embedder().texts([text])[0]
    return [(int(place), float(cosines[place])) for place in np.argsort(-cosines, kind="stable")[:limit]]
