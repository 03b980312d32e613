"""Patches: between latents and token sequences, (1, 2, 2) latent pixels a token.

Shapes: B batch, C channels, T latent frames, H W latent height and width, p patch side, N = T (H/p) (W/p) tokens.
"""

from torch import Tensor


def to_patches(latent_BCTHW: Tensor, patch: int) -> Tensor:
    """Tokens [B, N, C p p] in order of time, row, column; channels outermost within a token.

    A linear map of these is the (1, p, p) convolution with kernel = stride of the paper, weight [D, C p p] being the
    convolution's [D, C, 1, p, p]. Written as a matrix product it is faster, and safe in bfloat16 on CPUs, where the
    backward of conv3d is not.
    """
    batch, channels, frames, height, width = latent_BCTHW.shape
    grid = latent_BCTHW.reshape(batch, channels, frames, height // patch, patch, width // patch, patch)
    return grid.permute(0, 2, 3, 5, 1, 4, 6).reshape(
        batch, frames * (height // patch) * (width // patch), channels * patch * patch
    )


def from_patches(tokens_BNP: Tensor, grid: tuple[int, int, int], patch: int) -> Tensor:
    """The latent [B, C, T, H, W] of tokens [B, N, C p p]: the inverse of :func:`to_patches`.

    Args:
        tokens_BNP: Tokens.
        grid: Tokens in time, height and width.
        patch: Patch side.
    """
    frames, rows, columns = grid
    batch, channels = tokens_BNP.shape[0], tokens_BNP.shape[2] // patch**2
    cells = tokens_BNP.reshape(batch, frames, rows, columns, channels, patch, patch)
    return cells.permute(0, 4, 1, 2, 5, 3, 6).reshape(batch, channels, frames, rows * patch, columns * patch)
