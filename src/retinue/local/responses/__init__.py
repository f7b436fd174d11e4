"""Responses and conversations: their items, their rows, and how a response is made.

``families.responses`` and ``families.conversations`` are the endpoints; the turn is ``turns``.
"""
