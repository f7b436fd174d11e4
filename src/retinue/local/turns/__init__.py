"""One turn of an assistant: from a history to the final text, tools on the way.

``engine.run_turn`` is the loop. It knows neither threads nor responses nor a database: it asks the
world through the protocols in ``ports`` and tells what happens through the types in ``events``.
``/threads/*/runs`` and ``/responses`` translate those events to their own wire.
"""
