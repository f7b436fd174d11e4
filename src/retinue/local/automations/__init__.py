"""Automations of the Agents API: their schedules, their targets, and how one is invoked.

``families.automations`` and ``families.invocations`` are the endpoints. Nothing here watches the
clock: a schedule is kept and shown, and an automation runs when a client invokes it.
"""
