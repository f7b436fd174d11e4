"""What a user can ask Retinue to do, without a terminal: one module per use case.

Each opens what it needs (manifests, state, platform), lets the engine decide, and closes it again.
The command line is a thin layer over these functions, and so may a program of your own be.
"""
