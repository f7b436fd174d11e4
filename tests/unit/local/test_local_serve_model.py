"""``retinue serve --model-…``: which model server the options mean, and what they refuse."""

from __future__ import annotations

import pytest

from retinue.cli.serve import _model
from retinue.errors import UsageError
from retinue.local.serve import ModelServer


def test_without_an_address_the_echo_model_answers() -> None:
    assert _model(None, None, ()) is None


def test_a_server_with_a_key_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", "sk-1")
    server = _model("http://127.0.0.1:11434/v1", "MODEL_KEY", ("gpt-4o=llama", "qwen"))
    assert server == ModelServer(
        base_url="http://127.0.0.1:11434/v1",
        api_key="sk-1",
        names={"gpt-4o": "llama", "*": "qwen"},
    )
    assert [server.name_of(each) for each in ("gpt-4o", "other")] == ["llama", "qwen"]


def test_a_server_with_embeddings() -> None:
    server = _model("http://127.0.0.1:11434/v1", None, (), "nomic")
    assert server == ModelServer(base_url="http://127.0.0.1:11434/v1", embeddings="nomic")
    with pytest.raises(UsageError, match="--embeddings"):
        _model(None, None, (), "nomic")


@pytest.mark.parametrize(
    ("url", "key_env", "names"),
    [
        (None, "MODEL_KEY", ()),
        (None, None, ("llama",)),
        ("127.0.0.1:11434", None, ()),
        ("file:///etc/passwd", None, ()),
        ("http://127.0.0.1:11434/v1", "A_NAME_THAT_IS_NOT_SET", ()),
    ],
)
def test_options_that_make_no_sense(
    url: str | None, key_env: str | None, names: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError) as caught:
        _model(url, key_env, names)
    assert caught.value.hint
