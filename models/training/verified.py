"""Files that were found whole before: a restart need not read them again."""

from dataclasses import dataclass
from pathlib import Path

from models.files import read_json, sha256_file, write_json


@dataclass
class Verified:
    """Checksums of files, remembered beside what the file system says of each (as git and DVC do).

    A file whose size, inode or times differ from what they were when it was read is read again. What a disk changes
    without writing is not noticed by a restart; a new training reads everything.

    Attributes:
        record: A JSON file; None remembers nothing.
    """

    record: Path | None

    def __post_init__(self) -> None:
        exists = self.record is not None and self.record.exists()
        self._known: dict[str, list[object]] = read_json(self.record) if self.record is not None and exists else {}
        self._changed = False

    def holds(self, file: Path, sha256: str) -> bool:
        """Whether the file's content has that checksum. Raises FileNotFoundError."""
        seen = [*_stamp(file), sha256]  # taken before reading: what changes meanwhile is read again next time
        if self._known.get(str(file)) == seen:
            return True
        if sha256_file(file) != sha256:
            return False
        self._known[str(file)] = seen
        self._changed = True
        return True

    def save(self) -> None:
        """Write the record, if there is anything new in it."""
        if self.record is not None and self._changed:
            write_json(self.record, self._known)
            self._changed = False


def _stamp(file: Path) -> tuple[int, int, int, int]:
    found = file.stat()
    return found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns
