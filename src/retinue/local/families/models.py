"""/models: the models that stored assistants and agents name, and the built-in "echo".

The platform doesn't check a model when an assistant is made, so this list follows the assistants
instead of limiting them.
"""

from __future__ import annotations

from retinue.local import refusals
from retinue.local.calls import Call, Json
from retinue.local.database import Connection
from retinue.local.family import Family, get

BUILT_IN = "echo"
_BUILT_IN_CREATED = 1_767_225_600


def _answer(model: str, created: int) -> Json:
    return {"id": model, "object": "model", "created": created, "owned_by": "retinue"}


def _known(connection: Connection) -> dict[str, int]:
    """Each model with the time it was first named."""
    rows = connection.execute(
        "SELECT model, min(created_at) AS since FROM"
        " (SELECT model, created_at FROM assistants UNION ALL SELECT model, created_at FROM agents)"
        " GROUP BY model ORDER BY model"
    )
    return {BUILT_IN: _BUILT_IN_CREATED} | {
        row["model"]: row["since"] for row in rows if row["model"] != BUILT_IN
    }


def _list(call: Call) -> Json:
    with call.platform.read() as connection:
        data = [_answer(model, created) for model, created in _known(connection).items()]
    return {"object": "list", "data": data}


def _retrieve(call: Call) -> Json:
    model = call.path["model"]
    with call.platform.read() as connection:
        created = _known(connection).get(model)
    if created is None:
        raise refusals.Refusal(
            f"The model '{model}' does not exist or you do not have access to it.",
            status=404,
            code="model_not_found",
            param="model",
        )
    return _answer(model, created)


FAMILY = Family(routes=(get("/models", _list), get("/models/{model:path}", _retrieve)))
