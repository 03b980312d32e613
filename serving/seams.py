"""Seams: how much more a video changes where tiles or windows meet than elsewhere; 1 where nothing is to be seen."""

from collections.abc import Collection, Iterable

import numpy as np


def changes(frames: Iterable[np.ndarray]) -> np.ndarray:
    """Mean absolute change of each frame [H, W, 3] from the one before, float64 [F]; the first changes by 0."""
    found, before = [], None
    for frame in frames:
        now = frame.astype(np.int16)
        found.append(0.0 if before is None else float(np.abs(now - before).mean()))
        before = now
    return np.array(found)


def line_changes(frames: np.ndarray, axis: int) -> np.ndarray:
    """Mean absolute change of each line from the one before, over all of ``frames`` [F, H, W, 3]: [H] or [W].

    Args:
        frames: uint8.
        axis: 1 for rows, 2 for columns.
    """
    difference = np.abs(np.diff(frames.astype(np.int16), axis=axis))
    others = tuple(one for one in range(frames.ndim) if one != axis)
    return np.concatenate([[0.0], difference.mean(axis=others)])


def seam(change: np.ndarray, boundaries: Collection[int], *, period: int = 1, apart: Collection[int] = ()) -> float:
    """Mean change at boundaries over mean change at like places inside.

    Args:
        change: Of each place from the one before.
        boundaries: Places where a tile or window begins or has ended.
        period: A decoder draws so many places from one latent, and may change more where the next begins: places are
            compared with others at the same distance from that, and boundaries must be such places.
        apart: Places that count as neither, such as cuts.

    Raises:
        ValueError: no boundary or no like place inside, or nothing changes inside.
    """
    at = sorted(set(boundaries) - set(apart) - {0, len(change)})
    phases = {place % period for place in at}
    left_out = {0, *at, *apart}
    inside = [place for place in range(len(change)) if place % period in phases and place not in left_out]
    if not at or not inside:
        raise ValueError(f"{len(at)} boundaries and {len(inside)} like places inside: there is nothing to compare")
    usual = float(change[inside].mean())
    if usual == 0:
        raise ValueError("nothing changes inside: a seam has no measure")
    return float(change[at].mean()) / usual
