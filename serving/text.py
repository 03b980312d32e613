"""TextStates: prompts as the token states that the backbones attend to, of each text encoder."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from serving.config import TextEncoderFacts
from serving.sampling.guidance import Condition, Graph

_END, _FIRST_BYTE = 1, 3  # ids of ByT5
QUOTED = re.compile('"([^"]+)"|“([^”]+)”|„([^“”]+)[“”]|«([^»]+)»')


def with_fps(prompt: str, fps: int) -> str:
    """``prompt`` behind the FPS token that the model was trained with (Movie Gen 3.1.4)."""
    return f"FPS-{fps}. {prompt}"


def quoted(text: str) -> str:
    """What stands in double quotes, straight, curly, low or angled; several pieces with a space between them."""
    return " ".join("".join(found) for found in QUOTED.findall(text))


@dataclass(frozen=True)
class Tokens:
    """Token ids and mask of one text, int64 [1, L] each."""

    input_ids: np.ndarray
    attention_mask: np.ndarray


class EncoderStates:
    """One text encoder.

    Args:
        graphs: The encoder's own, in the order of their calls. The first: input_ids i64 [B, L], attention_mask i64
            [B, L] -> states f32 [B, L, D]; each further one takes ``states`` and ``attention_mask``.
        tokenizer: A ``tokenizer.json``; None: the bytes of what stands in quotes are read.
        facts: Its role and sizes.
    """

    def __init__(self, graphs: Sequence[Graph], tokenizer: Path | None, facts: TextEncoderFacts) -> None:
        self._graphs = graphs
        self._facts = facts
        self._tokenizer: Tokenizer | None = None
        if tokenizer is not None:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
            self._tokenizer.enable_truncation(facts.length)
            self._tokenizer.no_padding()

    def tokenize(self, text: str) -> Tokens:
        """Ids and mask of a text as it stands, cut to the encoder's length; there may be none."""
        if self._tokenizer is not None:
            ids = self._tokenizer.encode(text).ids
        else:
            found = quoted(text).encode()[: self._facts.length - 1]
            ids = [*(byte + _FIRST_BYTE for byte in found), _END] if found else []
        tokens = np.array([ids], dtype=np.int64)
        return Tokens(tokens, np.ones_like(tokens))

    @property
    def whole(self) -> bool:
        """Whether it reads texts, rather than what stands in quotes alone."""
        return self._tokenizer is not None

    def unread(self, text: str) -> str:
        """What of a text is beyond the length of an encoder that reads whole ones."""
        assert self._tokenizer is not None
        found = self._tokenizer.encode(text)
        return text[max(end for _, end in found.offsets) :].strip() if found.overflowing else ""

    def of(self, text: str) -> np.ndarray:
        """States f32 [tokens, D]."""
        tokens = self.tokenize(text)
        if not tokens.input_ids.size:
            return np.zeros((0, self._facts.width), np.float32)
        first, *further = self._graphs
        states = first(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
        for graph in further:
            states = graph(states=states, attention_mask=tokens.attention_mask)
        return states[0].astype(np.float32)


class TextStates:
    """Encodes prompts through each text encoder and keeps the latest results.

    Args:
        encoders: By role.
        fps: Number in the FPS token.
        keep: How many prompts are remembered.
    """

    def __init__(self, encoders: Mapping[str, EncoderStates], *, fps: int, keep: int = 64) -> None:
        self._encoders = encoders
        self._fps = fps
        self._keep = keep
        self._known: OrderedDict[str, dict[str, np.ndarray]] = OrderedDict()

    def conditions(self, prompts: Sequence[str]) -> tuple[Condition, Condition]:
        """The condition of prompts behind the FPS token, and the null condition that guidance starts from.

        That is the empty text, without FPS token, as often. Of each encoder, ``text_ROLE`` f32 [B, L, D] and
        ``text_ROLE_mask`` bool [B, L], where L is that of its longest text among them, and at least one: padding
        counts for nothing.
        """
        texts = [with_fps(prompt, self._fps) for prompt in prompts]
        known = self._known_of([*texts, ""])
        both = _padded([known[text] for text in texts] + [known[""]] * len(texts))
        count = len(texts)
        return (
            {name: each[:count] for name, each in both.items()},
            {name: each[count:] for name, each in both.items()},
        )

    def unread(self, prompt: str) -> str:
        """What of a prompt no encoder reads."""
        text = with_fps(prompt, self._fps)
        return min((encoder.unread(text) for encoder in self._encoders.values() if encoder.whole), key=len, default="")

    def _known_of(self, texts: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
        found = {}
        for text in texts:
            if text not in self._known:
                # One by one: a prompt's states then never depend on the batch that it came in.
                self._known[text] = {role: encoder.of(text) for role, encoder in self._encoders.items()}
            self._known.move_to_end(text)
            found[text] = self._known[text]
        while len(self._known) > self._keep:
            self._known.popitem(last=False)
        return found


def _padded(texts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    made: dict[str, np.ndarray] = {}
    for role in texts[0]:
        states = [text[role] for text in texts]
        longest = max(1, *(len(each) for each in states))
        made[f"text_{role}"] = np.zeros((len(states), longest, states[0].shape[1]), np.float32)
        made[f"text_{role}_mask"] = np.zeros((len(states), longest), bool)
        for row, each in enumerate(states):
            made[f"text_{role}"][row, : len(each)] = each
            made[f"text_{role}_mask"][row, : len(each)] = True
    return made
