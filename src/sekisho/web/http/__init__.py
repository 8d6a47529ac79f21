"""HTTP below the doors: who calls, from where, what is read strictly, and what stands on every answer.

Pure ASGI middlewares and functions. Nothing here knows a page, a flow or a domain package.
"""
