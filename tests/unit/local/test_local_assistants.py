"""/assistants: what is stored, what the platform fills in, and what an update touches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from openai import AsyncOpenAI, NotFoundError

pytestmark = pytest.mark.anyio

DEFAULTS: dict[str, Any] = {
    "object": "assistant",
    "name": None,
    "description": None,
    "instructions": None,
    "tools": [],
    "tool_resources": {},
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
}
FULL: dict[str, Any] = {
    "name": "Math Tutor",
    "description": "teaches",
    "instructions": "Be kind. ☃",
    "temperature": 0,
    "top_p": 0.5,
    "metadata": {"team": "education"},
    "response_format": {"type": "json_object"},
    "tools": [{"type": "function", "function": {"name": "quiz", "strict": True}}],
}


async def test_fills_in_defaults(assistants: Any) -> None:
    made = await assistants.create()
    assert {key: made[key] for key in DEFAULTS} == DEFAULTS
    assert made["id"].startswith("asst_")
    assert len(made["id"]) >= 29
    assert isinstance(made["created_at"], int)


async def test_reads_back_what_was_sent(assistants: Any) -> None:
    made = await assistants.create(**FULL)
    assert made | FULL == made
    assert await assistants.get(made["id"]) == made
    assert isinstance(made["temperature"], float)


async def test_fills_in_defaults_of_tools(assistants: Any) -> None:
    made = await assistants.create(
        tools=[
            {"type": "code_interpreter"},
            {"type": "file_search"},
            {"type": "file_search", "file_search": {"max_num_results": 8}},
            {"type": "function", "function": {"name": "quiz"}},
        ]
    )
    ranking = {"ranker": "auto", "score_threshold": 0.0}
    assert made["tools"] == [
        {"type": "code_interpreter"},
        {"type": "file_search", "file_search": {"ranking_options": ranking}},
        {"type": "file_search", "file_search": {"max_num_results": 8, "ranking_options": ranking}},
        {"type": "function", "function": {"name": "quiz", "strict": False}},
    ]
    assert made["tool_resources"] == {
        "code_interpreter": {"file_ids": []},
        "file_search": {"vector_store_ids": []},
    }


async def test_accepts_a_json_schema_format(assistants: Any) -> None:
    schema = {"name": "answer", "schema": {"type": "object", "properties": {}}, "strict": None}
    sent = {"type": "json_schema", "json_schema": schema}
    made = await assistants.create(response_format=sent)
    assert made["response_format"]["json_schema"] == schema | {"strict": False}


async def test_update_keeps_what_is_left_out(assistants: Any) -> None:
    made = await assistants.create(**FULL)
    assert await assistants.update(made["id"]) == made
    changed = await assistants.update(made["id"], name="Algebra", model="gpt-4.1")
    assert changed == made | {"name": "Algebra", "model": "gpt-4.1"}
    assert await assistants.get(made["id"]) == changed


async def test_update_replaces_lists_and_objects(assistants: Any) -> None:
    made = await assistants.create(**FULL)
    changed = await assistants.update(
        made["id"], tools=[{"type": "code_interpreter"}], metadata={"a": "b"}
    )
    assert changed["tools"] == [{"type": "code_interpreter"}]
    assert changed["metadata"] == {"a": "b"}


async def test_null_goes_back_to_the_default(assistants: Any) -> None:
    made = await assistants.create(**FULL)
    cleared = dict.fromkeys(set(FULL) - {"tools"})
    changed = await assistants.update(made["id"], **cleared)
    assert changed | DEFAULTS | {"tools": made["tools"]} == changed


async def test_update_replaces_resources_tool_by_tool(
    assistants: Any, upload: Any, sdk: Any
) -> None:
    first, second = await upload(), await upload()
    store = await sdk.vector_stores.create()
    resources = {
        "code_interpreter": {"file_ids": [second, first]},
        "file_search": {"vector_store_ids": [store.id]},
    }
    made = await assistants.create(tool_resources=resources)
    assert made["tool_resources"] == resources

    only_code = {"code_interpreter": {"file_ids": [first]}}
    changed = await assistants.update(made["id"], tool_resources=only_code)
    assert changed["tool_resources"] == resources | only_code
    assert (await assistants.update(made["id"], tool_resources=None))["tool_resources"] == {}


async def test_the_helper_makes_a_vector_store(
    assistants: Any, upload: Any, sdk: AsyncOpenAI
) -> None:
    file_id = await upload()
    store = {
        "file_ids": [file_id],
        "metadata": {"a": "b"},
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 50},
        },
    }
    made = await assistants.create(tool_resources={"file_search": {"vector_stores": [store]}})
    (store_id,) = made["tool_resources"]["file_search"]["vector_store_ids"]
    found = await sdk.vector_stores.retrieve(store_id)
    assert found.file_counts.total == 1
    assert found.metadata == {"a": "b"}
    attached = await sdk.vector_stores.files.retrieve(file_id, vector_store_id=store_id)
    assert attached.chunking_strategy is not None
    assert attached.chunking_strategy.to_dict() == store["chunking_strategy"]


async def test_refused_create_leaves_nothing(assistants: Any, http: httpx2.AsyncClient) -> None:
    lost = {"vector_stores": [{"file_ids": ["file-lost"]}]}
    body = {"model": "m", "tool_resources": {"file_search": lost}}
    assert (await http.post("/assistants", json=body)).status_code == 404
    assert (await assistants.list())["data"] == []
    assert (await http.get("/vector_stores")).json()["data"] == []


@pytest.mark.parametrize(
    ("resources", "param"),
    [
        ({"code_interpreter": {"file_ids": ["file-lost"]}}, "code_interpreter.file_ids"),
        ({"file_search": {"vector_store_ids": ["vs_lost"]}}, "file_search.vector_store_ids"),
    ],
)
async def test_resources_must_exist(http: httpx2.AsyncClient, resources: Any, param: str) -> None:
    body = {"model": "m", "tool_resources": resources}
    answer = await http.post("/assistants", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["param"] == f"tool_resources.{param}"
    assert "_lost" in answer.text or "-lost" in answer.text


async def test_deleting_a_file_takes_it_out(assistants: Any, upload: Any, sdk: AsyncOpenAI) -> None:
    first, second = await upload(), await upload()
    both = {"code_interpreter": {"file_ids": [first, second]}}
    made = await assistants.create(tool_resources=both)
    await sdk.files.delete(first)
    found = await assistants.get(made["id"])
    assert found["tool_resources"] == {"code_interpreter": {"file_ids": [second]}}


async def test_delete(assistants: Any) -> None:
    made = await assistants.create()
    gone = await assistants.delete(made["id"])
    assert gone == {"id": made["id"], "object": "assistant.deleted", "deleted": True}
    message = f"No assistant found with id '{made['id']}'."
    verbs: list[Callable[[str], Any]] = [assistants.get, assistants.update, assistants.delete]
    for verb in verbs:
        with pytest.raises(NotFoundError, match=message):
            await verb(made["id"])


async def test_models_follow_the_assistants(assistants: Any, sdk: AsyncOpenAI) -> None:
    await assistants.create(model="house/own-model")
    await assistants.create(model="house/own-model")
    listed = [model async for model in sdk.models.list()]
    assert [(model.id, model.owned_by) for model in listed] == [
        ("echo", "retinue"),
        ("house/own-model", "retinue"),
    ]
    assert (await sdk.models.retrieve("house/own-model")).id == "house/own-model"
    with pytest.raises(NotFoundError, match="The model 'gpt-9' does not exist"):
        await sdk.models.retrieve("gpt-9")
