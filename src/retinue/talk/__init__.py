"""Conversations with assistants that were applied: ask, chat and test, and their traces.

Reads the state and the manifests' own data; never plans, never changes what is provisioned.
"""
