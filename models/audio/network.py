"""The video-to-audio network: a diffusion transformer over audio latents.

Shapes: B batch, C audio latent channels, A audio latent frames (25 a second), V video feature channels, S text tokens,
D width.
"""

import torch
from torch import Tensor, nn

from models.backbone.block import Block, GeluMLP
from models.backbone.errors import LatentDoesNotFit
from models.backbone.initialisation import initialise
from models.backbone.positions import Positions
from models.backbone.text import Text, TextTokens
from models.backbone.time import Head, Modulation, TimeEmbedding
from models.recipes import AudioConfig


class AudioBackbone(nn.Module):
    """Velocity of a noised audio latent, given the video frame by frame and a text (Movie Gen 6).

    The blocks are the video backbone's, with the two-matrix feed-forward of a diffusion transformer. Video features
    come at the rate of the audio latents and are *added* to the tokens, frame by frame, which keeps sound and picture
    in step better than joining them in time.

    Args:
        config: Sizes.
    """

    def __init__(self, config: AudioConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embed = nn.Linear(config.audio_channels, width, bias=False)
        self.video = nn.Linear(config.video_channels, width)
        self.positions = Positions((config.positions, 1, 1), width)
        self.time = TimeEmbedding(width)
        self.modulation = Modulation(width, 6)
        self.text = TextTokens(config.text, width)
        self.blocks = nn.ModuleList(
            Block(width, config.heads, GeluMLP(width, config.ffn)) for _ in range(config.layers)
        )
        self.head = Head(width, config.audio_channels)
        initialise(self)

    def forward(self, latent_BAC: Tensor, time_B: Tensor, text: Text, video_BAV: Tensor) -> Tensor:
        """The velocity dX/dt at ``latent_BAC``, of the same shape.

        Args:
            latent_BAC: Noised audio latent X_t.
            time_B: Flow time in [0, 1].
            text: States and mask of each text encoder; in each row at least one token of all is real.
            video_BAV: Video features, one row an audio latent frame; zeros where there is no video.

        Raises:
            LatentDoesNotFit: More frames than the position table has, or another number of video rows.
            TextDoesNotFit: The text is of other encoders.
        """
        frames = latent_BAC.shape[1]
        if not torch.compiler.is_compiling():  # an exported graph takes any length that its table holds
            if frames > self.config.positions:
                raise LatentDoesNotFit(
                    f"{frames} audio frames exceed the {self.config.positions} positions: configure more, or window"
                )
            if video_BAV.shape[1] != frames:
                raise LatentDoesNotFit(f"{video_BAV.shape[1]} rows of video features for {frames} audio frames")
        positions_1AD = self.positions((frames, 1, 1))
        embedding_BD = self.time(time_B)
        modulation_B6D = self.modulation(embedding_BD)
        text_BSD, text_mask_BS = self.text(text)
        x_BAD = self.embed(latent_BAC) + self.video(video_BAV)
        for block in self.blocks:
            x_BAD = block(x_BAD, positions_1AD, modulation_B6D, text_BSD, text_mask_BS)
        return self.head(x_BAD, embedding_BD)
