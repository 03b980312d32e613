"""Rewrites: the prompts of a brief that asks for it, each rewritten once and then kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from serving.campaign.record import Failed
from serving.campaign.variants import Variant
from serving.rewriting import PromptRewriter, Rewrite, RewriterUnavailable, RewritingFailed, rewrite, screened


@dataclass(frozen=True)
class Rewritten:
    """The variants of a brief after rewriting.

    Attributes:
        variants: Those whose prompt was rewritten.
        rewrites: One for each of their prompts.
        failed: The others, and why.
    """

    variants: list[Variant]
    rewrites: list[Rewrite]
    failed: list[Failed]


def rewritten(variants: Sequence[Variant], rewriter: PromptRewriter, earlier: Sequence[Rewrite]) -> Rewritten:
    """``variants`` with their prompts in the words of ``rewriter``, which is asked once a prompt.

    A language model may answer in other words the next time, and other words make other films: so what the same
    rewriter made of a prompt ``earlier`` stands, if the content policy allows it still.
    """
    known = {each.prompt: each for each in earlier if each.rewriter == rewriter.name}
    found: dict[str, Rewrite] = {}
    reasons: dict[str, str] = {}
    unavailable: RewriterUnavailable | None = None
    for prompt in dict.fromkeys(variant.prompt for variant in variants):
        try:
            if prompt in known:
                found[prompt] = screened(known[prompt])
            elif unavailable is not None:
                raise RewriterUnavailable(prompt, unavailable.reason)
            else:
                found[prompt] = rewrite(prompt, rewriter)
        except RewritingFailed as error:
            unavailable = error if isinstance(error, RewriterUnavailable) else unavailable
            reasons[prompt] = f"{type(error).__name__}: {error}"
    return Rewritten(
        [replace(variant, rewrite=found[variant.prompt]) for variant in variants if variant.prompt in found],
        list(found.values()),
        [Failed(variant=v.id, reason=reasons[v.prompt]) for v in variants if v.prompt in reasons],
    )
