"""Code versions: the hash of a module's own import closure in this repository.

An asset is computed again when code that it can reach has changed, and only then.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_ROOMS = ("models", "serving", "assets", "orchestration")


@cache
def code_version(module: str) -> str:
    """Sixteen hex digits that change when ``module``, or anything in the repository that it imports, changes.

    Imports inside functions count too: heavy ones live there. Args: ``module`` is a dotted name (``__name__``).
    """
    digest = hashlib.sha256()
    for name, path in sorted(_closure(module).items()):
        digest.update(name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _closure(module: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting.extend(_imports(path))
    return found


@cache
def _imports(path: Path) -> tuple[str, ...]:
    return tuple(_walk(ast.parse(path.read_bytes())))


def _walk(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _source(name: str) -> Path | None:
    if name.split(".", maxsplit=1)[0] not in _ROOMS:
        return None
    stem = _ROOT.joinpath(*name.split("."))
    for path in (stem.with_suffix(".py"), stem / "__init__.py"):
        if path.is_file():
            return path
    return None
