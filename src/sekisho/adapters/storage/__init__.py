"""Storage on SQLite and PostgreSQL (DESIGN §4): tables, one file of repositories per domain package, migrations, the watcher of changes."""

from sekisho.adapters.storage.sealing import Sealing
from sekisho.adapters.storage.storage import SqlStorage, open_storage
from sekisho.adapters.storage.watch import ChangeWatcher

__all__ = ["ChangeWatcher", "Sealing", "SqlStorage", "open_storage"]
