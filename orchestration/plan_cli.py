"""The command ``cinemill plan``: what a training would need, before it is started."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.curriculum import STAGES
from models.planning.gpus import GPUS
from models.presets import PRESETS

_out = Console(highlight=False, soft_wrap=True)
_ZERO = "Pin what ZeRO shards: 0 nothing, 1 optimizer states, 2 gradients too, 3 parameters too."


def plan(
    gpus: Annotated[int, typer.Option(min=1, max=1 << 17, help="How many devices.")],
    preset: Annotated[str, typer.Option(help=f"Backbone: {', '.join(PRESETS)}.")] = "30b",
    gpu: Annotated[str, typer.Option(help=f"Device: {', '.join(GPUS)}.")] = "h100-80g",
    stage: Annotated[str, typer.Option(help=f"Stage: {', '.join(STAGES)}.")] = "joint-768",
    price: Annotated[float | None, typer.Option(min=0, help="US dollars a device and hour; else assumed.")] = None,
    zero: Annotated[int | None, typer.Option(min=0, max=3, help=_ZERO)] = None,
    tp: Annotated[int | None, typer.Option(min=1, help="Pin the ranks that share every matrix.")] = None,
    ulysses: Annotated[int | None, typer.Option(min=1, help="Pin the ranks that trade tokens for heads.")] = None,
    cp: Annotated[int | None, typer.Option(min=1, help="Pin the ranks that gather keys and values.")] = None,
    micro_batch: Annotated[int | None, typer.Option(min=1, help="Pin the samples of a pass.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers to FILE.")] = None,
) -> None:
    """Memory, layout, batches, exchanges, days and cost of a pretraining stage. Exit 2 when it cannot fit."""
    from models.files import write_json
    from models.planning.layout import Pins
    from models.planning.plan import make_plan
    from models.planning.report import report

    pins = Pins(zero=zero, tensor=tp, ulysses=ulysses, context=cp, micro_batch=micro_batch)
    made = make_plan(preset, stage, gpu, gpus, pins=pins, price=price)
    if as_json is not None:
        write_json(as_json, made.as_json())
    _out.print(report(made), markup=False)
