"""The embedded platform: OpenAI's wire protocol served from one SQLite file.

``app.create_app`` gives the ASGI application, ``serve.serve`` runs it on a socket. The rest of
Retinue reaches it through HTTP alone and imports nothing else from here. Importing this package
loads nothing: a command line that talks to OpenAI must not pay for a server.

Shared pieces live beside this file (storage, pages, checks, refusals, the request edge). Every
family of endpoints is one module in ``families`` and never imports the application.
"""
