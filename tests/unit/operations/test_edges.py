"""Who uses whom."""

from __future__ import annotations

from pathlib import Path

from tests.unit.manifest.test_load import loaded

from retinue.operations.edges import edges

MANIFEST = """\
assistants:
  tutor:
    model: gpt-5
    target: agents
    environment: bench
    vaults: [tools, {id: vault_1}]
    tools:
      - {type: code_interpreter, files: [notes]}
      - {type: file_search, vector_store: store}
      - {type: function, function: quiz}
      - {type: mcp, server_label: docs, server_url: "https://a.example", credential: docs}
      - web_search
functions: {quiz: {description: Sets a quiz}}
files: {notes: {path: notes.md}}
vector_stores: {store: {files: [notes]}}
environments:
  bench: {files: [{file: notes, path: /workspace/notes.md}], skills: [latex, {id: skill_1}]}
skills: {latex: {path: latex}}
vaults: {tools: {}}
credentials:
  docs: {vault: tools, type: static_bearer, mcp_server_url: "https://a.example", token: "${env:X}"}
automations:
  nightly:
    assistant: tutor
    schedule: {at: 2026-12-24T18:00:00Z}
    prompt: Go.
    environment: bench
    vaults: [tools]
"""


def test_every_reference_is_an_edge(tmp_path: Path) -> None:
    skill = tmp_path / "project" / "assistants" / "latex"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: latex\ndescription: x\n---\n", encoding="utf-8")
    (skill.parent / "notes.md").write_text("x", encoding="utf-8")
    assert sorted(f"{user} {used}" for user, used in edges(loaded(tmp_path, MANIFEST))) == [
        "assistant.tutor credential.docs",
        "assistant.tutor environment.bench",
        "assistant.tutor file.notes",
        "assistant.tutor function.quiz",
        "assistant.tutor vault.tools",
        "assistant.tutor vector_store.store",
        "automation.nightly assistant.tutor",
        "automation.nightly environment.bench",
        "automation.nightly vault.tools",
        "credential.docs vault.tools",
        "environment.bench file.notes",
        "environment.bench skill.latex",
        "vector_store.store file.notes",
    ]
