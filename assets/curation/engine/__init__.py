"""The engine of curation: the same stages over files, in this process or on Daft, in partitions that survive a kill."""
