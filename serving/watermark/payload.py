"""The payload: the first 64 bits of a record's id, so that a mark leads to the record."""


def payload_of(record_id: str) -> int:
    """The payload of a record whose id is a hex string of at least 16 digits (a SHA-256, say).

    Raises:
        ValueError: the id is shorter or not hexadecimal.
    """
    if len(record_id) < 16:
        raise ValueError(f"A record id has at least 16 hex digits, not {record_id!r}.")
    return int(record_id[:16], 16)


def payload_hex(payload: int) -> str:
    """Sixteen hex digits of a payload: the prefix of its record's id."""
    return f"{payload:016x}"


def distance(first: int, second: int) -> int:
    """How many of the 64 bits differ."""
    return (first ^ second).bit_count()
