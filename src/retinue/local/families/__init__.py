"""The families of endpoints, in the order in which their tables are made.

A family imports the shared pieces and, at most, families above it; never the application.
"""

from __future__ import annotations

from retinue.local.family import Family

from . import assistants, file_batches, files, models, vector_store_files, vector_stores

FAMILIES: tuple[Family, ...] = (
    files.FAMILY,
    vector_stores.FAMILY,
    vector_store_files.FAMILY,
    file_batches.FAMILY,
    assistants.FAMILY,
    models.FAMILY,
)
