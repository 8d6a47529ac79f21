"""Settings and key files (R8, R9)."""

from __future__ import annotations

from datetime import timedelta

from sekisho.adapters.cryptography.audit_key import load_audit_public_key, public_path
from sekisho.adapters.cryptography.key_lines import read_keys
from sekisho.adapters.storage.diagnosis import canary
from sekisho.bootstrap.doctor.finding import Finding, fail, fine, skip, warn
from sekisho.bootstrap.doctor.scene import Scene
from sekisho.bootstrap.house import CANARY, named_key
from sekisho.flows.ports.security import Purpose
from sekisho.flows.rotate_keys import LATE, keys_used
from sekisho.kernel.errors import SekishoError

_KEY_AGE = timedelta(days=366)

__all__ = ["audit_key", "keyring_file", "keyring_fits", "keyring_fresh", "settings_valid"]


def settings_valid(scene: Scene) -> Finding:
    if scene.settings_problems:
        return fail("; ".join(scene.settings_problems), "sekisho config validate")
    return fine(f"read from {scene.settings_file}" if scene.settings_file else "environment and defaults; there is no settings file")


def keyring_file(scene: Scene) -> Finding:
    """Mode, owner and place: what `serve` would refuse, and with its words."""
    try:
        keyring = scene.keyring()
    except SekishoError as error:
        return fail(str(error.public_message), error.detail)
    return fine(f"{scene.settings.keyring.file}, key {keyring.key_id}, readable by its owner alone and outside the data folder")


def keyring_fits(scene: Scene) -> Finding:
    with scene.reading() as (_, line):
        sealed = canary(line)
    if sealed is None:
        return skip("the database has not been opened by `serve` yet")
    try:
        fits = scene.keyring().open(Purpose.FIELDS, sealed, CANARY) == CANARY
    except SekishoError:
        fits = False
    if not fits:
        return fail("the master key is not the one that the database was made with", "set keyring.file to that one")
    return fine("the keyring opens what the database keeps")


def keyring_fresh(scene: Scene) -> Finding:
    """Cryptoperiod of a key that seals and derives: two years at most (NIST SP 800-57 part 1 §5.3.6); once a year leaves room."""
    with scene.reading():
        used = keys_used(scene.now, scene.keyring(), scene.storage())
    settings = scene.settings
    lines = read_keys(named_key(settings.keyring.file, "keyring.file"), settings.server.data_folder)
    in_use = next((line for line in lines if line.id == used.in_use), None)
    if in_use is None:
        return skip("needs the keyring of this database (check keyring-fits)")
    seen = f"key {in_use.id} of {in_use.made:%Y-%m-%d}"
    if lines[0].id != in_use.id or used.older:
        return warn(f"{seen}; a rotation is not finished: {used.older:,} texts are under other keys", "sekisho keyring rotate")
    if scene.now - in_use.made > _KEY_AGE:
        return warn(f"{seen}: older than a year", "sekisho keyring rotate, while the house serves")
    if len(lines) == 1:
        return fine(f"{seen}, the only one")
    if used.since is not None and scene.now < used.since + LATE:
        return fine(f"{seen}, in use since {used.since:%H:%M} UTC; older ones are needed for another hour at least")
    if used.lasting.any:
        return fine(f"{seen}; {used.lasting.known_clients:,} known clients and {used.lasting.sessions:,} sessions still need older ones")
    return warn(f"{seen}; nothing needs the older ones", "sekisho keyring retire")


def audit_key(scene: Scene) -> Finding:
    try:
        key = scene.audit_key()
    except SekishoError as error:
        return fail(str(error.public_message), error.detail)
    path = scene.settings.audit.key_file
    assert path is not None  # it was loaded from there
    public = public_path(path)
    try:
        same = load_audit_public_key(public.read_text("ascii", "replace")).key_id == key.key_id
    except (OSError, SekishoError):
        same = False
    if not same:
        return warn(f"{path} is good, but {public} is missing or another key's", f"restore {public} from its copy")
    return fine(f"{path}, key {key.key_id}, with {public.name} beside it")
