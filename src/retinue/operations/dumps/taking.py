"""`retinue import --from`: read what people kept, write what is new, and say what was lost.

Offline: it reads the given files and the project's manifests, and touches neither state nor
platform. Nothing is ever overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from retinue.operations.dumps.drafts import draft_all
from retinue.operations.dumps.known import known, shown
from retinue.operations.dumps.parcel import pack
from retinue.operations.dumps.records import unreadable
from retinue.operations.dumps.rehearsal import rehearsed
from retinue.operations.dumps.report import NewFile, Report
from retinue.operations.dumps.sources import read
from retinue.operations.dumps.writing import FreePaths, write
from retinue.operations.naming import FOLDER
from retinue.project import Project


def import_files(project: Project, paths: Sequence[Path], out: Path | None, *, dry: bool) -> Report:
    """Write manifests for every assistant in ``paths`` that ``project`` does not declare.

    They go into ``out``, by default the folder of imports below the manifests. With ``dry``
    nothing is written.

    Raises:
        DumpUnreadable: with everything that is wrong with ``paths``.
        ManifestError: the project's own manifests have problems.
    """
    folder = out.resolve() if out else project.manifests / FOLDER
    haul = read(paths)
    there = known(project, folder)
    drafts = draft_all(haul, there)
    if haul.flaws or drafts.flaws:
        raise unreadable([*haul.flaws, *drafts.flaws])
    parcel = pack(drafts, there.functions, FreePaths(folder))
    taken, notes = rehearsed(project, parcel, there.functions)
    if not dry:
        write(folder, parcel.files)
    where = {file.path: shown(folder / file.path, project.root) for file in parcel.files}
    return Report(
        taken=tuple(replace(each, manifest=where.get(each.manifest, "")) for each in taken),
        files=tuple(NewFile(where[file.path], file.text) for file in parcel.files),
        notes=(*haul.notes, *notes),
        dry=dry,
        outside=not folder.is_relative_to(project.manifests),
    )
