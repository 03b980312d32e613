"""Inspection of delivered files: what a file itself shows, whatever its record says."""

from dataclasses import dataclass
from pathlib import Path

from serving.home import Home

SECONDS_SLACK = 0.1
LOUDNESS_SLACK = 1.0
SHORT_SIDE = 480


@dataclass(frozen=True)
class Inspection:
    """One delivered mp4, measured.

    Attributes:
        c2pa: State of its signature.
        watermark_p: P-value of its mark.
        payload: The mark's 16 hex digits, or None.
        seconds: Length of its picture.
        lufs: Integrated loudness; minus infinity for silence.
    """

    name: str
    c2pa: str
    watermark_p: float
    payload: str | None
    verified: bool
    seconds: float
    width: int
    height: int
    fps: float
    video_codec: str
    audio_codec: str
    sample_rate: int
    channels: int
    lufs: float


def inspect(path: Path, home: Home) -> Inspection:
    """Measure a delivered file. Raises MediaError for one that cannot be read."""
    import av

    from serving.errors import MediaError
    from serving.media.loudness import measure
    from serving.media.reading import each_frame, read_sound
    from serving.provenance import verify

    verdict = verify(path, home)
    audio, rate = read_sound(path)
    if audio is None:
        raise MediaError(f"{path} has no sound")
    frames = sum(1 for _ in each_frame(path))
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        codecs = picture.codec_context.name, container.streams.audio[0].codec_context.name
        width, height, fps = picture.width, picture.height, float(picture.average_rate or 1)
    return Inspection(
        name=path.name,
        c2pa=verdict.c2pa,
        watermark_p=verdict.watermark.p_value,
        payload=verdict.watermark.payload,
        verified=verdict.ok,
        seconds=frames / fps,
        width=width,
        height=height,
        fps=fps,
        video_codec=codecs[0],
        audio_codec=codecs[1],
        sample_rate=rate,
        channels=audio.shape[1],
        lufs=measure(audio, rate).lufs,
    )


def defects(found: Inspection, *, seconds: float, lufs: float | None) -> list[str]:
    """What is not as it was to be delivered, in words.

    Args:
        found: The inspected file.
        seconds: Length that its record states.
        lufs: Loudness that its record states; None for silence.
    """
    wrong = []
    if (found.video_codec, found.audio_codec) != ("h264", "aac"):
        wrong.append(f"codecs {found.video_codec} and {found.audio_codec}, not h264 and aac")
    if (found.sample_rate, found.channels) != (48_000, 2):
        wrong.append(f"sound of {found.sample_rate} Hz and {found.channels} channels, not 48000 Hz stereo")
    if min(found.width, found.height) < SHORT_SIDE:
        wrong.append(f"{found.width}x{found.height}: the short side is below {SHORT_SIDE}")
    if abs(found.seconds - seconds) > SECONDS_SLACK:
        wrong.append(f"{found.seconds:.2f} s long, its record says {seconds:.2f} s")
    if lufs is not None and not abs(found.lufs - lufs) <= LOUDNESS_SLACK:
        wrong.append(f"{found.lufs:.1f} LUFS, its record says {lufs:.1f}")
    return [f"{found.name}: {text}" for text in wrong]
