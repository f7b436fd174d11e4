"""The families of endpoints, in the order in which their routes are tried.

A family imports the shared pieces and, where it must, another family; never the application.
"""

from __future__ import annotations

from retinue.local.family import Family

from . import (
    agents,
    assistant_files,
    assistants,
    automations,
    conversations,
    credentials,
    environment_templates,
    environments,
    file_batches,
    files,
    invocations,
    messages,
    models,
    responses,
    run_steps,
    runs,
    session_events,
    session_turns,
    sessions,
    skill_versions,
    skills,
    threads,
    vaults,
    vector_store_files,
    vector_store_search,
    vector_stores,
)

FAMILIES: tuple[Family, ...] = (
    files.FAMILY,
    vector_stores.FAMILY,
    vector_store_files.FAMILY,
    vector_store_search.FAMILY,  # after files: its tables follow the attachments
    file_batches.FAMILY,
    assistants.FAMILY,
    assistant_files.FAMILY,
    runs.FAMILY,  # before threads: /threads/runs is no thread's ID
    threads.FAMILY,
    messages.FAMILY,
    run_steps.FAMILY,
    conversations.FAMILY,
    responses.FAMILY,
    skills.FAMILY,
    skill_versions.FAMILY,
    vaults.FAMILY,
    credentials.FAMILY,
    environment_templates.FAMILY,
    environments.FAMILY,
    sessions.FAMILY,
    session_events.FAMILY,
    session_turns.FAMILY,
    automations.FAMILY,
    invocations.FAMILY,
    agents.FAMILY,  # after all that has longer fixed paths below /agents
    models.FAMILY,
)
