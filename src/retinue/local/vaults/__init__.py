"""Vaults: what requests may say of their credentials, and what is kept of it: never a secret."""
