"""What the platform says when it says no: one exception, and one constructor per sentence.

The words, types and codes follow OpenAI's own, because users search for them and clients match on
them. Nothing here decides whether a request is wrong; see ``checks`` and the families for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_BAD_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using "
    "your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid "
    "JSON.)"
)
_NO_KEY = (
    "You didn't provide an API key. You need to provide your API key in an Authorization header "
    "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
)


class Refusal(Exception):
    """A request that ends in an error answer. ``body()`` is the JSON that the client receives."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param
        self.kind = kind
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The error object in the shape every OpenAI client reads."""
        fields = {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        }
        return {"error": fields}


def type_name(value: object) -> str:
    """How OpenAI's messages name the JSON type of ``value``."""
    if value is None:
        return "null"
    for kinds, name in (
        (bool, "a boolean"),
        (int, "an integer"),
        (float, "a decimal"),
        (str, "a string"),
        (list, "an array"),
    ):
        if isinstance(value, kinds):
            return name
    return "an object"


def wrong_type(param: str, wanted: str, value: object) -> Refusal:
    """A value of another JSON type than documented."""
    message = f"Invalid type for '{param}': expected {wanted}, but got {type_name(value)} instead."
    return Refusal(message, code="invalid_type", param=param)


def missing(param: str) -> Refusal:
    """A required parameter that isn't there."""
    message = f"Missing required parameter: '{param}'."
    return Refusal(message, code="missing_required_parameter", param=param)


def unknown(param: str) -> Refusal:
    """A parameter that the endpoint doesn't have."""
    return Refusal(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def out_of_length(param: str, noun: str, *, bound: str, limit: int, got: int) -> Refusal:
    """A string, array or object outside its ``bound`` ("maximum" or "minimum") size."""
    article = "an" if noun in ("array", "object") else "a"
    word = {"string": ("long", "short"), "array": ("long", "short")}[noun][bound == "minimum"]
    message = (
        f"Invalid '{param}': {noun} too {word}. Expected {article} {noun} with {bound} length "
        f"{limit}, but got {article} {noun} with length {got} instead."
    )
    code = f"{noun}_above_max_length" if bound == "maximum" else f"{noun}_below_min_length"
    return Refusal(message, code=code, param=param)


def too_many_properties(param: str, *, limit: int, got: int) -> Refusal:
    """An object with more entries than allowed, such as metadata with 17 pairs."""
    message = (
        f"Invalid '{param}': too many properties. Expected an object with at most {limit} "
        f"properties, but got an object with {got} properties instead."
    )
    return Refusal(message, code="object_above_max_properties", param=param)


def out_of_range(param: str, noun: str, *, least: float, most: float, value: float) -> Refusal:
    """A number (``noun`` is "integer" or "decimal") outside ``least`` … ``most``."""
    above = value > most
    side, sign, limit = ("above maximum", "<=", most) if above else ("below minimum", ">=", least)
    message = (
        f"Invalid '{param}': {noun} {side} value. Expected a value {sign} {limit}, "
        f"but got {str(value)[:40]} instead."
    )
    code = f"{noun}_above_max_value" if above else f"{noun}_below_min_value"
    return Refusal(message, code=code, param=param)


def not_one_of(param: str, value: object, allowed: Sequence[str]) -> Refusal:
    """A value outside a closed list."""
    quoted = [f"'{each}'" for each in allowed]
    if len(quoted) > 1:
        comma = "," if len(quoted) > 2 else ""
        listed = f"{', '.join(quoted[:-1])}{comma} and {quoted[-1]}"
        message = f"Invalid value: '{value}'. Supported values are: {listed}."
    else:
        message = f"Invalid value: '{value}'. Value must be {quoted[0]}."
    return Refusal(message, code="invalid_value", param=param)


def invalid(param: str, reason: str) -> Refusal:
    """Any other wrong value: ``reason`` completes "Invalid 'param': …"."""
    return Refusal(f"Invalid '{param}': {reason}", code="invalid_value", param=param)


def not_found(message: str, *, param: str | None = None) -> Refusal:
    """An object that isn't there."""
    return Refusal(message, status=404, param=param)


def absent(noun: str, object_id: str, *, param: str | None = None) -> Refusal:
    """An object that isn't there, in the Agents API's words; ``noun`` is e.g. "agent"."""
    message = f"No {noun} found with id '{object_id}'."
    kind = "not_found_error"
    return Refusal(message, status=404, code=kind, param=param, kind=kind)


def conflict(message: str, *, code: str = "conflict_error") -> Refusal:
    """What is asked for doesn't go with the state that the object is in."""
    return Refusal(message, status=409, code=code, kind="conflict_error")


def unknown_url(method: str, path: str) -> Refusal:
    """No endpoint has this address."""
    return Refusal(f"Invalid URL ({method} {path})", status=404)


def method_not_allowed(method: str, path: str) -> Refusal:
    """The address exists, but not for this method."""
    hint = "(HINT: Perhaps you meant to use a different HTTP method?)"
    message = f"Not allowed to {method} on {path}. {hint}"
    return Refusal(message, status=405, code="method_not_supported")


def bad_json() -> Refusal:
    """The body is not a JSON object."""
    return Refusal(_BAD_JSON)


def wrong_content_type(got: str, wanted: str) -> Refusal:
    """The body is announced as something that the endpoint doesn't read."""
    message = f"Unsupported content type: '{got}'. This API method only accepts '{wanted}' requests"
    return Refusal(message, status=415, code="unsupported_content_type")


def too_large(limit: int) -> Refusal:
    """The body is over ``limit`` bytes."""
    message = f"Request body exceeds the maximum size of {limit} bytes."
    return Refusal(message, status=413, code="request_too_large")


def no_key() -> Refusal:
    """There is no bearer token."""
    return Refusal(_NO_KEY, status=401)


def wrong_key(key: str) -> Refusal:
    """The bearer token isn't the server's; only its ends are repeated."""
    shown = f"{key[:3]}***{key[-4:]}" if len(key) > 12 else "***"
    return Refusal(f"Incorrect API key provided: {shown}.", status=401, code="invalid_api_key")


def beta_needed(wanted: str) -> Refusal:
    """The ``OpenAI-Beta`` header is missing."""
    area = wanted.partition("=")[0]
    message = (
        f"You must provide the 'OpenAI-Beta' header to access the {area.capitalize()} API. "
        f"Please try again by setting the header 'OpenAI-Beta: {wanted}'."
    )
    return Refusal(message, code="invalid_beta")


def beta_unserved(got: str, wanted: str) -> Refusal:
    """The ``OpenAI-Beta`` header asks for another version than the one served."""
    message = (
        f"'{got}' is not served here: the 'OpenAI-Beta' header must be 'OpenAI-Beta: {wanted}'."
    )
    return Refusal(message, code="invalid_beta")


def busy() -> Refusal:
    """Another process kept the database to itself for too long; worth a retry."""
    return Refusal(
        "The server is busy: the database is locked by another process. Try again shortly.",
        status=503,
        code="database_busy",
        kind="server_error",
        headers={"retry-after": "1"},
    )


def broken() -> Refusal:
    """Something failed that is the server's fault."""
    message = "The server had an error while processing your request. See the server's log."
    return Refusal(message, status=500, kind="server_error")
