"""What runs inside the sandbox, on whatever interpreter it has: nothing else may be imported.

``supervisor`` is the first process in there and talks to the host; ``worker`` executes the code
and is not trusted by anybody. Both reach the sandbox in an archive, never through a mounted folder.
Standard library alone, and nothing newer than Python 3.9: the system's interpreter may be old.
"""
