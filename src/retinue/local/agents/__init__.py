"""The configuration of agents: what requests may say, defaults, and how agents are read back.

Saved agents, sessions and automations share it. ``families.agents`` are the endpoints.
"""
