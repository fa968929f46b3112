"""A project as one portable file: its rows and files, with their ids, so that citations of old answers still open.

The file is a ZIP archive: `project.json` (what it is), `rows/<table>.jsonl`, `users.jsonl` (who is named in the rows),
`files.jsonl` and `files/<number>`. `reading.py` says what an archive must keep to; nothing in it is trusted.
"""
