"""Article files in, passages out: read, chunk, embed, store, retrieve.

Importing this package imports nothing else; take `Archive` from `index.archive`.
"""
