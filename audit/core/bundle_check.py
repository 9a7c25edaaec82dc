"""An exported part of a tree, verified from its files alone.

Files of a bundle, by name:

- `manifest.json`: format, stream, incarnation, origin, `from` and `to` (indexes), `size`, and the
  SHA-256 of each other file.
- `entries.ndjson`: one line per entry: `{"entry":"<its exact text>","index":<n>}`.
- `outside.json`: hashes of the subtrees before `from` and from `to` to `size` (hex).
- `checkpoint`: the signed note of the tree at `size`, with the witnesses' lines.
- others, such as a CSV, are for people and covered by the manifest's digests only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from audit.core.checkpoints import OpenedCheckpoint, Trust, open_checkpoint
from audit.core.errors import MalformedError, ProofError
from audit.core.merkle import Frontier, leaf_hash
from audit.core.range_check import RangeResult, Row, TreeName, check_range

__all__ = ["FORMAT", "BundleVerdict", "verify_bundle"]

FORMAT = "audit-bundle/1"
_WHAT = "a bundle"


@dataclass(frozen=True, kw_only=True)
class BundleVerdict:
    """What a bundle was found to hold: checked entries, under a checkpoint that counts."""

    tree: TreeName
    result: RangeResult
    opened: OpenedCheckpoint


def verify_bundle(files: Mapping[str, bytes], trust: Trust) -> BundleVerdict:
    """Verify every entry of a bundle under its checkpoint.

    Raises:
        MalformedError: a file is missing, altered since the manifest, or has another form.
        LogError: the checkpoint does not count (see `open_checkpoint`).
        ProofError: the entries are not those under the checkpoint's root.
    """
    manifest = _manifest(files)
    tree = TreeName(
        stream=_text(manifest, "stream"),
        incarnation=_count(manifest, "incarnation"),
        origin=_text(manifest, "origin"),
    )
    begin, end, size = (_count(manifest, name) for name in ("from", "to", "size"))
    opened = open_checkpoint(files["checkpoint"], trust)
    if opened.checkpoint.size != size or not begin <= end <= size:
        raise MalformedError(_WHAT, "another size than its checkpoint's", "the checkpoint's")
    rows = _rows(files["entries.ndjson"])
    result = check_range(tree, rows, begin=begin, end=end)
    _require_root(files["outside.json"], result, size=size, root=opened.checkpoint.root)
    return BundleVerdict(tree=tree, result=result, opened=opened)


def _require_root(outside: bytes, result: RangeResult, *, size: int, root: bytes) -> None:
    given = _object(outside, "the hashes outside a bundle")
    before = Frontier(end=result.begin, hashes=_hashes(given, "before"))
    after = Frontier(begin=result.end, end=size, hashes=_hashes(given, "after"))
    piece = result.pieces.get(result.end) or Frontier(begin=result.begin, end=result.begin)
    if piece.end != result.end:
        raise ProofError(_WHAT, f"entries up to {piece.end}", f"entries up to {result.end}")
    found = before.merge(piece).merge(after).root()
    if found != root:
        raise ProofError(_WHAT, f"the root {found.hex()}", f"the signed {root.hex()}")


def _rows(data: bytes) -> Iterator[Row]:
    for line in data.splitlines():
        given = _object(line, "a line of a bundle")
        entry = _bytes(_text(given, "entry"))
        yield Row(_count(given, "index"), leaf_hash(entry), entry)


def _manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    for name in ("manifest.json", "entries.ndjson", "outside.json", "checkpoint"):
        if name not in files:
            raise MalformedError(_WHAT, f"no file {name}", "that file")
    manifest = _object(files["manifest.json"], "a bundle's manifest")
    if manifest.get("format") != FORMAT:
        raise MalformedError(_WHAT, "another format", FORMAT)
    digests = manifest.get("files")
    if not isinstance(digests, dict) or set(digests) != set(files) - {"manifest.json"}:
        raise MalformedError(_WHAT, "other files than its manifest's", "those")
    for name, digest in digests.items():
        if sha256(files[name]).hexdigest() != digest:
            raise MalformedError(_WHAT, f"{name} is not what the manifest says", "the same bytes")
    return manifest


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        given = json.loads(data)
    except (ValueError, RecursionError):
        raise MalformedError(what, "no JSON", "a JSON object") from None
    if not isinstance(given, dict):
        raise MalformedError(what, "no object", "a JSON object")
    return given


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise MalformedError(_WHAT, f"no text {name!r}", "one")
    return value


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedError(_WHAT, "an entry that UTF-8 cannot say", "UTF-8") from None


def _count(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedError(_WHAT, f"no number {name!r}", "one, not negative")
    return value


def _hashes(given: Mapping[str, Any], name: str) -> tuple[bytes, ...]:
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise MalformedError(_WHAT, f"no hashes {name!r}", "a list of hexadecimal texts")
    try:
        return tuple(bytes.fromhex(each) for each in value)
    except ValueError:
        raise MalformedError(_WHAT, f"hashes {name!r}", "hexadecimal texts") from None
