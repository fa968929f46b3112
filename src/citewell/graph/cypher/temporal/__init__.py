"""The temporal types of openCypher: date, localtime, time, localdatetime, datetime and duration.

Python's own types lack nanoseconds, years beyond 9999 and durations with months. So the values are integers here: days
since 1970-01-01 in the proleptic Gregorian calendar, nanoseconds, and an offset in seconds. Time zones come from
`zoneinfo`.
"""
