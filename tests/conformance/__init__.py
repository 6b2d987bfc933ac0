"""The conformance suite: the models (`cases`), and what each of them must hold (`properties`)."""
