"""The plan/apply engine: pure decisions over desired, applied and live, and their execution.

No module here imports the SDK, click or rich; the world is reached through the protocols of
`retinue.kinds.base` and `retinue.engine.ports`.
"""
