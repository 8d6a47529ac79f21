"""Migrations, run by `storage.schema.upgrade`; one file per revision in versions/."""
