"""Memory: the database and the doorbell. `ledger` is everything that changes, `queries` everything that is shown."""
