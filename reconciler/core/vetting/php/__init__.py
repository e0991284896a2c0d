"""PHP judged without running it: one pure function over a file's bytes.

Nothing is imported here: `report` is what everybody handles, `analysis` and `checks` load the parser,
which takes a tenth of a second that most commands have no use for.
"""
