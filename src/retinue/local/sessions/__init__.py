"""Sessions of the Agents API: their rows, their events, and how their turns are carried out.

``families.sessions`` and its neighbours are the endpoints; the turn itself is ``turns``.
"""
