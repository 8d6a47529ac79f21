"""What a backup says of itself, signed with the audit key: a file that was changed, or made by another house, is not put back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace

from sekisho.domain.audit.canonical import canonical, parse
from sekisho.kernel.errors import invalid
from sekisho.kernel.times import from_ms

__all__ = ["Contents", "Manifest", "read_manifest", "signed"]

_NUMBERS = frozenset({"epoch", "made_at_ms", "position", "head", "size"})


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in the copy itself. revision: of the schema. position: of the last audit entry. head: number of the last head, 0 for
    none. canary: a text sealed by the master key, which tells whether a keyring fits.
    """

    revision: str
    epoch: int
    position: int
    head: int
    canary: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """version: of Sekisho. database: "sqlite" or "postgresql". size, sha256: of the content. signature: Ed25519, base64, by `key_id`."""

    version: str
    database: str
    firm: str
    made_at_ms: int
    revision: str
    epoch: int
    position: int
    head: int
    canary: str
    size: int
    sha256: str
    key_id: str = ""
    signature: str = ""

    def text(self) -> str:
        """The canonical text that stands in the file."""
        return canonical(asdict(self))

    def payload(self) -> bytes:
        """What is signed."""
        unsigned = {name: value for name, value in asdict(self).items() if name != "signature"}
        return f"sekisho-backup-1\n{canonical(unsigned)}".encode("ascii")

    def authentic(self, key_id: str, verifies: Callable[[bytes, bytes], bool]) -> bool:
        """verifies(signature, payload) knows the public key of that id."""
        try:
            signature = base64.b64decode(self.signature, validate=True)
        except ValueError:
            return False
        return self.key_id == key_id and verifies(signature, self.payload())

    def shown(self) -> dict[str, str | int]:
        """For people: without canary, key and signature."""
        hidden = {"canary", "key_id", "signature", "made_at_ms"}
        told = {name: value for name, value in asdict(self).items() if name not in hidden}
        return {"made_at": from_ms(self.made_at_ms).isoformat(timespec="seconds").replace("+00:00", "Z"), **told}


def signed(manifest: Manifest, key_id: str, signer: Callable[[bytes], bytes]) -> Manifest:
    named = replace(manifest, key_id=key_id)
    return replace(named, signature=base64.b64encode(signer(named.payload())).decode("ascii"))


def read_manifest(text: str) -> Manifest:
    """SekishoError INVALID when it is none of ours."""
    try:
        values = parse(text)
        if not isinstance(values, dict) or values.keys() != {field.name for field in fields(Manifest)}:
            raise ValueError("missing or unknown fields")
        if any(type(value) is not (int if name in _NUMBERS else str) for name, value in values.items()):
            raise ValueError("a field has a wrong type")
        manifest = Manifest(**values)
        from_ms(manifest.made_at_ms)
    except (ValueError, OverflowError) as error:
        raise invalid("This file is no backup, or its beginning is damaged.", str(error)) from None
    return manifest
