"""Backups of a whole installation: database, files and settings of one moment, taken while the server works.

A backup folder holds any number of backups and the files of all of them:

    objects/ab/abcdef...        stored files by the SHA-256 of their content, each once
    20261126T211500Z/           one backup: database/, files.jsonl, settings.json, and manifest.json, written last
    20261126T211500Z.partial/   one that is being taken, or that broke off: never verified, restored or built upon

Deletions of stored files wait from before the database's copy begins until all files are taken (`db/file_hold.py`), and
files are only ever added before the row that names them commits. So each file that a row of the copy names is there.
"""
