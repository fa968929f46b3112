"""The job queue: `procrastinate` on the same database, so a job commits with the data that it is about."""
