"""Automations of the Agents API: their schedules, their targets, and how one is invoked.

``families.automations`` and ``families.invocations`` are the endpoints. ``firing`` watches the
clock, in a process that serves.
"""
