"""`sluice`: the same verbs from a terminal, through the API; and `sluice up`, the whole system on one machine."""
