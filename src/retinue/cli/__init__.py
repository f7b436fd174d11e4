"""The command line: a thin layer over `retinue.operations`.

Heavy imports happen inside commands.
"""
