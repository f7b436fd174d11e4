"""Runs of assistants on threads: their rows, their objects on the wire, and how one is carried out.

``families.runs`` and ``families.run_steps`` are the endpoints; the turn itself is ``turns``.
"""
