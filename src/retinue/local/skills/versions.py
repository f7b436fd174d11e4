"""The versions of skills as rows: made, found, described. A version never changes."""

from __future__ import annotations

import re

from retinue.local import pages
from retinue.local.calls import Json
from retinue.local.database import Connection, Row
from retinue.local.ids import new_id
from retinue.local.lookups import require
from retinue.local.refusals import absent
from retinue.local.skills.form import Upload

SCHEMA = (
    """
CREATE TABLE IF NOT EXISTS skills (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  default_version INTEGER NOT NULL,
  latest_version INTEGER NOT NULL,
  made INTEGER NOT NULL  -- the highest number that a version ever had: none is given twice
);
CREATE INDEX IF NOT EXISTS skills_order ON skills (created_at);
CREATE TABLE IF NOT EXISTS skill_versions (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  skill_id TEXT NOT NULL REFERENCES skills (id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  blob_id INTEGER NOT NULL REFERENCES blobs (id),
  UNIQUE (skill_id, version)
);
CREATE TRIGGER IF NOT EXISTS skill_versions_blob AFTER DELETE ON skill_versions BEGIN
  UPDATE blobs SET kept = 0, touched_at = 0 WHERE id = OLD.blob_id;
END;
"""
    + pages.tombstone_trigger("skills")
    + pages.tombstone_trigger("skill_versions")
)


NUMBER = "[1-9][0-9]{0,8}"
"""How the number of a version is written; 01 is none."""


def require_skill(connection: Connection, skill_id: str) -> Row:
    """The row of a skill, or the API's 404."""
    return require(connection, "skills", "skill", skill_id)


def require_version(connection: Connection, skill_id: str, version: str) -> Row:
    """The row of a version, by its number; or the API's 404."""
    require_skill(connection, skill_id)
    row: Row | None = connection.execute(
        "SELECT * FROM skill_versions WHERE skill_id = ? AND version = ?",
        (skill_id, int(version) if re.fullmatch(NUMBER, version) else -1),
    ).fetchone()
    if row is None:
        raise absent("version", f"{skill_id}@{version}")
    return row


def add_version(connection: Connection, upload: Upload, *, of: tuple[str, int], now: int) -> Row:
    """Keep an upload as a version ``of`` a skill: its ID, and the version's number."""
    row: Row = connection.execute(
        "INSERT INTO skill_versions (id, skill_id, version, created_at, name, description, bytes,"
        " blob_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            new_id("skillver_"),
            *of,
            now,
            upload.words.name,
            upload.words.description,
            upload.archive.size,
            upload.archive.keep(connection),
        ),
    ).fetchone()
    return row


def describe_skill(connection: Connection, row: Row) -> Json:
    """A skill as JSON: its words are those of its default version."""
    default = require_version(connection, row["id"], str(row["default_version"]))
    return {
        "id": row["id"],
        "object": "skill",
        "created_at": row["created_at"],
        "name": default["name"],
        "description": default["description"],
        "default_version": str(row["default_version"]),
        "latest_version": str(row["latest_version"]),
    }


def describe_version(row: Row) -> Json:
    """A version as JSON."""
    return {
        "id": row["id"],
        "object": "skill.version",
        "skill_id": row["skill_id"],
        "version": str(row["version"]),
        "created_at": row["created_at"],
        "name": row["name"],
        "description": row["description"],
    }
