"""Documents that look like real ones, made here, each with what is true of it as data.

A document is a list of `Block`s in reading order, and a function that sets them. What is set is what is true: nobody
can change one without the other. `python -m benchmarks.reading` measures parsers by them.
"""
