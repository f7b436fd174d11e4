"""Retinue keeps a team of AI assistants in git: manifests, a plan, an apply, a state."""

__version__ = "0.1.0"
