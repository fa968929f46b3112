"""Moving a project from one cell to another while it is used.

`fence` notes what is written meanwhile and closes the project for seconds, `copying` brings rows over, `move` has the
steps, `finishing` hands over jobs and removes the old copy. Every step may be stopped by kill -9 and gone on with.
"""
