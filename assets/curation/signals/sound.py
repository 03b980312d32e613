"""Sound: silence, speech, music, classes of events and their onsets, from one stream of 16 kHz mono."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.events import Events, shares
from assets.curation.signals.music import Music
from assets.curation.signals.onsets import Onsets
from assets.curation.signals.series import Series
from assets.curation.signals.speech import Speech
from serving.media.timed import Resampling, TimedSound

RATE = 16000
_BLOCK = 512  # samples, 32 ms
_MOST = 10.0  # times full scale
SILENCE = -60.0  # dB of full scale
_MUSIC, _SPEECH = 1.25, 0.5  # thresholds of the detectors' own scales; one steady whistle is 1 to 1.2


@dataclass(frozen=True)
class SoundTrack:
    """What was heard.

    Attributes:
        level: Root mean square of each 32 ms, dB of full scale.
        speech: Probability of speech in each 32 ms.
        music: Musicality of each second.
        onsets: Seconds and strength of each onset.
        events: Probability of each of ``CLASSES`` in each second, every half second.
        reason: Why there is no sound, or None.
        speech_reason: Why speech was not looked for, or None.
        lost: Seconds from which the sound could not be decoded, and why; or None.
    """

    level: Series
    speech: Series
    music: Series
    onsets: Series
    events: Series
    reason: str | None
    speech_reason: str | None
    lost: tuple[float, str] | None

    def result(self, start: float, end: float) -> dict[str, Any]:
        """Of the span; every value is None, with a reason, for a film without sound there.

        ``loudness``: root mean square, dB of full scale. ``silence``, ``speech``, ``music``: shares of the time, 0..1
        (silence is below -60 dB). ``onsets``: seconds since the span's start at which something begins to sound.
        ``sounds``: the classes of events that are heard, with the share of the time in which each is.
        """
        level = self.level.between(start, end)
        why = self.reason or ("no sound in the span" if not len(level) else None)
        if self.lost is not None and self.lost[0] < end:
            why = f"the sound could not be decoded: {self.lost[1]}"
        names = ("loudness", "silence", "speech", "music", "onsets", "sounds")
        if why is not None:
            return {**dict.fromkeys(names), "missing": dict.fromkeys(names, why)}
        missing = {}
        speech, music = self.speech.between(start, end), self.music.between(start, end)
        if self.speech_reason is not None:
            missing["speech"] = self.speech_reason
        heard = self.events.between(start, end)
        if not len(music):
            missing["music"] = "the span is shorter than a second"
        if not len(heard):
            missing["sounds"] = "the span is shorter than a second"
        onsets = self.onsets.between(start, end)
        return {
            "loudness": round(10 * float(np.log10(np.mean(10 ** (level / 10)))), 2),
            "silence": round(float((level < SILENCE).mean()), 4),
            "speech": round(float((speech > _SPEECH).mean()), 4) if self.speech_reason is None else None,
            "music": round(float((music > _MUSIC).mean()), 4) if len(music) else None,
            "onsets": [round(float(at) - start, 3) for at in onsets],
            "sounds": shares(heard) if len(heard) else None,
            "missing": missing,
        }


class Sound:
    """Hears a film's sound in order, and measures it block by block."""

    def __init__(self) -> None:
        self._resampler = Resampling("flt", "mono", RATE)
        self._left = np.zeros(0, dtype=np.float32)
        self._heard = 0  # samples measured
        self._start: float | None = None
        self._level = Series()
        self._lost: tuple[float, str] | None = None
        self._speech, self._music, self._onsets, self._events = Speech(), Music(), Onsets(), Events()

    def hear(self, sound: TimedSound) -> None:
        """Take the next block of sound. What cannot be converted ends the sound."""
        import av

        if self._lost is not None:
            return
        if self._start is None:
            self._start = sound.seconds
        # The resampler counts samples: times come from them, so that a gap of a few stamps does not matter.
        sound.frame.pts = None
        try:
            blocks = [block.to_ndarray()[0] for block in self._resampler(sound.frame)]
        except av.FFmpegError as error:
            self.lose(str(error))
            return
        # Floating-point sound may hold what is no number or no sound, and would spoil whatever is measured of it.
        samples = np.clip(np.nan_to_num(np.concatenate([self._left, *blocks])), -_MOST, _MOST)
        whole = len(samples) // _BLOCK * _BLOCK
        for begin in range(0, whole, _BLOCK):
            self._measure(samples[begin : begin + _BLOCK])
        self._left = samples[whole:]

    def lose(self, reason: str) -> None:
        """The sound cannot be decoded from here on."""
        self._lost = (self._now(), reason)

    def track(self) -> SoundTrack:
        """What was heard."""
        reason = None if self._start is not None or self._lost is not None else "the file has no sound"
        return SoundTrack(
            level=self._level,
            speech=self._speech.series,
            music=self._music.series(),
            onsets=self._onsets.series(),
            events=self._events.series,
            reason=reason,
            speech_reason=self._speech.reason,
            lost=self._lost,
        )

    def _now(self) -> float:
        return (self._start or 0.0) + self._heard / RATE

    def _measure(self, block: np.ndarray) -> None:
        seconds = self._now()
        power = float(np.mean(block.astype(np.float64) ** 2))
        self._level.add(seconds, 10 * np.log10(max(power, 1e-12)))
        self._speech.hear(block, seconds)
        self._music.hear(block, seconds)
        self._onsets.hear(block, seconds)
        self._events.hear(block, seconds)
        self._heard += len(block)
