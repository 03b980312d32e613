"""Devices: what the planner knows of the hardware, from data sheets; prices and links of consumer cards are assumed."""

from dataclasses import dataclass

GIB = 1 << 30


@dataclass(frozen=True)
class Gpu:
    """One kind of device and the machine around it.

    Attributes:
        memory_gib: As the driver reports it.
        tflops: Dense bfloat16 products a second (float32 on ``cpu``), in 1e12.
        memory_tb_s: Bandwidth of its memory, in 1e12 bytes a second.
        link_gb_s: To the other devices of its machine, one way, in 1e9 bytes a second.
        network_gbit_s: To other machines, for each device, one way, in 1e9 bits a second.
        node: Devices a machine.
        price: Assumed, US dollars an hour.
        value_bytes: Of a weight or an activation.
        runtime_gib: Held by driver context, communication buffers and kernels' workspace: assumed.
        reserve: Share of the memory kept free for the allocator's fragmentation: assumed.
        modulated_norms: Whether a norm and its modulation are one operation, which keeps its input alone; else the
            normalised output is kept too.
    """

    name: str
    memory_gib: float
    tflops: float
    memory_tb_s: float
    link_gb_s: float
    network_gbit_s: float
    price: float
    node: int = 8
    value_bytes: int = 2
    runtime_gib: float = 3.0
    reserve: float = 0.05
    modulated_norms: bool = False

    @property
    def memory(self) -> float:
        """Bytes."""
        return self.memory_gib * GIB

    @property
    def runtime(self) -> float:
        """Bytes that no training can use."""
        return self.runtime_gib * GIB


GPUS = {
    gpu.name: gpu
    for gpu in (
        Gpu("h100-80g", 79.6, 989, 3.35, 450, 400, price=2.5),
        Gpu("h200-141g", 140.4, 989, 4.8, 450, 400, price=3.5),
        Gpu("a100-80g", 80.0, 312, 2.039, 300, 200, price=1.5),
        Gpu("b200-180g", 179.1, 2250, 7.7, 900, 400, price=5.0),
        Gpu("rtx-4090-24g", 24.0, 165, 1.008, 25, 25, price=0.4, runtime_gib=1.0),
        Gpu(
            "cpu", 16.0, 0.1, 0.03, 2, 1, price=0.05, node=1, value_bytes=4, runtime_gib=0.0, reserve=0.0,
            modulated_norms=True,
        ),
    )
}  # fmt: skip


def peak_tflops(device: str) -> float | None:
    """Dense bfloat16 products a second, in 1e12, of a device as its driver names it; None where it is not known.

    ``NVIDIA H100 80GB HBM3`` is ``h100-80g``: the first part of the name decides.
    """
    words = device.lower().replace("-", " ").split()
    for gpu in GPUS.values():
        kind = gpu.name.split("-")
        model = kind[1] if kind[0] == "rtx" else kind[0]
        if model in words:
            return gpu.tflops
    return None
